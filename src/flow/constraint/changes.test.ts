import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carriedTo, type Deployment } from '../lineage/carried.ts'
import { trunkChanges } from '../lineage/changes.ts'
import { Repository } from '../lineage/repository.ts'
import { resolve } from '../lineage/resolve.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import type { Past } from '../measures/past.ts'
import { Builds, type Run } from '../builds/builds.ts'
import { Releases } from '../releases/releases.ts'
import { flagIn, off, on } from '../releases/testing.ts'
import { changesOnWay } from './changes.ts'
import { constraintBoard, constraintView } from './views.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const order = ['test', 'production']
const ever = { since: 0, asOf: 1000 * day }
const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)

/** One change a day, written for so long before it is merged, and an hour later everywhere. */
function estate(written: number, last = hour / 2) {
  const repository = new Repository('acme/shop')
  const merged = (n: number) => 40 * day + n * day
  repository.addCommits(
    Array.from({ length: 30 }, (_, n) => ({
      sha: sha(n),
      parents: n === 0 ? [] : [sha(n - 1)],
      authored: (merged(n) - written) / 1000,
      committed: merged(n) / 1000,
      subject: `change ${n}`,
    })),
  )
  const deployments = (after: number) =>
    Array.from({ length: 30 }, (_, n): Deployment => ({
      deployment: `${after} ${n}`,
      at: merged(n) + after,
      version: sha(n),
      previous: n === 0 ? null : sha(n - 1),
      commit: null,
    }))
  const places = { test: deployments(hour / 2), production: deployments(hour / 2 + last) }
  const changes = trunkChanges(repository.graph, repository.graph.find(sha(29))!)
  const lineage: StreamLineage = {
    stream: 'shop',
    source: { repository: 'acme/shop', paths: [], byName: true },
    repository,
    environments: new Map(
      Object.entries(places).map(([name, all]) => [name, carriedTo(repository.graph, all, (version) => resolve(repository, version))]),
    ),
    way: order,
    changes: () => changes,
    owns: () => true,
  }
  const told = order
    .flatMap((environment) =>
      places[environment as keyof typeof places].map(({ at, version, deployment }) => ({
        environment,
        at,
        version,
        deployment,
        source: '/x',
      })),
    )
    .toSorted((a, b) => a.at - b.at)
  const past: Past = {
    streams: new Map([['shop', { stream: 'shop', deployments: told }]]),
    order,
    heard: new Map([['/x', 70 * day]]),
    gates: new Map(),
  }
  const look = (lineages: readonly StreamLineage[], builds?: Builds, releases?: Releases) =>
    constraintView(past, 'shop', { days: 28, rows: false }, 0, lineages, builds, releases)
  const row = (lineages: readonly StreamLineage[]) =>
    constraintBoard(past, { days: 28, rows: false }, 0, new Map([['shop', lineages]])).find(({ stream }) => stream === 'shop')!
  return { lineage, look, row }
}

