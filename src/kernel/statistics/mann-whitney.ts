import { normalTail } from './normal.ts'

export type MannWhitney = {
  /** Pairs in which the value of `a` is the greater one, ties counted half: 0 to |a|·|b|. */
  readonly u: number
  /** P of a u this large or larger when both come from the same distribution. */
  readonly pGreater: number
  /** Cliff's delta, P(a > b) - P(a < b): -1 to 1. */
  readonly delta: number
  /** Its standard error when nothing is assumed of the distributions. */
  readonly deltaError: number
}

/** Up to so many values on either side, and without ties, the distribution is counted and not approximated. */
const exactMax = 20

/**
 * Is `a` greater than `b`? Mann and Whitney's test (1947), one-sided: exact for small samples without ties, otherwise normal with the
 * correction for ties and for continuity. Delta and its error are Cliff's (1993).
 * @throws RangeError when either is empty
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): MannWhitney {
  if (a.length === 0 || b.length === 0) throw new RangeError('a sample is empty')
  const [sortedA, sortedB] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()]
  const dominanceOfA = dominance(sortedA, sortedB)
  const pairs = a.length * b.length
  const u = (dominanceOfA.reduce((sum, each) => sum + each, 0) * b.length + pairs) / 2
  const delta = (2 * u) / pairs - 1
  const ties = tieSum(sortedA, sortedB)
  const isSmall = ties === 0 && a.length <= exactMax && b.length <= exactMax
  return {
    u,
    pGreater: isSmall ? exactTail(a.length, b.length, u) : approximateTail(a.length, b.length, u, ties),
    delta,
    deltaError: Math.sqrt(variance(dominanceOfA, delta) / a.length + variance(dominance(sortedB, sortedA), -delta) / b.length),
  }
}

/** Of each value: the share of the others below it less the share above it. Both sorted. */
function dominance(values: Float64Array, others: Float64Array): Float64Array {
  let [below, upTo] = [0, 0]
  return values.map((value) => {
    while (below < others.length && others[below]! < value) below++
    while (upTo < others.length && others[upTo]! <= value) upTo++
    return (below - (others.length - upTo)) / others.length
  })
}

function variance(values: Float64Array, mean: number): number {
  if (values.length < 2) return 1
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
}

/** Sum of t³ - t over the groups of equal values. */
function tieSum(a: Float64Array, b: Float64Array): number {
  const all = new Float64Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  all.sort()
  let sum = 0
  for (let from = 0; from < all.length;) {
    let to = from + 1
    while (to < all.length && all[to] === all[from]) to++
    sum += (to - from) ** 3 - (to - from)
    from = to
  }
  return sum
}

function approximateTail(n: number, m: number, u: number, ties: number): number {
  const all = n + m
  const spread = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))))
  // Every value is the same: nothing is greater.
  return spread === 0 ? 1 : normalTail((u - (n * m) / 2 - 0.5) / spread)
}

/** Counts the orders in which u is so large or larger, by the recurrence of Mann and Whitney. */
function exactTail(n: number, m: number, u: number): number {
  // ways[j][k]: orders of i values of a and j of b with u = k; built up for one more value of a at a time.
  let ways = Array.from({ length: m + 1 }, () => [1])
  for (let i = 1; i <= n; i++) {
    const next: number[][] = [[1]]
    for (let j = 1; j <= m; j++) {
      const counts = Array.from<number>({ length: i * j + 1 }).fill(0)
      // The greatest value is one of a, above all j of b, or one of b, above none that counts.
      for (const [k, count] of ways[j]!.entries()) counts[k + j]! += count
      for (const [k, count] of next[j - 1]!.entries()) counts[k]! += count
      next.push(counts)
    }
    ways = next
  }
  const counts = ways[m]!
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.slice(Math.ceil(u)).reduce((sum, count) => sum + count, 0) / total
}
