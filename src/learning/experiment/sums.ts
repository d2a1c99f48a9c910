import { invalid } from '../../kernel/errors.ts'
import { mergeMoments, MomentsOfMany, noMoments, type Moments } from '../../kernel/statistics/moments.ts'
import { mergeSketches, noSketch, SketchOfMany, type QuantileSketch } from '../../kernel/statistics/quantile-sketch.ts'
import { variablesOf, type Metric } from './metric.ts'

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
  #capped = 0

  constructor(metric: Metric) {
    this.#metric = metric
    this.#row = new Float64Array(widthOf(metric))
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
      const values = unit.values ?? this.#refuse('values', undefined)
      let below = 0
      for (const value of values) {
        if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) this.#refuse('values', value)
        if (value <= kind.near) below++
      }
      this.#row[0] = values.length
      this.#row[1] = below
      return false
    }
    for (const [at, field] of variablesOf(this.#metric).entries()) {
      const value = unit[field]
      if (value === undefined || !Number.isFinite(value) || !fits(this.#metric, field, value)) return this.#refuse(field, value)
      this.#row[at] = kind.type === 'revenue' ? Math.min(value, kind.cap) : value
    }
    return kind.type === 'revenue' && unit.value! > kind.cap
  }

  #refuse(field: string, value: number | undefined): never {
    const { key, kind } = this.#metric
    throw invalid('METRIC_VALUE', {
      message: `metric "${key}" (${kind.type}): ${field} is ${value === undefined ? 'missing' : value}`,
      help: `${field} of a ${kind.type} metric is ${wanted(kind.type, field)}`,
    })
  }
}

function fits({ kind }: Metric, field: string, value: number): boolean {
  if (field === 'per' || field === 'perBefore') return value >= 0
  if (kind.type === 'binary') return field === 'value' ? value === 0 || value === 1 : true
  return kind.type === 'count' ? value >= 0 : true
}

function wanted(type: Metric['kind']['type'], field: string): string {
  if (type === 'quantile') return 'a list of finite numbers, none below 0'
  if (type === 'binary' && field === 'value') return '0 or 1'
  return type === 'revenue' || (type === 'ratio' && (field === 'value' || field === 'before'))
    ? 'a finite number'
    : 'a finite number, not below 0'
}
