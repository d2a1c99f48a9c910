import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carriedTo, type Deployment } from '../lineage/carried.ts'
import { trunkChanges } from '../lineage/changes.ts'
import type { RecordedCommit } from '../lineage/graph.ts'
import { Repository } from '../lineage/repository.ts'
import { resolve } from '../lineage/resolve.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { Builds, type Run } from '../builds/builds.ts'
import { Releases } from '../releases/releases.ts'
import { dark, life, off, on } from '../releases/testing.ts'
import { changeFlowOf } from './changes.ts'
import { withRelease } from './released.ts'
import { partsOf, toldOf } from './stages.ts'

const hour = 3_600_000
const order = ['test', 'production']
const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)
const commit = (n: number, parents: readonly number[], hours: number, more: Partial<RecordedCommit> = {}): RecordedCommit => ({
  sha: sha(n),
  parents: parents.map(sha),
  authored: (hours * hour) / 1000,
  committed: (hours * hour) / 1000,
  subject: `change ${n}`,
  ...(parents.length > 1 ? {} : { files: 1, added: 2, deleted: 1 }),
  ...more,
})
const deployed = (hours: number, n: number, previous: number | null = null): Deployment => ({
  deployment: `${hours} ${n}`,
  at: hours * hour,
  version: sha(n),
  previous: previous === null ? null : sha(previous),
  commit: null,
})

function lineageOf(commits: readonly RecordedCommit[], places: Readonly<Record<string, readonly Deployment[]>>): StreamLineage {
  const repository = new Repository('acme/shop')
  repository.addCommits(commits)
  const found = (version: string) => resolve(repository, version)
  const changes = trunkChanges(repository.graph, repository.graph.find(commits.at(-1)!.sha)!)
  return {
    stream: 'shop',
    source: { repository: 'acme/shop', paths: [], byName: true },
    repository,
    environments: new Map(Object.entries(places).map(([name, all]) => [name, carriedTo(repository.graph, all, found)])),
    way: order,
    changes: () => changes,
    owns: () => true,
  }
}

/** Two on the trunk, two beside it that were merged, one more, one that has not arrived. */
const commits = [
  commit(0, [], 0),
  commit(1, [0], 2),
  commit(2, [0], 1),
  commit(3, [2], 3),
  commit(4, [1, 3], 4),
  commit(5, [4], 6),
  commit(6, [5], 20),
]
const places = {
  test: [deployed(1, 0), deployed(5, 4, 0), deployed(7, 5, 4), deployed(21, 6, 5)],
  production: [deployed(1, 0), deployed(10, 4, 0), deployed(12, 5, 4)],
}
const window = { since: 0, until: 30 * hour, asOf: 30 * hour }

