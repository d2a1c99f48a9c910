/** ζ(k) - 1 for k = 2, 3 … The series of ln Γ at 2 has them as coefficients (Abramowitz and Stegun 6.1.33). */
const zetaLessOne = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914, 0.008349277381922827,
  0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915,
  6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6,
  9.539620338727962e-7, 4.769329867878064e-7, 2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8,
  1.490155482836504e-8, 7.45071178983543e-9,
]
const oneLessEuler = 0.42278433509846713
const halfLogTwoPi = Math.log(2 * Math.PI) / 2

/** ln Γ(x) for x > 0; NaN for others. Relative error about 1e-15, also beside its zeros at 1 and 2. */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + halfLogTwoPi + stirlingRest(x)
  if (x < 0.5) return logGammaBesideTwo(x) - Math.log(x) - Math.log1p(x)
  if (x < 1.5) return logGammaBesideTwo(x - 1) - Math.log1p(x - 1)
  let [product, at] = [1, x]
  while (at >= 2.5) product *= --at
  return logGammaBesideTwo(at - 2) + Math.log(product)
}

/** So many are kept once they were asked for: what is counted asks for the same ones again and again. */
const factorials = new Float64Array(65_536).fill(Number.NaN)

/** ln n! for n >= 0, which need not be whole. */
export function logFactorial(n: number): number {
  const known = factorials[n]
  if (known !== undefined && !Number.isNaN(known)) return known
  const found = logGamma(n + 1)
  // Of what is not whole, or too large, the array has no place.
  if (known !== undefined) factorials[n] = found
  return found
}

/** ln Γ(2 + d) for |d| <= 1/2. */
function logGammaBesideTwo(d: number): number {
  let sum = 0
  for (let k = zetaLessOne.length + 1; k >= 2; k--) sum = (k % 2 === 0 ? zetaLessOne[k - 2]! / k : -zetaLessOne[k - 2]! / k) + sum * d
  return d * (oneLessEuler + sum * d)
}

/** What Stirling's formula lacks of ln Γ(x), x >= 10 (Abramowitz and Stegun 6.1.41). */
function stirlingRest(x: number): number {
  const y = 1 / (x * x)
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * (691 / 360360 - y / 156)))))) / x
}

/** ln x! less Stirling's approximation of it: Loader's δ(x) (Fast and Accurate Computation of Binomial Probabilities, 2000). */
export function stirlingError(x: number): number {
  return x >= 10 ? stirlingRest(x) : logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - halfLogTwoPi
}

/** x ln(x/m) + m - x without loss when x is near m (Loader's bd0): how much less likely x is than its mean. */
export function deviance(x: number, m: number): number {
  if (Math.abs(x - m) >= 0.1 * (x + m)) return x === 0 ? m : x * Math.log(x / m) + m - x
  const v = (x - m) / (x + m)
  let sum = (x - m) * v
  let term = 2 * x * v
  for (let j = 3; ; j += 2) {
    term *= v * v
    const next = sum + term / j
    if (next === sum) return sum
    sum = next
  }
}

/** Γ(a + b) / Γ(a) for a >= 10, without the loss of two large logarithms. */
export function gammaRatio(a: number, b: number): number {
  return Math.exp((a - 0.5) * Math.log1p(b / a) + b * Math.log(a + b) - b + stirlingRest(a + b) - stirlingRest(a))
}

/** x^a e^-x / Γ(a): x times the density of the gamma distribution. */
export function powerOverGamma(a: number, x: number): number {
  if (a < 1) return Math.exp(a * Math.log(x) - x - logGamma(a))
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(-stirlingError(a) - deviance(a, x))
}

export type Tails = { readonly below: number; readonly above: number }

/**
 * The regularised incomplete gamma function, P(a, x) below and Q(a, x) above, for a > 0, x >= 0. The smaller of the two is never taken
 * from 1, so both tails are exact: relative error below 1e-12. Series and continued fraction (Abramowitz and Stegun 6.5.29, 6.5.31).
 */
export function incompleteGamma(a: number, x: number): Tails {
  if (!(a > 0) || !(x >= 0)) return { below: Number.NaN, above: Number.NaN }
  if (x === 0) return { below: 0, above: 1 }
  if (x === Number.POSITIVE_INFINITY) return { below: 1, above: 0 }
  if (x < a + 1) {
    const below = gammaSeries(a, x)
    return { below, above: 1 - below }
  }
  const above = gammaFraction(a, x)
  return { below: 1 - above, above }
}

function gammaSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= x / (a + n)
    sum += term
  }
  return powerOverGamma(a, x) * sum
}

function gammaFraction(a: number, x: number): number {
  // Lentz's method.
  let b = x + 1 - a
  let c = Number.POSITIVE_INFINITY
  let d = 1 / b
  let product = d
  for (let n = 1; n < 1_000_000; n++) {
    const step = n * (a - n)
    b += 2
    d = 1 / (b + step * d)
    c = b + step / c
    product *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return powerOverGamma(a, x) * product
}
