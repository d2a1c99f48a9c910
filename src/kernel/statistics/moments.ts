/**
 * What a sample of several variables leaves behind for everything that is worked out of it here: how many, their means, and the sums of
 * products of what they differ from the means (co-moments). Plain data. Kept about the mean and not about zero: of a revenue of
 * 1,000,000.01 the sum of squares has no digit left for the cents.
 *
 * Merging is commutative and associative but for the last digits (about 1e-12 of the variance); it is not idempotent: whoever merges
 * the same part twice counts it twice. Keep parts under a key and merge them all anew, then late and doubled parts do not matter.
 */
export type Moments = {
  readonly count: number
  readonly means: readonly number[]
  /** Upper triangle by rows: 00, 01, … 0k, 11, 12, … */
  readonly products: readonly number[]
}

/** Of nothing, of so many variables. */
export function noMoments(variables: number): Moments {
  return {
    count: 0,
    means: Array.from<number>({ length: variables }).fill(0),
    products: Array.from<number>({ length: (variables * (variables + 1)) / 2 }).fill(0),
  }
}

/** Of two disjoint samples together (Chan, Golub and LeVeque, 1979). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const count = a.count + b.count
  if (b.count === 0 || a.count === 0) return b.count === 0 ? a : b
  const shift = a.means.map((mean, at) => b.means[at]! - mean)
  const weight = (a.count * b.count) / count
  return {
    count,
    // From the larger side, so that both orders give nearly the same digits.
    means: a.means.map((mean, at) => (mean * a.count + b.means[at]! * b.count) / count),
    products: byPair(a.means.length, (i, j, at) => a.products[at]! + b.products[at]! + weight * shift[i]! * shift[j]!),
  }
}

/** From sums about zero, as others report them. Loses digits where means are large beside deviations. */
export function momentsOfSums(count: number, sums: readonly number[], products: readonly number[]): Moments {
  if (count === 0) return noMoments(sums.length)
  return {
    count,
    means: sums.map((sum) => sum / count),
    products: byPair(sums.length, (i, j, at) => products[at]! - (sums[i]! * sums[j]!) / count),
  }
}

function byPair<T>(variables: number, of: (i: number, j: number, at: number) => T): T[] {
  const all: T[] = []
  for (let i = 0; i < variables; i++) for (let j = i; j < variables; j++) all.push(of(i, j, all.length))
  return all
}

/** Of the population, n - 1 below. NaN with fewer than two. */
export function covariance({ count, means, products }: Moments, i: number, j: number): number {
  const [low, high] = [Math.min(i, j), Math.max(i, j)]
  return count < 2 ? Number.NaN : products[low * means.length - (low * (low - 1)) / 2 + high - low]! / (count - 1)
}

/**
 * Of each arm, from columns of values: two passes, so that no digit is lost, at a few nanoseconds a unit.
 *
 * @param columns - a variable each, all as long as `arms` @param arms - of each unit from 1 to `count`; 0 is in none
 */
export function momentsByArm(columns: readonly Float64Array[], arms: Uint8Array, count: number): Moments[] {
  const counts = new Float64Array(count + 1)
  for (let unit = 0; unit < arms.length; unit++) counts[arms[unit]!]!++
  const means = columns.map((column) => {
    const sums = new Float64Array(count + 1)
    for (let unit = 0; unit < arms.length; unit++) sums[arms[unit]!]! += column[unit]!
    return sums.map((sum, arm) => (counts[arm] === 0 ? 0 : sum / counts[arm]!))
  })
  const products = byPair(columns.length, (i, j) => [i, j] as const).map(([i, j]) =>
    productsByArm({ values: columns[i]!, means: means[i]! }, { values: columns[j]!, means: means[j]! }, arms),
  )
  return Array.from({ length: count }, (_, at) => ({
    count: counts[at + 1]!,
    means: means.map((each) => each[at + 1]!),
    products: products.map((each) => each[at + 1]!),
  }))
}

type Column = { readonly values: Float64Array; readonly means: Float64Array }

function productsByArm(a: Column, b: Column, arms: Uint8Array): Float64Array {
  const sums = new Float64Array(a.means.length)
  for (let unit = 0; unit < arms.length; unit++) {
    const arm = arms[unit]!
    sums[arm]! += (a.values[unit]! - a.means[arm]!) * (b.values[unit]! - b.means[arm]!)
  }
  return sums
}

/** Takes one unit after the other into {@link Moments}: Welford's method (1962), for streams too long to keep. */
export class MomentsOfMany {
  #count = 0
  readonly #means: Float64Array
  readonly #products: Float64Array
  readonly #before: Float64Array

  constructor(variables: number) {
    this.#means = new Float64Array(variables)
    this.#before = new Float64Array(variables)
    this.#products = new Float64Array((variables * (variables + 1)) / 2)
  }

  /** One unit more. @param values - finite, one a variable; not checked here: this is the innermost loop */
  add(values: ArrayLike<number>): void {
    this.#count++
    const [means, before, products] = [this.#means, this.#before, this.#products]
    for (let i = 0; i < means.length; i++) {
      const off = values[i]! - means[i]!
      before[i] = off
      means[i]! += off / this.#count
    }
    let at = 0
    for (let i = 0; i < means.length; i++) {
      for (let j = i; j < means.length; j++) products[at++]! += before[i]! * (values[j]! - means[j]!)
    }
  }

  /** One unit less, whose values were added before: with {@link add} it puts right what has changed. Costs a digit now and then. */
  remove(values: ArrayLike<number>): void {
    const [means, before, products] = [this.#means, this.#before, this.#products]
    this.#count--
    if (this.#count === 0) {
      means.fill(0)
      products.fill(0)
      return
    }
    for (let i = 0; i < means.length; i++) {
      before[i] = values[i]! - means[i]!
      means[i]! -= before[i]! / this.#count
    }
    let at = 0
    for (let i = 0; i < means.length; i++) {
      for (let j = i; j < means.length; j++) products[at++]! -= before[i]! * (values[j]! - means[j]!)
    }
  }

  /** So far. */
  moments(): Moments {
    return { count: this.#count, means: [...this.#means], products: [...this.#products] }
  }
}
