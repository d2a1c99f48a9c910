import type { Tails } from './gamma.ts'

/**
 * The x > 0 at which so much of a distribution on the positive numbers lies below: Newton's method on the logarithms of the smaller
 * tail and of x, where tails are nearly straight lines, kept inside a bracket by bisection.
 *
 * @param slope - the density at x @param guess - anything positive
 */
export function invertTail(given: {
  readonly tail: (x: number) => Tails
  readonly slope: (x: number) => number
  readonly below: number
  readonly above?: number
  readonly guess: number
}): number {
  const { tail, slope, below, above = 1 - below } = given
  const isLower = below <= above
  const goal = Math.log(isLower ? below : above)
  let [low, high] = [0, Number.POSITIVE_INFINITY]
  let x = given.guess
  for (let step = 0; step < 400; step++) {
    const at = tail(x)
    const here = isLower ? at.below : at.above
    // Positive where x is too small.
    const missing = isLower ? goal - Math.log(here) : Math.log(here) - goal
    if (missing > 0) low = x
    else high = x
    const move = (missing * here) / (slope(x) * x)
    let next = x * Math.exp(Math.max(-4, Math.min(4, move)))
    if (!(next > low && next < high)) next = between(low, high, x)
    if (Math.abs(next - x) <= 1e-15 * x || next === 0) return next
    x = next
  }
  return x
}

function between(low: number, high: number, x: number): number {
  if (high === Number.POSITIVE_INFINITY) return x * 4
  return low === 0 ? high / 16 : Math.sqrt(low) * Math.sqrt(high)
}