describe('the constraint, where commits are known', () => {
  it('may lie before the first environment, where versions alone do not show it', () => {
    const { lineage, look } = estate(20 * hour)
    expect(look([])).toMatchObject({ of: 'versions', constraint: { from: 'test', to: 'production' } })
    const seen = look([lineage])
    expect(seen).toMatchObject({ of: 'changes', order: ['begun', 'merged', ...order], constraint: { from: 'begun', to: 'merged' } })
    expect(seen.constraint!.share).toBeCloseTo(20 / 21, 2)
    expect(seen.sentences.at(-1)).toBe('Nothing is known that was begun and is not merged.')
    expect(seen.little.holds).toBe(true)
  })

  it('is the same in the row of each stream as of one alone', () => {
    const { lineage, look, row } = estate(20 * hour)
    const { legs: _, ageing: _ageing, little: _little, ...seen } = look([lineage])
    expect(row([lineage])).toEqual(seen)
    expect(row([])).toMatchObject({ of: 'versions', order })
  })

  it('leaves out what was there before the record begins, and never goes back in time', () => {
    const { lineage } = estate(hour)
    const passings = changesOnWay([lineage], order, ever)!.at(ever)
    expect(passings).toHaveLength(29)
    for (const { at } of passings) expect([...at]).toEqual(at.toSorted((a, b) => a - b))
    expect(changesOnWay([], order, ever)).toBeUndefined()
  })

  /** Half an hour from merge to test: three minutes until it is begun, so long it is built, and then it is deployed. */
  const built = (n: number, minutes: number, more: Partial<Run> = {}): Run => {
    const merged = 40 * day + n * day
    const times = {
      queued: merged,
      started: merged + 3 * minute,
      finished: merged + (3 + minutes) * minute,
      outcome: 'success',
      attempt: 1,
    }
    const names = {
      source: '/ci',
      run: `${n}`,
      name: 'CI',
      commit: sha(n),
      repository: 'acme/shop',
      stream: 'shop',
      environment: undefined,
    }
    return { ...times, ...names, kind: undefined, jobs: [], ...more }
  }
  const all = (minutes: number) => Array.from({ length: 30 }, (_, n) => built(n, minutes))
  const merged = (n: number) => 40 * day + n * day

  it('may be the build, with the same evidence, where those of most changes are known', () => {
    const { lineage, look } = estate(0, 12 * minute)
    const seen = look([lineage], new Builds(all(25)))
    expect(seen).toMatchObject({
      order: ['begun', 'merged', 'build', 'built', ...order],
      constraint: { from: 'build', to: 'built', cause: 'stage', agreement: 1 },
      little: { holds: true },
    })
    expect(seen.sentences[0]).toBe('The constraint is build → built.')
    expect(seen.legs.map(({ from, p50 }) => [from, p50! / minute])).toEqual([
      ['begun', 0],
      ['merged', 3],
      ['build', 25],
      ['built', 2],
      ['test', 12],
    ])
    // Of three in thirty nothing is known: they are left out, and that is said. Of most of them, and the build is no part of the way.
    const some = look([lineage], new Builds(all(25).filter((_, n) => n % 10 !== 7)))
    expect(some.constraint).toMatchObject({ from: 'build' })
    expect(some.sentences.at(-1)).toBe('3 changes of which no build is known are left out.')
    expect(look([lineage], new Builds(all(25).filter((_, n) => n % 2 === 0))).order).toEqual(['begun', 'merged', ...order])
  })

  it('has what was merged wait for its build, and in one that failed, for as long as it is not deployed', () => {
    const { lineage } = estate(0)
    const runs = [...all(5).slice(0, 29), built(29, 5, { outcome: 'failure' })]
    const at = (minutes: number, some: readonly Run[]) => {
      const asOf = merged(29) + minutes * minute
      return changesOnWay([lineage], order, { since: 0, asOf }, new Builds(some))!.at({ since: 0, asOf }).at(-1)!.at
    }
    const never = Number.POSITIVE_INFINITY
    expect(at(2, runs)).toEqual([merged(29), merged(29), never, never, never, never])
    expect(at(4, runs)).toEqual([merged(29), merged(29), merged(29) + 3 * minute, never, never, never])
    expect(at(20, runs)).toEqual([merged(29), merged(29), merged(29) + 3 * minute, never, never, never])
    expect(at(20, all(5))[3]).toBe(merged(29) + 8 * minute)
    expect(at(20, runs.slice(0, 29)).slice(2)).toEqual([never, never, never, never])
  })

  it('is the same as of an earlier moment as if nothing had been recorded later, builds too', () => {
    const { lineage } = estate(0)
    const runs = Array.from({ length: 30 }, (_, n) => built(n, 5 + ((n * 7) % 20), n % 4 === 0 ? { outcome: 'failure' } : {}))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 31 * 24 * 60 }), (minutes) => {
        const asOf = merged(0) + minutes * minute
        const until = (at: number | undefined) => (at !== undefined && at > asOf ? undefined : at)
        const then = runs.map((run) => {
          const finished = until(run.finished)
          return { ...run, started: until(run.started), finished, outcome: finished === undefined ? undefined : run.outcome }
        })
        const look = { since: 0, asOf }
        const passings = (some: readonly Run[]) => changesOnWay([lineage], order, look, new Builds(some))?.at(look)
        expect(passings(then)).toEqual(passings(runs))
      }),
    )
  })

  /** Each change behind a flag of its own, off until so many days after it came to production. */
  const behind = (days: number, some = (_: number) => true) =>
    new Releases(
      Array.from({ length: 30 }, (_, n) => n)
        .filter(some)
        .flatMap((n) =>
          [off, on].map((stand, at) => ({
            at: merged(n) - hour + at * days * day,
            revision: at + 1,
            flag: flagIn(`flag-${n}`, stand, { change: sha(n) }),
          })),
        ),
    )

  it('may be the way to the users, where flags hide enough changes, and is nothing of it where they hide few', () => {
    const { lineage, look } = estate(hour)
    const seen = look([lineage], undefined, behind(3))
    expect(seen).toMatchObject({
      order: ['begun', 'merged', ...order, 'released'],
      constraint: { from: 'production', to: 'released', cause: 'stage', agreement: 1 },
      little: { holds: true },
    })
    expect(seen.sentences[0]).toBe('The constraint is production → released.')
    expect(seen.legs.at(-1)).toMatchObject({ from: 'production', to: 'released', departures: 27 })
    const { little: _, ...few } = look(
      [lineage],
      undefined,
      behind(3, (n) => n > 25),
    )
    const { little: _little, ...none } = look([lineage])
    expect(few).toEqual({
      ...none,
      sentences: [...none.sentences, '4 changes are behind flags, too few to say whether the way to users is held up there.'],
    })
    // Released with its deployment, a change takes no time there.
    expect(look([lineage], undefined, behind(0)).order).toEqual(['begun', 'merged', ...order, 'released'])
    expect(look([lineage], undefined, behind(0)).constraint).toEqual(look([lineage]).constraint)
  })

  it('has what flags hide wait there, and knows nothing of what they did later', () => {
    const { lineage } = estate(0)
    const releases = behind(3)
    const at = (asOf: number) => {
      const look = { since: 0, asOf }
      const all = changesOnWay([lineage], order, look, undefined, releases)!.at(look)
      return all.find(({ version }) => version === sha(20).slice(0, 12))!.at.at(-1)
    }
    expect(at(merged(20) + 2 * day)).toBe(Number.POSITIVE_INFINITY)
    expect(at(merged(20) + 3 * day)).toBe(merged(20) + 3 * day - hour)
  })
})