describe('how changes flow, as their commits tell', () => {
  it('is measured from when they were begun and merged, with what is on its way, in commits, changes and lines', () => {
    const flow = changeFlowOf([lineageOf(commits, places)], order, window)!
    expect(flow).toMatchObject({ changes: 4, reached: 3, before: 1, doubtful: 0, unresolved: 0 })
    expect(flow.trunk).toMatchObject({ days: 1, longestPause: 14 * hour, branchAge: { p50: 0 }, open: [] })
    expect(
      flow.rows.map(({ change, arrivals }) => [
        change.commits.length,
        change.begun / hour,
        change.merged / hour,
        arrivals.map((at) => at && at / hour),
      ]),
    ).toEqual([
      [1, 2, 2, [5, 10]],
      [3, 1, 4, [5, 10]],
      [1, 6, 6, [7, 12]],
      [1, 20, 20, [21, undefined]],
    ])
    expect(flow.fromBegun[0].value! / hour).toBe(8)
    expect(flow.fromMerged[0].value! / hour).toBe(6)
    // One of four has waited for ten hours and has not come: 85 of a hundred are never seen to arrive.
    expect(flow.fromBegun[1].value).toBeUndefined()
    expect(flow.batch).toMatchObject({
      deployments: 2,
      commits: { p50: 2.5, max: 4 },
      changes: { p50: 1.5, max: 2 },
      lines: { p50: 6, max: 9 },
      oldest: { p50: 7.5 * hour, max: 9 * hour },
    })
    expect(flow.stages.map(({ from, to, ms }) => [from, to, ms / hour])).toEqual([
      ['begun', 'merged', 3],
      ['merged', 'test', 5],
      ['test', 'production', 15],
    ])
  })

  it('begins with the request of a squash, and tells opening and review apart', () => {
    const lineage = lineageOf([commit(0, [], 0), commit(1, [0], 6, { subject: 'squashed (#7)' })], {
      test: [deployed(1, 0), deployed(8, 1, 0)],
      production: [deployed(1, 0), deployed(9, 1, 0)],
    })
    for (const at of [3, 5]) lineage.repository.requests.add('reviewed', { number: 7 }, at * hour)
    lineage.repository.requests.add('created', { number: 7 }, 2 * hour)
    const { graph, requests } = lineage.repository
    const flow = changeFlowOf([{ ...lineage, changes: () => trunkChanges(graph, graph.find(sha(1))!, requests) }], order, window)!
    expect(flow.rows[0]!.change.begun).toBe(2 * hour)
    expect(flow.stages.map(({ from, to, ms }) => `${from} ${to} ${ms / hour}`)).toEqual([
      'begun opened 0',
      'opened reviewed 1',
      'reviewed merged 3',
      'merged test 2',
      'test production 1',
    ])
  })

  it('knows nothing of what came later', () => {
    const early = changeFlowOf([lineageOf(commits, places)], order, { ...window, until: 9 * hour, asOf: 9 * hour })!
    expect(early).toMatchObject({ changes: 3, reached: 0, batch: { deployments: 0, lines: { p50: undefined } }, stages: [] })
  })

  it('is nothing where no commits are known, and zero for none of them', () => {
    expect(changeFlowOf([], order, window)).toBeUndefined()
    expect(changeFlowOf([lineageOf(commits, places)], order, { since: 40 * hour, until: 50 * hour, asOf: 50 * hour })).toMatchObject({
      changes: 0,
      batch: { deployments: 0 },
    })
  })

  /** A run of a commit with one job, in hours. */
  const run = (n: number, queued: number, started: number, finished: number | undefined, more: Partial<Run> = {}): Run => {
    const times = {
      queued: queued * hour,
      started: started * hour,
      finished: finished === undefined ? undefined : finished * hour,
      outcome: finished === undefined ? undefined : 'success',
      attempt: 1,
    }
    return {
      ...times,
      source: '/ci',
      run: `${n} ${started}`,
      name: 'CI',
      commit: sha(n),
      repository: 'acme/shop',
      stream: undefined,
      environment: undefined,
      kind: undefined,
      ...more,
      jobs: [{ ...times, name: 'build', stage: undefined }],
    }
  }
  const split = (builds: readonly Run[], at = window) =>
    changeFlowOf([lineageOf(commits, places)], order, at, new Builds(builds))!.stages.map(
      ({ from, to, changes, ms, working, waiting }) => `${from} ${to} ${changes}: ${ms / hour} ${working / hour} ${waiting / hour}`,
    )

  it('has the build as a stage of its own where its runs are known, and invents none where they are not', () => {
    // Of commit 5, merged at 6 and in test at 7. Of the two merged before it nothing is known.
    expect(split([run(5, 6, 6.25, 6.75)])).toEqual([
      'begun merged 3: 3 0 0',
      'merged test 2: 4 0 0',
      'merged build 1: 0.25 0 0.25',
      'build built 1: 0.5 0.5 0',
      'built test 1: 0.25 0 0.25',
      'test production 3: 15 0 0',
    ])
    expect(split([])).toEqual(['begun merged 3: 3 0 0', 'merged test 3: 5 0 0', 'test production 3: 15 0 0'])
  })

  it('takes the time between two runs of a build for waiting, and those of the commit that was deployed with it', () => {
    const failed = run(1, 2, 2.5, 3, { outcome: 'failure' })
    // Commit 1 was merged at 2; 4 carried it to test at 5.
    const stages = split([failed, run(4, 4, 4.25, 4.75)])
    expect(stages).toContain('merged build 2: 0.75 0 0.75')
    expect(stages).toContain('build built 2: 2.75 1.5 1.25')
  })

  it('says nothing of runs before the merge, after the deployment, of another repository, of going back or never over', () => {
    const strange = [
      run(5, 1, 2, 3),
      run(5, 8, 8, 9),
      run(5, 6, 6.25, 6.75, { repository: 'acme/cart' }),
      run(5, 6, 6.25, 6.75, { kind: 'rollback' }),
      run(5, 6, 6.25, undefined),
    ]
    expect(split(strange)).toEqual(split([]))
  })

  it('knows of every step of ours whether it worked or waited, in all environments', () => {
    const step = (name: string, stage: string | undefined, since: number, until: number) => ({
      name,
      stage,
      attempt: 1,
      queued: undefined,
      outcome: 'success',
      started: since * hour,
      finished: until * hour,
    })
    const jobs = [
      step('build', undefined, 6.25, 6.5),
      step('test/deploy', 'test', 6.75, 7),
      step('production/deploy', 'production', 11, 12),
    ]
    const own: Run = { ...run(5, 6, 6, 13), source: '/threeways/pipeline', kind: 'delivery', jobs }
    const flow = changeFlowOf([lineageOf(commits, places)], order, window, new Builds([own]))!
    const told = flow.stages.map(({ from, to, working, waiting }) => `${from} ${to} ${working / hour} ${waiting / hour}`)
    expect(told).toEqual([
      'begun merged 0 0',
      'merged test 0 0',
      'merged build 0 0.25',
      'build built 0.25 0',
      'built test 0.25 0.25',
      'test production 1 4',
    ])
    expect(flow.efficiency).toMatchObject({ changes: 1, share: 1.5 / 6, limits: undefined })
  })

  it('knows of a review when somebody waited for it and when it was worked on, and of none that nobody told of', () => {
    const lineage = lineageOf([commit(0, [], 0), commit(1, [0], 6, { subject: 'one (#7)' }), commit(2, [1], 8, { subject: 'two (#8)' })], {
      test: [deployed(1, 0), deployed(9, 2, 0)],
      production: [deployed(1, 0), deployed(9, 2, 0)],
    })
    const { graph, requests } = lineage.repository
    for (const [word, number, at] of [
      ['created', 7, 2],
      ['reviewed', 7, 3],
      ['created', 8, 4],
    ] as const)
      requests.add(word, { number }, at * hour)
    const flow = changeFlowOf([{ ...lineage, changes: () => trunkChanges(graph, graph.find(sha(2))!, requests) }], order, window)!
    const [, reviewing, merging] = flow.stages
    expect(reviewing).toMatchObject({ from: 'opened', to: 'reviewed', ms: hour, working: 0, waiting: hour })
    expect(merging).toMatchObject({ from: 'reviewed', to: 'merged', ms: 7 * hour, working: 3 * hour, waiting: 0 })
    expect(flow.efficiency).toMatchObject({ changes: 1, share: 0.75 })
    expect(changeFlowOf([lineageOf(commits, places)], order, window)!.efficiency).toBeUndefined()
  })

  /** Of those that reached production at 10, 10 and 12, flags hide the first and the last; of the one that has not arrived another. */
  const releases = new Releases([
    ...life(
      'one',
      [
        [1, off],
        [5, dark],
        [16, on],
      ],
      { change: sha(1) },
    ),
    ...life('three', [[1, off]], { change: sha(5) }),
    ...life('late', [[1, on]], { change: sha(6) }),
  ])
  const withFlags = (asOf: number, some = releases) =>
    changeFlowOf([lineageOf(commits, places)], order, { since: 0, until: asOf * hour, asOf: asOf * hour }, undefined, {
      releases: some,
      asOf: asOf * hour,
    })!

  it('goes on until users have it where flags hide changes, beside the lead time that stays as it is', () => {
    const flow = withFlags(30)
    const released = flow.released!
    expect({ ...flow, released: undefined, rows: [] }).toEqual({ ...changeFlowOf([lineageOf(commits, places)], order, window), rows: [] })
    expect(released).toMatchObject({ hidden: 3, arrived: 2, released: 1, whole: 1, withdrawn: 0, lost: [] })
    expect(released.stages.map(({ from, to, changes, ms, waiting }) => [from, to, changes, ms / hour, waiting / hour])).toEqual([
      ['begun', 'merged', 2, 3, 0],
      ['merged', 'test', 2, 4, 0],
      ['test', 'production', 2, 10, 0],
      ['production', 'released', 2, 6, 6],
    ])
    // One took six hours from production on; the other has waited for eighteen, and counts.
    expect(released.toFirst.map(({ value }) => value && value / hour)).toEqual([6, undefined, undefined])
    // Of four two were released, 14 and 9 hours after they were begun.
    expect(released.fromBegun[0].value! / hour).toBe(14)
  })

  it('is of no flags what it was before, and as of an earlier moment what was known then', () => {
    expect(withFlags(30, new Releases()).released).toBeUndefined()
    expect(withFlags(30, new Releases(life('shop', [[1, off]], { service: 'shop' }))).released).toBeUndefined()
    expect(withFlags(15).released).toMatchObject({ hidden: 2, arrived: 2, released: 0 })
    expect(withFlags(15).released!.toFirst[0].value).toBeUndefined()
  })

  it('counts what flags hide with the time until these are known, also where deployments were last heard of long before', () => {
    const heard = { since: 0, until: 13 * hour, asOf: 13 * hour }
    const flow = changeFlowOf([lineageOf(commits, places)], order, heard, undefined, { releases, asOf: 40 * hour })!
    expect(flow.released).toMatchObject({ hidden: 2, arrived: 2, released: 1 })
  })

  it('says which flags of the stream name no change that there is', () => {
    const typo = new Releases(life('typo', [[1, off]], { service: 'shop', change: '#700' }))
    expect(withFlags(30, typo).released).toMatchObject({ hidden: 0, lost: ['typo'] })
  })

  it('has parts that sum exactly to the time each change took, whatever the clocks said', () => {
    const time = fc.integer({ min: 0, max: 100 })
    const history = fc.array(fc.tuple(fc.boolean(), time, time), { minLength: 1, maxLength: 20 })
    const moves = fc.array(fc.tuple(time, fc.nat(), fc.constantFrom(...order)), { maxLength: 20 })
    const stands = fc.array(fc.tuple(fc.nat(), time, fc.constantFrom(off, dark, on)), { maxLength: 10 })
    const ran = fc.array(fc.tuple(fc.nat(), time, time, fc.option(time, { nil: undefined }), fc.boolean()), { maxLength: 10 })
    fc.assert(
      fc.property(history, moves, ran, stands, (all, deployments, ofRuns, ofFlags) => {
        const made = all.map(([isMerge, authored, committed], n) =>
          commit(n, n === 0 ? [] : isMerge && n > 1 ? [n - 1, n - 2] : [n - 1], committed, { authored: (authored * hour) / 1000 }),
        )
        const to = (name: string) => deployments.filter(([, , where]) => where === name).map(([at, n]) => deployed(at, n % all.length))
        const lineage = lineageOf(made, { test: to('test'), production: to('production') })
        expect(new Set(lineage.changes().flatMap((change) => change.commits)).size).toBe(made.length)
        const builds = ofRuns.map(([n, queued, started, finished, isOurs]) =>
          run(n % all.length, queued, started, finished, isOurs ? { source: '/threeways/pipeline' } : {}),
        )
        const asOf = 1000 * hour
        const flags = new Releases(
          ofFlags.flatMap(([n, at, stand], k) => life(`flag-${k}`, [[at, stand]], { change: sha(n % all.length) })),
        )
        const known = { releases: flags, asOf }
        const flow = changeFlowOf([lineage], order, { since: 0, until: asOf, asOf }, new Builds(builds), known)!
        let total = 0
        for (const row of flow.rows) {
          const parts = partsOf(row, order, toldOf(flow.rows))
          if (parts === undefined) continue
          const took = Math.max(0, row.arrivals.at(-1)! - row.change.begun)
          expect(parts.reduce((sum, { ms }) => sum + ms, 0)).toBe(took)
          for (const { ms, working, waiting } of parts) {
            expect(Math.min(ms, working, waiting)).toBeGreaterThanOrEqual(0)
            expect(working + waiting).toBeLessThanOrEqual(ms)
          }
          total += took
        }
        expect(flow.stages.reduce((sum, { ms }) => sum + ms, 0)).toBe(total)
        let toUsers = 0
        for (const [row, release] of flow.released?.of ?? []) {
          const parts = partsOf(withRelease(row, release), [...order, 'released'], toldOf(flow.rows))
          if (parts === undefined) continue
          const took = Math.max(0, release.first! - row.change.begun)
          expect(parts.reduce((sum, { ms }) => sum + ms, 0)).toBe(took)
          expect(parts.slice(0, -1).reduce((sum, { ms }) => sum + ms, 0)).toBeLessThanOrEqual(took)
          toUsers += took
        }
        expect((flow.released?.stages ?? []).reduce((sum, { ms }) => sum + ms, 0)).toBe(toUsers)
      }),
    )
  })
})
