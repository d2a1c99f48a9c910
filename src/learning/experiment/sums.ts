import { invalid } from '../../kernel/errors.ts'
import { mergeMoments, momentsByArm, MomentsOfMany, noMoments, type Moments } from '../../kernel/statistics/moments.ts'
import { belowOf, countOf, positionOf, type Buckets } from '../../kernel/statistics/quantile-sketch.ts'
import { variablesOf, type Metric, type MetricType } from './metric.ts'

/**
 * What is kept of one metric in one arm of one phase: enough for every figure, and nothing of anybody. Plain data; merged in any order,
 * the counts exactly, the rest but for the last digits. Merging twice counts twice: keep parts under a key of their own (a day, a batch of
 * the SDK) and merge those.
 */
export type Sums = {
  /** Of quantiles: of each unit's values, and of how many of them were at or below the quantile of all. */
  readonly moments: Moments
  /** Units whose revenue was above the cap. */
  readonly capped: number
  /** Of quantiles. */
  readonly buckets?: Buckets
  /** Of quantiles: values that were told without their bucket. */
  readonly unbucketed?: number
}

/** What one unit did within its window. */
export type UnitValues = {
  readonly value?: number
  readonly per?: number
  readonly before?: number
  readonly perBefore?: number
}

/** Of no unit. */
export function noSums(metric: Metric): Sums {
  return metric.kind.type === 'quantile'
    ? quantileSums([], metric.kind.share)
    : { moments: noMoments(variablesOf(metric).length), capped: 0 }
}

/** Of disjoint units. @throws RangeError of quantiles, which are of all units at once: {@link quantileSums} */
export function mergeSums(a: Sums, b: Sums): Sums {
  noQuantile(a.buckets !== undefined || b.buckets !== undefined)
  return { moments: mergeMoments(a.moments, b.moments), capped: a.capped + b.capped }
}

function noQuantile(isOne: boolean): void {
  if (isOne) throw new RangeError('a quantile is of all units at once, and has no sums of some of them')
}

/**
 * Of a quantile, of all units of an arm at once: only when it is known where the quantile lies can it be said how much the values of a
 * unit hang together at it.
 * @param units - what each did; units without a value are left out
 */
export function quantileSums(units: readonly Buckets[], share: number): Sums {
  const counts = new Map<number, number>()
  for (const unit of units) for (const [bucket, count] of unit) counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  const buckets = [...counts].sort(([a], [b]) => a - b)
  const position = positionOf(buckets, share)
  const moments = new MomentsOfMany(2)
  if (position !== undefined) for (const unit of units) if (unit.length > 0) moments.add([countOf(unit), belowOf(unit, position)])
  return { moments: moments.moments(), capped: 0, buckets }
}

/**
 * With units that were exposed and did nothing, as zeros: whoever did not buy is not missing. Only where nothing is kept of the time before.
 */
export function withIdleUnits(sums: Sums, units: number): Sums {
  const { count, means, products } = sums.moments
  if (units <= count) return sums
  const idle = { count: units - count, means: means.map(() => 0), products: products.map(() => 0) }
  return { ...sums, moments: mergeMoments(sums.moments, idle) }
}

/** Takes one unit after the other into {@link Sums}. @throws RangeError of quantiles */
export class Accumulator {
  readonly #metric: Metric
  readonly #moments: MomentsOfMany
  readonly #row: Float64Array
  readonly #fields: ReturnType<typeof variablesOf>
  #capped = 0

  constructor(metric: Metric) {
    noQuantile(metric.kind.type === 'quantile')
    this.#metric = metric
    this.#fields = variablesOf(metric)
    this.#row = new Float64Array(this.#fields.length)
    this.#moments = new MomentsOfMany(this.#row.length)
  }

  /**
   * One unit more, with everything that it did.
   * @throws ThreewaysError `METRIC_VALUE` when a value is missing, no number, infinite, or not of the metric's type; nothing is added then
   */
  add(unit: UnitValues): void {
    const isCapped = this.#read(unit)
    this.#moments.add(this.#row)
    if (isCapped) this.#capped++
  }

