import { logGamma } from './gamma.ts'
import type { Share } from './proportions.ts'

/**
 * Limits that hold a rate at every moment at once with a probability of at least 1 - alpha, however often one looks, and with the smallest
 * counts: rates that the beta mixture (1/2, 1/2) does not refute by 1/alpha (Robbins 1970; Ville's inequality). Exact; 0 to 1 when nothing is
 * known.
 */
export function rateSequence({ hits, of }: Share, alpha: number): { readonly low: number; readonly high: number } {
  if (of === 0) return { low: 0, high: 1 }
  const mixture = logBeta(hits + 0.5, of - hits + 0.5) - logBeta(0.5, 0.5)
  const limit = Math.log(1 / alpha)
  const isRefuted = (rate: number) => mixture - weighed(hits, rate) - weighed(of - hits, 1 - rate) >= limit
  const seen = hits / of
  return {
    low: hits === 0 ? 0 : edge(seen, 0, isRefuted),
    high: hits === of ? 1 : edge(seen, 1, isRefuted),
  }
}

/** `count * ln(rate)`, where nothing times anything is nothing. */
const weighed = (count: number, rate: number) => (count === 0 ? 0 : count * Math.log(rate))
const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b)

/** Where it begins to be refuted, on the way from what is seen to an end; the end when it is not. */
function edge(seen: number, end: number, isRefuted: (rate: number) => boolean): number {
  let [kept, refuted] = [seen, end]
  for (let halved = 0; halved < 60; halved++) {
    const middle = (kept + refuted) / 2
    if (isRefuted(middle)) refuted = middle
    else kept = middle
  }
  return refuted
}
