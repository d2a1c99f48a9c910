/**
 * Upper tail of the standard normal distribution, P(Z > z). Relative error below 1e-13 in both tails: a small p-value is as exact
 * as a large one. The lower tail is that of -z.
 */
export function normalTail(z: number): number {
  return z < 0 ? 1 - normalTail(-z) : erfc(z / Math.SQRT2) / 2
}

/** How densely the standard normal distribution lies at z. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
}

/**
 * The z above which so much of the distribution lies, 0 < tail < 1; infinite at 0 and 1, NaN outside.
 * Hastings' approximation (Abramowitz and Stegun 26.2.23), then Halley's method on {@link normalTail}, which triples the digits.
 */
export function normalQuantile(tail: number): number {
  if (tail > 0.5) return -normalQuantile(1 - tail)
  if (!(tail > 0)) return tail === 0 ? Number.POSITIVE_INFINITY : Number.NaN
  const t = Math.sqrt(-2 * Math.log(tail))
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  for (let step = 0; step < 3; step++) {
    const off = (normalTail(z) - tail) / normalDensity(z)
    z += off / (1 - (off * z) / 2)
  }
  return z
}

/**
 * The complementary error function, by the rational approximations of Cody (Math. Comp. 23, 1969; their coefficients as in SPECFUN's
 * CALERF), within some 1e-15 of itself everywhere.
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x)
  if (x <= 0.46875) return 1 - x * rational(near, x * x)
  if (x > 27) return 0
  const scaled = x <= 4 ? rational(middle, x) : (1 / Math.sqrt(Math.PI) - rational(far, 1 / (x * x)) / (x * x)) / x
  return minusSquare(x) * scaled
}

/** e^(-x²) with the digits of x² that a product would round away, 1e-13 of the result at x = 25. */
function minusSquare(x: number): number {
  const short = Math.trunc(x * 16) / 16
  return Math.exp(-short * short) * Math.exp(-(x - short) * (x + short))
}

type Rational = { readonly over: readonly number[]; readonly under: readonly number[] }

/** Coefficients from the highest power down. */
function rational({ over, under }: Rational, x: number): number {
  let [numerator, denominator] = [over[0]!, under[0]!]
  for (let at = 1; at < over.length; at++) numerator = numerator * x + over[at]!
  for (let at = 1; at < under.length; at++) denominator = denominator * x + under[at]!
  return numerator / denominator
}

const near: Rational = {
  over: [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694],
  under: [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
}
const middle: Rational = {
  over: [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
    1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  under: [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247,
    3439.3676741437216, 1230.3393548037495,
  ],
}
const far: Rational = {
  over: [0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378],
  under: [1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918],
}