  /**
   * A unit has done more: what was added of it before goes, what it is now comes.
   * @throws ThreewaysError `METRIC_VALUE` as {@link add}; nothing is changed then
   */
  replace(before: UnitValues, now: UnitValues): void {
    this.#read(now)
    const wasCapped = this.#read(before)
    this.#moments.remove(this.#row)
    if (wasCapped) this.#capped--
    this.add(now)
  }

  sums(): Sums {
    return { moments: this.#moments.moments(), capped: this.#capped }
  }

  /** Checks a unit and lays it into the row. @returns whether it was capped */
  #read(unit: UnitValues): boolean {
    const { kind } = this.#metric
    for (let at = 0; at < this.#fields.length; at++) {
      const field = this.#fields[at]!
      const value = unit[field]
      if (value === undefined || !fits(kind.type, field, value)) return refuse(this.#metric, field, value)
      this.#row[at] = kind.type === 'revenue' ? Math.min(value, kind.cap) : value
    }
    return kind.type === 'revenue' && unit.value! > kind.cap
  }
}

function refuse({ key, kind }: Metric, field: string, value: number | undefined): never {
  throw invalid('METRIC_VALUE', {
    message: `metric "${key}" (${kind.type}): ${field} is ${value === undefined ? 'missing' : value}`,
    help: `${field} of a ${kind.type} metric is ${wanted(kind.type, field)}`,
  })
}

/** Beyond, squares of it would be infinite. */
const mostValue = 1e100

function fits(type: MetricType, field: string, value: number): boolean {
  if (!(Math.abs(value) <= mostValue)) return false
  if (field === 'per' || field === 'perBefore') return value >= 0
  if (type === 'binary') return field === 'value' ? value === 0 || value === 1 : true
  return type === 'count' ? value >= 0 : true
}

/** Columns of values, one entry a unit. */
export type Columns = { readonly [field in 'value' | 'per' | 'before' | 'perBefore']?: Float64Array }

/**
 * Of each group of units (an arm, or an arm of a day) at once, for whoever has all units in columns: some nanoseconds a unit instead of
 * some ten.
 *
 * @param groups - of each unit from 1 to `count`; 0 is in none, and may have any value
 * @throws ThreewaysError `METRIC_VALUE` as {@link Accumulator} @throws RangeError of quantiles
 */
export function sumsByGroup(metric: Metric, columns: Columns, groups: Uint8Array, count: number): Sums[] {
  const { kind } = metric
  noQuantile(kind.type === 'quantile')
  const read = variablesOf(metric).map((field) => {
    const column = columns[field] ?? refuse(metric, field, undefined)
    const unfit = firstUnfit(kind.type, field, column, groups)
    if (unfit !== -1) refuse(metric, field, column[unfit])
    return column
  })
  if (kind.type !== 'revenue') return momentsByArm(read, groups, count).map((moments) => ({ moments, capped: 0 }))
  const capped = aboveByGroup(columns.value!, kind.cap, groups, count)
  const below = read.map((column) => (column.some((value) => value > kind.cap) ? column.map((value) => Math.min(value, kind.cap)) : column))
  return momentsByArm(below, groups, count).map((moments, at) => ({ moments, capped: capped[at + 1]! }))
}

function aboveByGroup(column: Float64Array, cap: number, groups: Uint8Array, count: number): Float64Array {
  const above = new Float64Array(count + 1)
  for (let unit = 0; unit < groups.length; unit++) if (column[unit]! > cap) above[groups[unit]!]!++
  return above
}

/** The same as {@link fits} of each, in one pass without a call: -1 when all fit. */
function firstUnfit(type: MetricType, field: string, column: Float64Array, groups: Uint8Array): number {
  const isCount = field === 'per' || field === 'perBefore' || type === 'count'
  const least = isCount ? 0 : -mostValue
  const isBinary = type === 'binary' && field === 'value'
  for (let unit = 0; unit < groups.length; unit++) {
    const value = column[unit]!
    const isFit = value >= least && value <= mostValue && (!isBinary || value === 0 || value === 1)
    if (!isFit && groups[unit] !== 0) return unit
  }
  return -1
}

function wanted(type: MetricType, field: string): string {
  if (type === 'binary' && field === 'value') return '0 or 1'
  return type === 'revenue' || (type === 'ratio' && (field === 'value' || field === 'before'))
    ? 'a number up to 1e100'
    : 'a number from 0 to 1e100'
}
