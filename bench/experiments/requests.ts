import { positionOf, type Buckets } from '../../src/kernel/statistics/quantile-sketch.ts'
import { covariance, MomentsOfMany, momentsOfSums, type Moments } from '../../src/kernel/statistics/moments.ts'
import { quantileSums, type Sums } from '../../src/learning/experiment/sums.ts'
import type { Baseline } from '../../src/learning/experiment/sizing.ts'
import { bucketOf } from '../../sdk/src/dark/sketch.ts'
import { seeded } from '../canary/traffic.ts'

/** What the requests of a user came to. `shift` is what a treatment does; 0 is nothing. */
export type Draw = (random: () => number, shift: number) => readonly number[]

/** So many users are drawn once; experiments draw theirs from among them, so that they need not draw every request. */
const people = 100_000

const drawn = (draw: Draw, shift: number, users = people): (readonly number[])[] => {
  const random = seeded(42)
  return Array.from({ length: users }, () => draw(random, shift))
}

/** Of many users, one after the other, into which buckets their requests fell, as the SDK tells it; and where each user's end. */
export type Population = { readonly buckets: Int16Array; readonly ends: Int32Array }

export function populationOf(draw: Draw, shift: number): Population {
  const users = drawn(draw, shift)
  let end = 0
  return {
    buckets: Int16Array.from(users.flat(), bucketOf),
    ends: Int32Array.from(users, (values) => (end += values.length)),
  }
}

/** Units of one arm, of which sums may be asked at any time: those of `quantileSums`, sooner where they are asked for every day. */
export class Requests {
  readonly #share: number
  readonly #population: Population
  readonly #counts = new Float64Array(701)
  readonly #units: number[] = []

  constructor(population: Population, share: number) {
    this.#population = population
    this.#share = share
  }

  /** Anybody. @param random - from 0 to 1 */
  add(random: number): void {
    const { buckets, ends } = this.#population
    const unit = Math.floor(random * ends.length)
    for (let at = unit === 0 ? 0 : ends[unit - 1]!; at < ends[unit]!; at++) this.#counts[buckets[at]!]!++
    this.#units.push(unit)
  }

  sums(): Sums {
    const buckets: [number, number][] = []
    for (let bucket = 0; bucket < this.#counts.length; bucket++)
      if (this.#counts[bucket]! > 0) buckets.push([bucket, this.#counts[bucket]!])
    const { bucket, part } = positionOf(buckets, this.#share)!
    const { buckets: all, ends } = this.#population
    let [n, below, nn, nBelow, belowBelow] = [0, 0, 0, 0, 0]
    for (const unit of this.#units) {
      const from = unit === 0 ? 0 : ends[unit - 1]!
      const count = ends[unit]! - from
      let belowOfUnit = 0
      for (let at = from; at < from + count; at++) belowOfUnit += all[at]! < bucket ? 1 : all[at] === bucket ? part : 0
      n += count
      below += belowOfUnit
      nn += count * count
      nBelow += count * belowOfUnit
      belowBelow += belowOfUnit * belowOfUnit
    }
    return { moments: momentsOfSums(this.#units.length, [n, below], [nn, nBelow, belowBelow]), capped: 0, buckets }
  }

  /** @throws Error when the sums are not what the product says of the same units */
  check(): void {
    const { buckets, ends } = this.#population
    const units = this.#units.map((unit): Buckets => {
      const counts = new Map<number, number>()
      for (const bucket of buckets.subarray(ends[unit - 1] ?? 0, ends[unit])) counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
      return [...counts]
    })
    const [ours, theirs] = [this.sums(), quantileSums(units, this.#share)]
    const isSame =
      JSON.stringify(ours.buckets) === JSON.stringify(theirs.buckets) &&
      ours.moments.products.every((product, at) => Math.abs(product / theirs.moments.products[at]! - 1) < 1e-9)
    if (!isSame) throw new Error("sums of quantiles are not the product's")
  }
}

/** The place at which a share of sorted values is below; of values that are one and the same a part counts as below. */
function thresholdOf(sorted: Float64Array, share: number): { readonly value: number; readonly part: number } {
  const value = sorted[Math.floor(share * sorted.length)]!
  const from = sorted.indexOf(value)
  const to = sorted.lastIndexOf(value) + 1
  return { value, part: (share * sorted.length - from) / (to - from) }
}

function belowIn(users: readonly (readonly number[])[], { value, part }: ReturnType<typeof thresholdOf>): Moments {
  const moments = new MomentsOfMany(2)
  for (const values of users)
    moments.add([values.length, values.reduce((sum, one) => sum + (one < value ? 1 : one === value ? part : 0), 0)])
  return moments.moments()
}

/** The share, and its variance of one user. */
function shareOf(moments: Moments): { readonly share: number; readonly variance: number } {
  const [requests, below] = moments.means as [number, number]
  const share = below / requests
  const of = (i: number, j: number) => covariance(moments, i, j)
  return { share, variance: (of(1, 1) - 2 * share * of(0, 1) + share ** 2 * of(0, 0)) / requests ** 2 }
}

const sortedOf = (users: readonly (readonly number[])[]): Float64Array => Float64Array.from(users.flat()).sort()

/**
 * The shift that a test at one moment, of two arms of so many units, sees in 80 of 100, by the values themselves: it knows the quantile of
 * both arms together, and asks whether as many are below it in one as in the other. Where values are smooth it is the shift that a test of
 * quantiles with their true errors sees.
 */
export function shiftSeen(draw: Draw, share: number, each: number): number {
  const control = drawn(draw, 0)
  const sees = (shift: number) => {
    const treatment = drawn(draw, shift)
    const threshold = thresholdOf(sortedOf([...control, ...treatment]), share)
    const [a, b] = [shareOf(belowIn(control, threshold)), shareOf(belowIn(treatment, threshold))]
    return Math.abs(a.share - b.share) / Math.sqrt((a.variance + b.variance) / each)
  }
  let [low, high] = [0, 0.5]
  for (let step = 0; step < 12; step++) {
    const middle = (low + high) / 2
    if (sees(middle) < 2.8015852) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** What somebody who plans knows from the time before. @param each - units of an arm that is planned: errors are told for so many */
export function baselineOf(draw: Draw, share: number, each: number): Baseline {
  const users = drawn(draw, 0)
  const sorted = sortedOf(users)
  const { variance } = shareOf(belowIn(users, thresholdOf(sorted, share)))
  const off = 1.96 * Math.sqrt(variance / each)
  const at = (where: number) => sorted[Math.floor(where * sorted.length)]!
  return { level: at(share), variance: ((at(share + off) - at(share - off)) / 3.92) ** 2 * each }
}
