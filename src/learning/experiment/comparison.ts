import { effectOf, reversed, type Effect, type NoEffect } from '../../kernel/statistics/effect.ts'
import { quantileEffect, type QuantileArm } from '../../kernel/statistics/quantile-effect.ts'
import { quantilesIn } from '../../kernel/statistics/quantile-sketch.ts'
import { variablesOf, type Metric } from './metric.ts'
import { noSums, withIdleUnits, type Sums } from './sums.ts'

/** What is known of one arm of one phase. */
export type ArmState = {
  /** Exposed to it. */
  readonly units: number
  /** By metric. */
  readonly sums: Readonly<Record<string, Sums>>
}

/** Why there is nothing to tell of a metric. */
export type Nothing =
  | NoEffect
  | 'no values in buckets: the SDK tells them of the metrics in its `quantiles`'
  | 'some values came without buckets'

/** One metric in one treatment, against control. */
export type Comparison = {
  readonly metric: Metric
  readonly arm: string
  /** Relative, and asked of the difference: the error of a relative effect grows with it, which costs power where units differ much. */
  readonly effect: Effect | Nothing
  /** Exposed units of both arms of which there is no value: they are left out, and are no zeros. */
  readonly unitsWithout: number
}

/** A name for what is remembered of a comparison. */
export const nameOf = ({ metric, arm }: Pick<Comparison, 'metric' | 'arm'>): string => `${metric.key}/${arm}`

/** Relative change, of control's level. */
export function compared(metric: Metric, arm: string, control: ArmState, treatment: ArmState): Comparison {
  const [a, b] = [valuesOf(metric, control), valuesOf(metric, treatment)]
  const unitsWithout = Math.max(0, control.units - a.moments.count) + Math.max(0, treatment.units - b.moments.count)
  const { kind } = metric
  const reading = Object.fromEntries(variablesOf(metric).map((name, at) => [name, at])) as { value: number }
  if (kind.type === 'quantile') {
    const effect = notInBuckets(a, b) ?? quantileEffect(quantilesOf(a), quantilesOf(b), kind.share)
    return { metric, arm, effect, unitsWithout }
  }
  return { metric, arm, effect: effectOf(a.moments, b.moments, reading, { byDifference: true }), unitsWithout }
}

function valuesOf(metric: Metric, { units, sums }: ArmState): Sums {
  const known = sums[metric.key] ?? noSums(metric)
  const { type } = metric.kind
  return !metric.before && (type === 'binary' || type === 'count' || type === 'revenue') ? withIdleUnits(known, units) : known
}

const quantilesOf = ({ moments, buckets = [] }: Sums): QuantileArm => ({ quantile: quantilesIn(buckets), users: moments })

/** A quantile of some of the values may be another one than that of all. */
function notInBuckets(...arms: readonly Sums[]): Nothing | undefined {
  const without = arms.some(({ unbucketed = 0 }) => unbucketed > 0)
  if (!without) return undefined
  return arms.every(({ buckets = [] }) => buckets.length === 0)
    ? 'no values in buckets: the SDK tells them of the metrics in its `quantiles`'
    : 'some values came without buckets'
}

/** How much better, in the metric's own direction: less of a latency is a gain. */
export function gainOf({ metric, effect }: Comparison): Effect | undefined {
  if (typeof effect === 'string') return undefined
  return metric.better === 'more' ? effect : reversed(effect)
}
