import { describe, expect, it } from 'vitest'
import { carriedTo, type Deployment } from '../lineage/carried.ts'
import { trunkChanges } from '../lineage/changes.ts'
import { Repository } from '../lineage/repository.ts'
import { resolve } from '../lineage/resolve.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import type { Past } from '../measures/past.ts'
import { changesOnWay } from './changes.ts'
import { constraintView } from './views.ts'

const hour = 3_600_000
const day = 24 * hour
const order = ['test', 'production']
const sha = (n: number) => (n + 1).toString(16).padStart(8, '0').repeat(5)

/** One change a day, written for so long before it is merged, and an hour later everywhere. */
function estate(written: number) {
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
  const places = { test: deployments(hour / 2), production: deployments(hour) }
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
  const look = (lineages: readonly StreamLineage[]) => constraintView(past, 'shop', { days: 28, rows: false }, 0, lineages)
  return { lineage, look }
}

describe('the constraint, where commits are known', () => {
  it('may lie before the first environment, where versions alone do not show it', () => {
    const { lineage, look } = estate(20 * hour)
    expect(look([])).toMatchObject({ of: 'versions', constraint: { from: 'test', to: 'production' } })
    const seen = look([lineage])
    expect(seen).toMatchObject({ of: 'changes', order: ['begun', 'merged', ...order], constraint: { from: 'begun', to: 'merged' } })
    expect(seen.constraint!.share).toBeCloseTo(20 / 21, 2)
    expect(seen.sentences.at(-1)).toBe('What was begun and is not merged is not looked at.')
    expect(seen.little.holds).toBe(true)
  })

  it('leaves out what was there before the record begins, and never goes back in time', () => {
    const { lineage } = estate(hour)
    const { passings } = changesOnWay([lineage], order)!
    expect(passings).toHaveLength(29)
    for (const { at } of passings) expect([...at]).toEqual(at.toSorted((a, b) => a - b))
    expect(changesOnWay([], order)).toBeUndefined()
  })
})
