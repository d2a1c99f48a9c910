import { normalQuantile, normalTail } from './normal.ts'
import { panels } from './quadrature.ts'
import { spent, type Spending } from './spending.ts'

/**
 * Looking a few times at what is planned, and stopping as soon as z is beyond a boundary, with a false alarm in no more than alpha of all
 * experiments: group sequential tests by alpha spending. Looks need not be equal, nor those that were planned: each costs what the
 * spending function says that it costs when it happens (Lan and DeMets 1983).
 */
export type SequentialDesign = {
  readonly alpha: number
  /** 2: a boundary on each side, half of alpha for each. */
  readonly sides: 1 | 2
  readonly spending: Spending
}

export type Boundary = {
  /** Share of the plan at this look; beyond 1 when more came than was planned. */
  readonly share: number
  /** z from which on it is stopped. Infinite where nothing may be spent, or already is. */
  readonly z: number
  /** Of alpha, after this look. */
  readonly spent: number
}

/** Beyond, the normal distribution has less than 1e-12 left. */
const reach = 7.2
/** Less than this is nothing to spend. */
const leastSpent = 1e-13

/** Where to stop, asked look by look: the next costs no more than itself, however many came before. */
export class Boundaries {
  readonly #design: SequentialDesign
  readonly #walk: Walk
  #spent = 0

  constructor(design: SequentialDesign) {
    this.#design = design
    this.#walk = new Walk(design.sides, 0)
  }

  /**
   * @param share - of the planned units, more than at the look before; may pass 1, when everything is spent at the first that does
   * @param isLast - the last look whatever its share, decided without knowing results: everything left is spent there
   * @throws RangeError when it is not at least a ten-thousandth more
   */
  next(share: number, isLast = false): Boundary {
    const { alpha, sides, spending } = this.#design
    const each = alpha / sides
    const now = isLast ? each : spent(spending, each, share)
    const z = this.#walk.boundaryOf(share, now - this.#spent)
    this.#walk.goOn(share, z)
    if (z < Number.POSITIVE_INFINITY) this.#spent = now
    return { share, z, spent: this.#spent * sides }
  }
}

/** Where to stop at each look: {@link Boundaries} of all of them. */
export function boundaries(design: SequentialDesign, shares: readonly number[], isLast = false): Boundary[] {
  const looks = new Boundaries(design)
  return shares.map((share, at) => looks.next(share, isLast && at === shares.length - 1))
}

/**
 * P of stopping at each look or before, on the upper side, and on the lower one for two-sided boundaries.
 * @param drift - z that is expected at the share 1: (the effect) / (its standard error then)
 */
export function crossing(looks: readonly Pick<Boundary, 'share' | 'z'>[], sides: 1 | 2, drift: number): { above: number; below: number }[] {
  const walk = new Walk(sides, drift)
  const sum = { above: 0, below: 0 }
  return looks.map(({ share, z }) => {
    const here = walk.leaving(share, z)
    sum.above += here.above
    sum.below += here.below
    walk.goOn(share, z)
    return { ...sum }
  })
}

/** Power of a design at these looks, on the upper side. */
export const sequentialPower = (design: SequentialDesign, shares: readonly number[], drift: number): number =>
  crossing(boundaries(design, shares), design.sides, drift).at(-1)!.above

/**
 * How many times the units of a test at one moment a group sequential one needs for the same power: seldom more than 1.05 for O'Brien
 * and Fleming's kind.
 */
export function inflation(design: SequentialDesign, shares: readonly number[], power: number): number {
  const looks = boundaries(design, shares)
  const fixed = normalQuantile(design.alpha / design.sides) + normalQuantile(1 - power)
  let drift = fixed
  for (let step = 0; step < 50; step++) {
    // As a probit power is nearly a line of slope 1.
    const short = normalQuantile(1 - power) - normalQuantile(1 - crossing(looks, design.sides, drift).at(-1)!.above)
    drift += short
    if (Math.abs(short) < 1e-9) break
  }
  return (drift / fixed) ** 2
}

/**
 * The walk of the score z·√share among those that were not stopped, its density carried from look to look by integration: Armitage,
 * McPherson and Rowe (1969), as Jennison and Turnbull, Group Sequential Methods, chapter 19.
 */
class Walk {
  readonly #sides: 1 | 2
  readonly #drift: number
  #share = 0
  /** Where walks still are, and how much of them: density times weight. */
  #points: Float64Array = Float64Array.of(0)
  #mass: Float64Array = Float64Array.of(1)
  /** Kept from {@link boundaryOf} to make its steps cheap. */
  #boundary = 3

