import { incompleteBeta } from './beta.ts'
import { gammaRatio } from './gamma.ts'
import { invertTail } from './inverse.ts'
import { erfc, normalQuantile } from './normal.ts'

/**
 * Upper tail of Student's t distribution, P(T > t). Any degrees of freedom > 0, whole or not; infinite ones are the normal
 * distribution. Relative error below 1e-12, however far out.
 */
export function studentTail(t: number, degrees: number): number {
  if (!(degrees > 0)) return Number.NaN
  if (t < 0) return 1 - studentTail(-t, degrees)
  if (degrees === Number.POSITIVE_INFINITY) return erfc(t / Math.SQRT2) / 2
  if (degrees >= 40 && t * t <= degrees) return manyDegrees(t, degrees)
  const ratio = (t * t) / degrees
  return incompleteBeta(degrees / 2, 0.5, 1 / (1 + ratio), 1 / (1 + 1 / ratio)).below / 2
}

const factorials = [1]
for (let n = 1; n <= 60; n++) factorials.push(factorials.at(-1)! * n)

/**
 * I_x(a, 1/2) for a large a as a series of incomplete gamma functions: DiDonato and Morris, ACM Trans. Math. Softw. 18 (1992), 9.
 * The continued fraction would need √a steps, this needs a handful.
 */
function manyDegrees(t: number, degrees: number): number {
  const [a, b] = [degrees / 2, 0.5]
  const middle = a + (b - 1) / 2
  const logX = -Math.log1p((t * t) / degrees)
  const u = -middle * logX
  if (u === 0) return 0.5
  const factor = Math.sqrt(u / Math.PI) * Math.exp(-u)
  if (factor === 0) return 0
  const scale = (factor * gammaRatio(a, b)) / middle ** b
  const p = [1]
  let j = erfc(Math.sqrt(u)) / factor
  let sum = j
  let power = 1
  for (let n = 1; n < 28; n++) {
    p.push(coefficient(p, n, b))
    const order = b + 2 * (n - 1)
    j = (order * (order + 1) * j + (u + order + 1) * power) / (4 * middle * middle)
    power *= (logX / 2) ** 2
    const term = p[n]! * j
    sum += term
    if (Math.abs(term) < 1e-17 * Math.abs(sum)) break
  }
  return (scale * sum) / 2
}

/** Of (sinh(z/2) / (z/2))^(b-1), the n-th. */
function coefficient(p: readonly number[], n: number, b: number): number {
  let sum = 0
  for (let m = 1; m < n; m++) sum += ((m * b - n) * p[n - m]!) / factorials[2 * m + 1]!
  return sum / n + (b - 1) / factorials[2 * n + 1]!
}

function studentDensity(t: number, degrees: number): number {
  const a = degrees / 2
  const constant = a >= 10 ? gammaRatio(a, 0.5) : climbingRatio(a)
  return (constant / Math.sqrt(degrees * Math.PI)) * Math.exp(-(a + 0.5) * Math.log1p((t * t) / degrees))
}

/** Γ(a + 1/2) / Γ(a) by going up to where its asymptotic form holds. */
function climbingRatio(a: number): number {
  let [ratio, at] = [1, a]
  for (; at < 10; at++) ratio *= at / (at + 0.5)
  return ratio * gammaRatio(at, 0.5)
}

/** The t above which so much of the distribution lies, 0 < tail < 1. Begins at the expansion of Abramowitz and Stegun 26.7.5. */
export function studentQuantile(tail: number, degrees: number): number {
  if (!(degrees > 0) || !(tail >= 0 && tail <= 1)) return Number.NaN
  if (tail > 0.5) return -studentQuantile(1 - tail, degrees)
  if (tail === 0.5) return 0
  if (tail === 0) return Number.POSITIVE_INFINITY
  const z = normalQuantile(tail)
  if (degrees === Number.POSITIVE_INFINITY) return z
  const guess = z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
  return invertTail({
    tail: (t) => {
      const above = studentTail(t, degrees)
      return { below: 1 - above, above }
    },
    slope: (t) => studentDensity(t, degrees),
    below: 1 - tail,
    above: tail,
    guess,
  })
}
