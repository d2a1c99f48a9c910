import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carriedTo, doubtOf, inOrder, type Deployment } from './carried.ts'
import { CommitGraph, type RecordedCommit } from './graph.ts'
import type { Resolution } from './resolve.ts'

const commit = (n: number, parents: readonly number[]): RecordedCommit => ({
  sha: `c${n}`,
  parents: parents.map((parent) => `c${parent}`),
  authored: n,
  committed: n,
  subject: '',
})
const graphOf = (parents: readonly (readonly number[])[]) => {
  const graph = new CommitGraph()
  graph.add(parents.map((before, n) => commit(n, before)))
  return graph
}
const resolveIn =
  (graph: CommitGraph) =>
  (version: string): Resolution => {
    const found = graph.find(version)
    return found === undefined ? { commit: undefined, why: 'unknown' } : { commit: found, by: 'tag' }
  }
const deployed = (at: number, version: number | string, previous: number | string | null = null): Deployment => {
  const name = (one: number | string) => (typeof one === 'string' ? one : `c${one}`)
  return { deployment: `d${at}`, at, version: name(version), previous: previous === null ? null : name(previous), commit: null }
}
const told = (graph: CommitGraph, deployments: readonly Deployment[]) => {
  const { carriers, by } = carriedTo(graph, deployments, resolveIn(graph))
  return Array.from(by, (place) =>
    place === -1 ? 'none' : [carriers[place]!.version, carriers[place]!.at, carriers[place]!.doubt ?? 'sure'].join(' '),
  )
}

/** A line of commits: each goes on from the one before. */
const line = (count: number) => graphOf(Array.from({ length: count }, (_, n) => (n === 0 ? [] : [n - 1])))

const histories = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 25 })
  .map((all) => all.map((picks, n) => (n === 0 ? [] : [...new Set(picks.map((pick) => pick % n))])))

describe('which deployment first carried a commit', () => {
  it('is the first that contains it, as brute force says, in whatever order they are told', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 30 })), { maxLength: 15 }), (parents, picks) => {
        const graph = graphOf(parents)
        const deployments = picks.map(([version, at], n) => ({
          ...deployed(at, version % parents.length),
          deployment: `d${String(n).padStart(3, '0')}`,
        }))
        const { carriers, by } = carriedTo(graph, deployments.toReversed(), resolveIn(graph))
        const contains = (version: number, wanted: number): boolean =>
          version === wanted || parents[version]!.some((parent) => contains(parent, wanted))
        const sorted = deployments.toSorted((a, b) => a.at - b.at || (a.deployment < b.deployment ? -1 : 1))
        for (const wanted of parents.keys()) {
          const first = sorted.find(({ version }) => contains(Number(version.slice(1)), wanted))
          const place = by[graph.find(`c${wanted}`)!]!
          expect(place === -1 ? undefined : carriers[place]!.deployment).toBe(first?.deployment)
        }
      }),
    )
  })

  it('is doubtful for what was there when the record begins', () => {
    expect(told(line(4), [deployed(10, 1), deployed(20, 3)])).toEqual(['c1 10 first', 'c1 10 first', 'c3 20 sure', 'c3 20 sure'])
    // It says what ran before: what it brought itself is certain.
    expect(told(line(4), [deployed(10, 1, 0)])).toEqual(['c0 10 first', 'c1 10 sure', 'none', 'none'])
  })

  it('is the missing one where the next says that it ran', () => {
    const graph = line(6)
    const deployments = [deployed(10, 1), deployed(30, 4, 3), deployed(40, 5, 4)]
    expect(told(graph, deployments)).toEqual(['c1 10 first', 'c1 10 first', 'c3 30 gap', 'c3 30 gap', 'c4 30 sure', 'c5 40 sure'])
    const { carriers } = carriedTo(graph, deployments, resolveIn(graph))
    expect(carriers[1]).toMatchObject({ deployment: undefined, after: 10, at: 30, confidence: 0.75 })
  })

  it('may be one of which nobody knows what it brought', () => {
    const graph = line(4)
    const deployments = [deployed(10, 0), deployed(20, 'latest', 0), deployed(30, 2, 'latest'), deployed(40, 3, 2)]
    expect(told(graph, deployments)).toEqual(['c0 10 first', 'c2 30 gap', 'c2 30 gap', 'c3 40 sure'])
    const { carriers, unresolved, running } = carriedTo(graph, deployments, resolveIn(graph))
    expect(carriers[1]!.confidence).toBe(0.5)
    expect(unresolved).toEqual([{ deployment: 'd20', at: 20, version: 'latest', why: 'unknown' }])
    expect(running).toBe(3)
    // What was committed after that one was not in it.
    expect([20, 21].map((committed) => doubtOf(carriers[1]!, committed))).toEqual([
      { doubt: 'gap', confidence: 0.5 },
      { doubt: undefined, confidence: 1 },
    ])
  })

  it('is not changed by going back, nor by what comes again', () => {
    expect(told(line(3), [deployed(10, 0), deployed(20, 2, 0), deployed(30, 0, 2), deployed(40, 2, 0)])).toEqual([
      'c0 10 first',
      'c2 20 sure',
      'c2 20 sure',
    ])
  })

  it('orders deployments of one second by what they say ran before', () => {
    const [a, b, c] = [
      { ...deployed(5, 3, 2), deployment: 'a' },
      { ...deployed(5, 2, 1), deployment: 'b' },
      { ...deployed(1, 1), deployment: 'c' },
    ]
    expect(inOrder([a, b, c])).toEqual([c, b, a])
    expect(inOrder([b, a, c])).toEqual([c, b, a])
  })
})
