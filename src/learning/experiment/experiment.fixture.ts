import { ThreewaysError } from '../../kernel/errors.ts'
import type { PhaseState } from './analysis.ts'
import type { Metric } from './metric.ts'
import { planned, type ExperimentDraft, type ExperimentPlan } from './plan.ts'
import { Accumulator, type Sums, type UnitValues } from './sums.ts'

/** A checkout with an express button: more orders wanted, no more latency borne. */
export const draft: ExperimentDraft = {
  hypothesis: 'an express button brings more orders',
  arms: [
    { key: 'control', weight: 1 },
    { key: 'express', weight: 1 },
  ],
  metrics: [
    { key: 'orders', kind: { type: 'binary' }, role: 'decision', better: 'more', effect: 0.1 },
    { key: 'errors', kind: { type: 'count' }, role: 'guardrail', better: 'less', margin: 0.1 },
    { key: 'revenue', kind: { type: 'revenue', cap: 500 }, role: 'exploratory', better: 'more' },
  ],
  units: 20_000,
  looks: [0.5, 1],
}

export const plan: ExperimentPlan = planned(draft)
export const metricOf = (key: string, from = plan): Metric => from.metrics.find((metric) => metric.key === key)!

export function sumsOf(metric: Metric, units: readonly UnitValues[]): Sums {
  const accumulator = new Accumulator(metric)
  for (const unit of units) accumulator.add(unit)
  return accumulator.sums()
}

/** So many of so many units did it, the others did not. */
export const rateOf = (key: string, hits: number, of: number): Sums =>
  sumsOf(
    metricOf(key),
    Array.from({ length: of }, (_, at) => ({ value: at < hits ? 1 : 0 })),
  )

/** Of each arm: units, orders, errors. */
export function state(control: readonly [number, number, number], express: readonly [number, number, number]): PhaseState {
  const arm = ([units, orders, errors]: readonly [number, number, number]) => ({
    units,
    sums: { orders: rateOf('orders', orders, units), errors: rateOf('errors', errors, units) },
  })
  return { arms: { control: arm(control), express: arm(express) } }
}

/** @throws Error when nothing is refused */
export function refusal(of: () => unknown): ThreewaysError {
  try {
    of()
  } catch (error) {
    if (error instanceof ThreewaysError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
