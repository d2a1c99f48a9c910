/**
 * Upper tail of the standard normal distribution, P(Z > z). Relative error below 1e-13 in both tails: a small p-value is as exact
 * as a large one.
 */
export function normalTail(z: number): number {
  return z < 0 ? 1 - normalTail(-z) : erfc(z / Math.SQRT2) / 2
}

/**
 * The z above which so much of the distribution lies, 0 < tail < 1.
 * By bisection of {@link normalTail}, to about 1e-15 of z: asked seldom, so exactness is worth more than speed.
 */
export function normalQuantile(tail: number): number {
  if (tail > 0.5) return -normalQuantile(1 - tail)
  let [low, high] = [0, 40]
  for (let n = 0; n < 60; n++) {
    const middle = (low + high) / 2
    if (normalTail(middle) > tail) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** For x >= 0. A power series near 0, a continued fraction beyond: Abramowitz and Stegun 7.1.6 and 7.1.14. */
function erfc(x: number): number {
  return x < 2 ? 1 - erfBySeries(x) : erfcByFraction(x)
}

function erfBySeries(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

function erfcByFraction(x: number): number {
  let fraction = x
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction)
}
