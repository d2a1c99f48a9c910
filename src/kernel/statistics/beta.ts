import { deviance, stirlingError, type Tails } from './gamma.ts'
import { invertTail } from './inverse.ts'

/**
 * The regularised incomplete beta function: I_x(a, b) below, 1 - I_x(a, b) above. Both exact to about 1e-13, however small: the
 * smaller one is never taken from 1.
 *
 * @param y - 1 - x, for callers who know it better than a subtraction does
 */
export function incompleteBeta(a: number, b: number, x: number, y = 1 - x): Tails {
  if (!(a > 0) || !(b > 0) || !(x >= 0) || !(y >= 0)) return { below: Number.NaN, above: Number.NaN }
  if (x === 0) return { below: 0, above: 1 }
  if (y === 0) return { below: 1, above: 0 }
  const factor = betaDensityFactor(a, b, x, y)
  if (x <= (a + 1) / (a + b + 2)) {
    const below = (factor * betaFraction(a, b, x)) / a
    return { below, above: 1 - below }
  }
  const above = (factor * betaFraction(b, a, y)) / b
  return { below: 1 - above, above }
}

/** x^a y^b / B(a, b), by Loader's saddle point: no logarithm of something large is taken from another. */
function betaDensityFactor(a: number, b: number, x: number, y: number): number {
  const n = a + b
  const rest = stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y)
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(rest)
}

/** The continued fraction of Abramowitz and Stegun 26.5.8, by Lentz's method. */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1))
  let product = d
  for (let m = 1; m < 1_000_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    product *= c * d
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    product *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return product
}

/** The x below which so much of the beta distribution lies. Exact to about 1e-13 of x. */
export function betaQuantile(below: number, a: number, b: number): number {
  if (!(a > 0) || !(b > 0) || !(below >= 0 && below <= 1)) return Number.NaN
  if (below === 0 || below === 1) return below
  // Solved for the odds x / (1 - x), which reach far on both sides.
  const odds = invertTail({
    tail: (o) => incompleteBeta(a, b, o / (1 + o), 1 / (1 + o)),
    slope: (o) => betaDensityFactor(a, b, o / (1 + o), 1 / (1 + o)) / o,
    below,
    guess: a / b,
  })
  return odds / (1 + odds)
}

/** Upper tail of the F distribution with so many degrees of freedom, P(F > f). */
export function fTail(f: number, numerator: number, denominator: number): number {
  if (!(f > 0)) return 1
  const scaled = numerator * f
  return incompleteBeta(numerator / 2, denominator / 2, scaled / (scaled + denominator), denominator / (scaled + denominator)).above
}
