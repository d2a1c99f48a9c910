import type { Range } from './definition.ts'

/** Buckets from the first of a pair up to the second, which is left out. */
export type Run = readonly [from: number, to: number]

/** As GrowthBook makes ranges of weights and coverage: each begins where its weight does, and is as long as is covered of it. */
export function rangesOf(count: number, coverage = 1, weights?: readonly number[]): readonly Range[] {
  const covered = Math.min(1, Math.max(0, coverage))
  const equal = Array.from({ length: Math.max(0, count) }, () => 1 / count)
  const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0)
  const isGood = weights !== undefined && weights.length === count && sum(weights) >= 0.99 && sum(weights) <= 1.01
  let from = 0
  return (isGood ? weights : equal).map((weight): Range => {
    const start = from
    from += weight
    return [start, start + covered * weight]
  })
}

/** The first bucket that is not below a number, of so many; as the original compares: bucket / buckets with it. */
function firstFrom(limit: number, buckets: number): number {
  let bucket = Math.min(buckets, Math.max(0, Math.ceil(limit * buckets) - 1))
  while (bucket < buckets && bucket / buckets < limit) bucket++
  return bucket
}

export const runOf = ([from, to]: Range, buckets: number): Run => {
  const start = firstFrom(from, buckets)
  return [start, Math.max(start, firstFrom(to, buckets))]
}

/** Of a rollout, whose last bucket belongs to it where it is hit exactly. */
export function runCovered(coverage: number, buckets: number): Run {
  let to = firstFrom(coverage, buckets)
  if (to < buckets && to / buckets <= coverage) to++
  return [0, to]
}

/** Which variation each bucket belongs to: the first whose range it is in; runs in order, `null`: nobody's. */
export function ownersOf(ranges: readonly Range[], buckets: number): readonly (readonly [owner: number | null, run: Run])[] {
  const runs = ranges.map((range) => runOf(range, buckets))
  const edges = [...new Set([0, buckets, ...runs.flat()])].toSorted((one, other) => one - other)
  const owners: [number | null, Run][] = []
  for (const [index, from] of edges.slice(0, -1).entries()) {
    const found = runs.findIndex(([start, end]) => from >= start && from < end)
    const owner = found < 0 ? null : found
    const last = owners.at(-1)
    if (last !== undefined && last[0] === owner) last[1] = [last[1][0], edges[index + 1]!]
    else owners.push([owner, [from, edges[index + 1]!]])
  }
  return owners
}
