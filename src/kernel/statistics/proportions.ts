import { betaQuantile } from './beta.ts'
import { logFactorial } from './gamma.ts'
import { normalQuantile } from './normal.ts'

/** So many of so many. */
export type Share = { readonly hits: number; readonly of: number }

/**
 * P of so many hits or more in `a` when both have the same rate: Fisher's exact test, one-sided. Right for the smallest counts, and
 * never too bold.
 */
export function fisherGreater(a: Share, b: Share): number {
  const hits = a.hits + b.hits
  const all = a.of + b.of
  if (hits === 0 || a.of === 0 || b.of === 0) return 1
  const whole = logChoose(all, hits)
  let [p, before] = [0, 0]
  for (let k = a.hits; k <= Math.min(hits, a.of); k++) {
    const term = Math.exp(logChoose(a.of, k) + logChoose(b.of, hits - k) - whole)
    p += term
    // They rise to one peak and fall: what comes behind one that is too small to be added is smaller still.
    if (term < before && term < p * 1e-18) break
    before = term
  }
  return Math.min(1, p)
}

/** Limits between which a rate lies with a probability of 1 - 2·tail: Wilson's score interval (1927). 0 to 1 when nothing is known. */
export function wilson({ hits, of }: Share, tail: number): { readonly low: number; readonly high: number } {
  if (of === 0) return { low: 0, high: 1 }
  const z = normalQuantile(tail)
  const rate = hits / of
  const middle = (rate + (z * z) / (2 * of)) / (1 + (z * z) / of)
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((rate * (1 - rate)) / of + (z * z) / (4 * of * of))
  // Rounding must not leave a limit just beside its end.
  return { low: hits === 0 ? 0 : Math.max(0, middle - half), high: hits === of ? 1 : Math.min(1, middle + half) }
}

/** Limits that hold a rate with a probability of at least 1 - 2·tail, whatever it is: Clopper and Pearson's exact ones (1934). */
export function clopperPearson({ hits, of }: Share, tail: number): { readonly low: number; readonly high: number } {
  return {
    low: hits === 0 ? 0 : betaQuantile(tail, hits, of - hits + 1),
    // The upper limit is the lower one of the misses: a limit near 1 keeps its digits.
    high: hits === of ? 1 : 1 - betaQuantile(tail, of - hits, hits + 1),
  }
}

/** What rate(a) - rate(b) is below with a probability of 1 - tail: Newcombe's hybrid of two Wilson intervals (1998, method 10). */
export function differenceBelow(a: Share, b: Share, tail: number): number {
  const rateOf = ({ hits, of }: Share) => (of === 0 ? 0 : hits / of)
  const [rateA, rateB] = [rateOf(a), rateOf(b)]
  if (a.of === 0 || b.of === 0) return 1
  return rateA - rateB + Math.hypot(wilson(a, tail).high - rateA, rateB - wilson(b, tail).low)
}

const logChoose = (n: number, k: number): number => (k < 0 || k > n ? -Infinity : logFactorial(n) - logFactorial(k) - logFactorial(n - k))
