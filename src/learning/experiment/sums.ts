import { invalid } from '../../kernel/errors.ts'
import { mergeMoments, momentsByArm, MomentsOfMany, noMoments, type Moments } from '../../kernel/statistics/moments.ts'
import { mergeSketches, noSketch, SketchOfMany, type QuantileSketch } from '../../kernel/statistics/quantile-sketch.ts'
import { variablesOf, type Metric, type MetricType } from './metric.ts'

/**
 * What is kept of one metric in one arm of one phase: enough for every figure, and nothing of anybody. Plain data; merged in any order,
 * the counts exactly, the rest but for the last digits. Merging twice counts twice: keep parts under a key of their own (a day, a batch of
 * the SDK) and merge those.
 */
export type Sums = {
  /** Of quantiles: of each unit's requests, and of how many were at or below `near`. */
  readonly moments: Moments
  /** Units whose revenue was above the cap. */
  readonly capped: number
  readonly sketch?: QuantileSketch
}

/** What one unit did within its window. */
export type UnitValues = {
  readonly value?: number
  readonly per?: number
  readonly before?: number
  readonly perBefore?: number
  /** Of quantiles: each request. */
  readonly values?: readonly number[]
}

const widthOf = (metric: Metric): number => (metric.kind.type === 'quantile' ? 2 : variablesOf(metric).length)

/** Of no unit. */
export function noSums(metric: Metric): Sums {
  const nothing = { moments: noMoments(widthOf(metric)), capped: 0 }
  return metric.kind.type === 'quantile' ? { ...nothing, sketch: noSketch(metric.kind.accuracy) } : nothing
}

/** Of disjoint units. */
export function mergeSums(a: Sums, b: Sums): Sums {
  const moments = mergeMoments(a.moments, b.moments)
  const capped = a.capped + b.capped
  return a.sketch !== undefined && b.sketch !== undefined
    ? { moments, capped, sketch: mergeSketches(a.sketch, b.sketch) }
    : { moments, capped }
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

/** Takes one unit after the other into {@link Sums}. */
export class Accumulator {
  readonly #metric: Metric
  readonly #moments: MomentsOfMany
  readonly #sketch: SketchOfMany | undefined
  readonly #row: Float64Array
  readonly #fields: ReturnType<typeof variablesOf>
  #capped = 0

  constructor(metric: Metric) {
    this.#metric = metric
    this.#row = new Float64Array(widthOf(metric))
    this.#fields = variablesOf(metric)
    this.#moments = new MomentsOfMany(this.#row.length)
    this.#sketch = metric.kind.type === 'quantile' ? new SketchOfMany(metric.kind.accuracy) : undefined
  }

  /**
   * One unit more, with everything that it did.
   * @throws ThreewaysError `METRIC_VALUE` when a value is missing, no number, infinite, or not of the metric's type; nothing is added then
   */
  add(unit: UnitValues): void {
    const isCapped = this.#read(unit)
    for (const value of unit.values ?? []) this.#sketch?.add(value)
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
    for (const value of before.values ?? []) this.#sketch?.remove(value)
    this.#moments.remove(this.#row)
    if (wasCapped) this.#capped--
    this.add(now)
  }

  sums(): Sums {
    const told = { moments: this.#moments.moments(), capped: this.#capped }
    return this.#sketch === undefined ? told : { ...told, sketch: this.#sketch.sketch() }
  }

  /** Checks a unit and lays it into the row. @returns whether it was capped */
  #read(unit: UnitValues): boolean {
    const { kind } = this.#metric
    if (kind.type === 'quantile') {
      const values = unit.values ?? refuse(this.#metric, 'values', undefined)
      let below = 0
      for (const value of values) {
        if (!(value >= 0 && value <= mostValue)) refuse(this.#metric, 'values', value)
        if (value <= kind.near) below++
      }
      this.#row[0] = values.length
      this.#row[1] = below
      return false
    }
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
 * some ten. Not for quantiles.
 *
 * @param groups - of each unit from 1 to `count`; 0 is in none, and may have any value
 * @throws ThreewaysError `METRIC_VALUE` as {@link Accumulator}
 */
export function sumsByGroup(metric: Metric, columns: Columns, groups: Uint8Array, count: number): Sums[] {
  const { kind } = metric
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
  if (type === 'quantile') return 'a list of numbers from 0 to 1e100'
  if (type === 'binary' && field === 'value') return '0 or 1'
  return type === 'revenue' || (type === 'ratio' && (field === 'value' || field === 'before'))
    ? 'a number up to 1e100'
    : 'a number from 0 to 1e100'
}