  constructor(sides: 1 | 2, drift: number) {
    this.#sides = sides
    this.#drift = drift
  }

  /** The z that so much of everything passes on one side at this look. */
  boundaryOf(share: number, goal: number): number {
    if (!(goal > leastSpent)) return Number.POSITIVE_INFINITY
    let [low, high] = [-reach, reach + 1]
    let z = Math.min(this.#boundary, 6)
    for (let step = 0; step < 100; step++) {
      const { above, density } = this.#above(share, z)
      if (above > goal) low = z
      else high = z
      // Newton's method on the logarithm, which is nearly a parabola.
      let next = z + (Math.log(above / goal) * above) / density
      if (!(next > low && next < high)) next = (low + high) / 2
      if (Math.abs(next - z) < 1e-12) break
      z = next
    }
    this.#boundary = z
    return z
  }

  leaving(share: number, z: number): { readonly above: number; readonly below: number } {
    const above = z === Number.POSITIVE_INFINITY ? 0 : this.#above(share, z).above
    return { above, below: this.#sides === 1 || z === Number.POSITIVE_INFINITY ? 0 : this.#below(share, z) }
  }

  #step(share: number): { readonly spread: number; readonly shift: number } {
    const gone = share - this.#share
    if (!(gone >= 1e-4)) throw new RangeError(`a look at ${share} of the plan after one at ${this.#share}`)
    return { spread: Math.sqrt(gone), shift: this.#drift * gone }
  }

  #above(share: number, z: number): { readonly above: number; readonly density: number } {
    const { spread, shift } = this.#step(share)
    const edge = z * Math.sqrt(share) - shift
    let [above, density] = [0, 0]
    for (let at = 0; at < this.#points.length; at++) {
      const off = (edge - this.#points[at]!) / spread
      if (off > 9) continue
      above += this.#mass[at]! * (off < -9 ? 1 : normalTail(off))
      density += this.#mass[at]! * Math.exp((-off * off) / 2)
    }
    return { above, density: (density / Math.sqrt(2 * Math.PI)) * (Math.sqrt(share) / spread) }
  }

  #below(share: number, z: number): number {
    const { spread, shift } = this.#step(share)
    const edge = -z * Math.sqrt(share) - shift
    let below = 0
    for (let at = 0; at < this.#points.length; at++) {
      const off = (this.#points[at]! - edge) / spread
      if (off <= 9) below += this.#mass[at]! * normalTail(off)
    }
    return below
  }

  /** What is not stopped at this look walks on. */
  goOn(share: number, z: number): void {
    const { spread, shift } = this.#step(share)
    const root = Math.sqrt(share)
    const middle = this.#drift * share
    const edge = Math.min(z, reach + 1) * root
    const high = Math.min(edge, middle + reach * root)
    const low = Math.max(this.#sides === 2 ? -edge : Number.NEGATIVE_INFINITY, middle - reach * root)
    // Nobody is left.
    if (!(high > low)) return this.#become(share, new Float64Array(0), new Float64Array(0))
    const { points, weights } = panels(low, high, 1.8 * spread)
    const mass = new Float64Array(points.length)
    // What is the same on both sides is worked out on one.
    const isSymmetric = this.#sides === 2 && this.#drift === 0
    for (let at = 0; at < (isSymmetric ? points.length / 2 : points.length); at++) {
      mass[at] = weights[at]! * this.#density(points[at]! - shift, spread)
      if (isSymmetric) mass[points.length - 1 - at] = mass[at]!
    }
    this.#become(share, points, mass)
  }

  #become(share: number, points: Float64Array, mass: Float64Array): void {
    this.#share = share
    this.#points = points
    this.#mass = mass
  }

  /** How densely walks arrive here. Points ascend: those too far away are passed over. */
  #density(point: number, spread: number): number {
    const [points, mass] = [this.#points, this.#mass]
    const far = reach * spread
    let at = firstFrom(points, point - far)
    let sum = 0
    for (; at < points.length && points[at]! <= point + far; at++) {
      const off = (point - points[at]!) / spread
      sum += mass[at]! * Math.exp((-off * off) / 2)
    }
    return sum / (spread * Math.sqrt(2 * Math.PI))
  }
}

function firstFrom(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
