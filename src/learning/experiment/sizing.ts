import { inflation } from '../../kernel/statistics/group-sequential.ts'
import type { Effect } from '../../kernel/statistics/effect.ts'
import { detectable, sampleSize, unitsMissing, type Design } from '../../kernel/statistics/power.ts'
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
  const decision = designOfDecisions(plan)
  const guard: Design = { alpha: plan.alpha, sides: 1, power: 1 - (1 - plan.power) / Math.max(1, guardrails) }
  const costs = { decision: lookingCosts(plan, decision), guardrail: guardrails === 0 ? 1 : lookingCosts(plan, guard) }
  return plan.metrics.flatMap((metric) => {
    const baseline = baselines[metric.key]
    if (metric.role === 'exploratory' || baseline === undefined) return []
    return [needOf(plan, metric, metric.role, baseline, metric.role === 'decision' ? decision : guard, costs[metric.role])]
  })
}

/** At the alpha that is left for the first of all decisions to be made. */
function designOfDecisions({ metrics, arms, alpha, power }: ExperimentPlan): Design {
  const decisions = metrics.filter(({ role }) => role === 'decision').length
  return { alpha: alpha / (decisions * (arms.length - 1)), sides: 2, power }
}

/**
 * Units of both arms with which the plan sees its least effect, of a metric whose effect and variance are known by now and stay what they
 * are. Undefined: not with a hundred million times as many.
 */
export function unitsForEffect(plan: ExperimentPlan, metric: Metric, { effect, error, count }: Effect): number | undefined {
  const design = designOfDecisions(plan)
  const now = { error: isInRatios(metric) ? error / (1 + effect) : error, count, difference: apart(metric, metric.effect!) }
  const { units, narrowestAt } = plan
  const more = unitsMissing(design, now, units === undefined ? { by: 'sequence', narrowestAt } : { by: 'fixed' })
  if (more === undefined) return undefined
  return Math.ceil(count * (1 + more) * (units === undefined ? 1 : lookingCosts(plan, design)))
}

/** A quantile times two is as far away as half of it, and its limits grow with it: it is planned in logarithms. */
const isInRatios = ({ kind }: Metric): boolean => kind.type === 'quantile'

/** How far an effect is from none, of the size wanted: of a decision on the better side, of a guardrail on the worse one. */
function apart(metric: Metric, relative: number): number {
  return isInRatios(metric) ? Math.abs(Math.log1p(isUpwards(metric) ? relative : -relative)) : relative
}

/** The other way round. */
function relativeOf(metric: Metric, difference: number): number {
  return isInRatios(metric) ? Math.abs(Math.expm1(isUpwards(metric) ? difference : -difference)) : difference
}

const isUpwards = ({ role, better }: Metric): boolean => (role === 'guardrail') === (better === 'less')

function needOf(plan: ExperimentPlan, metric: Metric, role: Need['role'], baseline: Baseline, design: Design, costs: number): Need {
  const perUnit = (baseline.variance * (1 - (baseline.explained ?? 0))) / baseline.level ** 2
  const difference = apart(metric, role === 'decision' ? metric.effect! : metric.margin!)
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
    sees: error === undefined || !Number.isFinite(error) ? undefined : relativeOf(metric, detectable(design, error)),
  }
}

/** Confidence sequences cost about what this says at their narrowest: they are valid for ever, and pay for it. */
const sequenceCosts = 2.2

const known = new Map<string, number>()
/** It is asked for at every look, of the same few plans. */
const mostKnown = 1_000

/** The same whatever is known, only sooner. */
function lookingCosts({ looks, spending, units }: ExperimentPlan, { alpha, sides, power }: Design): number {
  if (units === undefined) return sequenceCosts
  const key = JSON.stringify([looks, spending, alpha, sides, power])
  const costs = known.get(key) ?? inflation({ alpha, sides, spending }, looks, power)
  if (known.size >= mostKnown) known.clear()
  known.set(key, costs)
  return costs
}
