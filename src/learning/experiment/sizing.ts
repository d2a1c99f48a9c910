import { inflation } from '../../kernel/statistics/group-sequential.ts'
import { detectable, sampleSize, type Design } from '../../kernel/statistics/power.ts'
import type { Metric } from './metric.ts'
import type { ExperimentPlan } from './plan.ts'

/** What is known of a metric before the start, from the time before or from another experiment. */
export type Baseline = {
  readonly level: number
  /** Of one unit; of a quantile its squared standard error times the units it was of. */
  readonly variance: number
  /** Share of the variance that the time before explains. */
  readonly explained?: number
}

/** Units of all arms that one metric needs. */
export type Need = {
  readonly metric: string
  readonly role: 'decision' | 'guardrail'
  /** Undefined: no number is enough, for a margin of 0 or a level of 0. */
  readonly units: number | undefined
  /** Relative: with the planned units, the least effect seen, or the least margin that can be shown to hold. */
  readonly sees: number | undefined
}

/**
 * How many units a plan needs, metric by metric: the largest is what the experiment needs. Decision metrics at alpha shared by all of them
 * and all treatments (Holm's first step); guardrails one-sided, all to pass at once while nothing is wrong. Times what looking more
 * than once costs.
 */
export function unitsNeeded(plan: ExperimentPlan, baselines: Readonly<Record<string, Baseline>>): Need[] {
  const guardrails = plan.metrics.filter(({ role }) => role === 'guardrail').length
  const decisions = plan.metrics.filter(({ role }) => role === 'decision').length
  const decision: Design = { alpha: plan.alpha / (decisions * (plan.arms.length - 1)), sides: 2, power: plan.power }
  const guard: Design = { alpha: plan.alpha, sides: 1, power: 1 - (1 - plan.power) / Math.max(1, guardrails) }
  const costs = { decision: lookingCosts(plan, decision), guardrail: guardrails === 0 ? 1 : lookingCosts(plan, guard) }
  return plan.metrics.flatMap((metric) => {
    const baseline = baselines[metric.key]
    if (metric.role === 'exploratory' || baseline === undefined) return []
    return [needOf(plan, metric, metric.role, baseline, metric.role === 'decision' ? decision : guard, costs[metric.role])]
  })
}

function needOf(plan: ExperimentPlan, metric: Metric, role: Need['role'], baseline: Baseline, design: Design, costs: number): Need {
  const perUnit = (baseline.variance * (1 - (baseline.explained ?? 0))) / baseline.level ** 2
  const difference = role === 'decision' ? metric.effect! : metric.margin!
  const [control, ...treatments] = plan.arms.map(({ weight }) => weight)
  // The smallest treatment is seen last.
  const smallest = Math.min(...treatments)
  const all = plan.arms.reduce((sum, { weight }) => sum + weight, 0)
  const units = (sampleSize(design, { difference, control: perUnit, ratio: smallest / control! }) * costs * all) / control!
  const error = plan.units === undefined ? undefined : Math.sqrt(((perUnit * all) / plan.units) * (1 / control! + 1 / smallest) * costs)
  return {
    metric: metric.key,
    role,
    units: Number.isFinite(units) ? Math.ceil(units) : undefined,
    sees: error === undefined || !Number.isFinite(error) ? undefined : detectable(design, error),
  }
}

/** Confidence sequences cost about what this says at their narrowest: they are valid for ever, and pay for it. */
const sequenceCosts = 2.2

const lookingCosts = ({ looks, spending, units }: ExperimentPlan, { alpha, sides, power }: Design): number =>
  units === undefined ? sequenceCosts : inflation({ alpha, sides, spending }, looks, power)
