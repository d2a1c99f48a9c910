import { describe, expect, it } from 'vitest'
import { trunkChanges } from '../lineage/changes.ts'
import { Repository } from '../lineage/repository.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { touches } from '../lineage/links.ts'
import { changesOnWay } from './changes.ts'
import { legsOf } from './legs.ts'
import { ageingOn } from './passing.ts'
import { waitingTold } from './told.ts'
import { unmergedOf } from './unmerged.ts'

const day = 86_400_000
const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)
const now = 100 * day

/** Ten changes on the trunk, one a day from the first on; what else there is, is told. */
function shop(paths: readonly string[] = []) {
  const repository = new Repository('acme/shop')
  const commit = (n: number, parents: readonly number[], at: number, path = 'a/x.ts') =>
    repository.addCommits([
      {
        sha: sha(n),
        parents: parents.map(sha),
        authored: (at * day) / 1000,
        committed: (at * day) / 1000,
        subject: `${n}`,
        files: 1,
        paths: [path],
      },
    ])
  for (let n = 0; n < 10; n++) commit(n, n === 0 ? [] : [n - 1], n)
  const refs = (all: Readonly<Record<string, number>>) =>
    repository.addRefs(
      {
        repository: 'acme/shop',
        trunk: 'refs/heads/main',
        refs: Object.fromEntries(Object.entries({ main: 9, ...all }).map(([name, at]) => [`refs/heads/${name}`, sha(at)])),
      },
      { time: '2026', id: '1' },
    )
  const lineage = (): StreamLineage => {
    const changes = trunkChanges(repository.graph, repository.graph.find(sha(9))!, repository.requests)
    return {
      stream: 'shop',
      source: { repository: 'acme/shop', paths, byName: true },
      repository,
      environments: new Map(),
      way: ['test'],
      changes: () => changes,
      owns: (one) => touches(repository.graph.pathsOf(one), paths),
    }
  }
  const look = (asOf: number, since = asOf - 28 * day) => {
    const { requests, branches, untouched } = unmergedOf(lineage(), { since, asOf })
    return { names: [...requests, ...branches].map(({ name }) => name).toSorted(), untouched }
  }
  return { repository, requests: repository.requests, commit, refs, lineage, look }
}

describe('what was begun and is not merged', () => {
  it('is the branches that somebody wrote to in the window; the others are told', () => {
    const { commit, refs, look, lineage } = shop()
    commit(20, [9], 80)
    commit(21, [20], 95)
    commit(30, [3], 5)
    refs({ feature: 21, forgotten: 30, same: 21 })
    expect(look(now)).toEqual({ names: ['feature'], untouched: 1 })
    expect(unmergedOf(lineage(), { since: 90 * day, asOf: now }).branches).toMatchObject([{ begun: 80 * day }])
    // As of a moment before, what was written later had not been.
    expect(look(79 * day)).toEqual({ names: [], untouched: 1 })
    expect(look(6 * day)).toEqual({ names: ['forgotten'], untouched: 0 })
  })

  it('is no branch that cannot come to the trunk, nor one that came to it under another name', () => {
    const { commit, refs, look, requests } = shop()
    commit(20, [], 95)
    commit(30, [8], 96)
    refs({ pages: 20, squashed: 30 })
    expect(look(now).names).toEqual(['squashed'])
    requests.add('merged', { number: 4, head: sha(30), merge: sha(9) }, 97 * day)
    expect(look(now)).toEqual({ names: [], untouched: 0 })
  })

  it('is the requests that are open, once, however old, from when their first commit was written', () => {
    const { commit, refs, look, requests, lineage } = shop()
    commit(20, [9], 20)
    refs({ feature: 20 })
    requests.add('created', { number: 5 }, 30 * day)
    requests.add('updated', { number: 5, head: sha(20), base: 'main' }, 31 * day)
    requests.add('reviewed', { number: 5 }, 40 * day)
    requests.add('created', { number: 6 }, 50 * day)
    requests.add('updated', { number: 6, head: sha(99), base: 'release' }, 50 * day)
    requests.add('created', { number: 7 }, 60 * day)
    requests.add('abandoned', { number: 7 }, 70 * day)
    expect(look(now)).toEqual({ names: ['#5'], untouched: 0 })
    expect(look(65 * day).names).toEqual(['#5', '#7'])
    expect(unmergedOf(lineage(), { since: 0, asOf: now }).requests).toEqual([
      { name: '#5', begun: 20 * day, opened: 30 * day, reviewed: 40 * day },
    ])
    expect(unmergedOf(lineage(), { since: 0, asOf: 35 * day }).requests).toMatchObject([{ opened: 30 * day, reviewed: undefined }])
  })

  it('is of a part of a repository only what touches it', () => {
    const { commit, refs, look, requests } = shop(['b'])
    commit(20, [9], 95, 'b/y.ts')
    commit(30, [9], 95)
    refs({ ours: 20, theirs: 30 })
    requests.add('created', { number: 8, head: sha(30) }, 96 * day)
    expect(look(now).names).toEqual(['ours'])
  })

  it('waits in the queue before the merge, and ages there', () => {
    const { commit, refs, requests, lineage } = shop()
    commit(20, [9], 90)
    commit(30, [9], 95)
    refs({ feature: 20, other: 30 })
    requests.add('created', { number: 5, head: sha(20) }, 92 * day)
    const look = { since: 72 * day, asOf: now }
    const way = changesOnWay([lineage()], ['test'], look)!
    expect(way.order).toEqual(['begun', 'opened', 'reviewed', 'merged', 'test'])
    expect(way.waiting).toEqual({ requests: 1, branches: 1, untouched: 0 })
    const passings = way.at(look)
    const legs = legsOf(way.order, passings, [], { ...look, until: now })
    expect(legs.map(({ from, queue }) => [from, queue.now])).toEqual([
      ['begun', 1],
      ['opened', 1],
      ['reviewed', 0],
      ['merged', 10],
    ])
    expect(ageingOn(way.order, passings, now).slice(-2)).toEqual([
      { version: '#5', arrived: 90 * day, in: 'opened' },
      { version: 'other', arrived: 95 * day, in: 'begun' },
    ])
  })

  it('is told in a sentence', () => {
    expect(waitingTold({ requests: 7, branches: 1, untouched: 1 })).toEqual([
      'What was begun and is not merged is counted: 7 open requests and 1 branch.',
      'One branch that nobody wrote to in the window is left out.',
    ])
    expect(waitingTold(undefined)).toEqual([])
  })
})
