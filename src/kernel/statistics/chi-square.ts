import { incompleteGamma, powerOverGamma } from './gamma.ts'
import { invertTail } from './inverse.ts'
import { normalQuantile } from './normal.ts'

/** Upper tail of the chi-square distribution, P(X > x). */
export function chiSquareTail(x: number, degrees: number): number {
  return x <= 0 ? 1 : incompleteGamma(degrees / 2, x / 2).above
}

/** Lower tail of the chi-square distribution, P(X <= x). */
export function chiSquareBelow(x: number, degrees: number): number {
  return x <= 0 ? 0 : incompleteGamma(degrees / 2, x / 2).below
}

/** The x above which so much of the distribution lies. Begins at Wilson and Hilferty's cube (1931). */
export function chiSquareQuantile(tail: number, degrees: number): number {
  if (!(degrees > 0) || !(tail >= 0 && tail <= 1)) return Number.NaN
  if (tail === 0 || tail === 1) return tail === 0 ? Number.POSITIVE_INFINITY : 0
  const spread = 2 / (9 * degrees)
  const cube = degrees * (1 - spread + normalQuantile(tail) * Math.sqrt(spread)) ** 3
  return invertTail({
    tail: (x) => incompleteGamma(degrees / 2, x / 2),
    slope: (x) => powerOverGamma(degrees / 2, x / 2) / x,
    below: 1 - tail,
    above: tail,
    guess: cube > 0 ? cube : degrees * 1e-3,
  })
}
