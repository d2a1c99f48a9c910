import { invalid, type Fault } from '../../kernel/errors.ts'
import type { Spending } from '../../kernel/statistics/spending.ts'
import type { Metric } from './metric.ts'

export type Arm = { readonly key: string; readonly weight: number }

/**
 * What is written down before anybody is exposed, and not changed after: hypothesis, questions, how large, how often it is looked at, and
 * what follows from which answer. Plain data.
 */
export type ExperimentPlan = {
  readonly hypothesis: string
  /** Control first. */
  readonly arms: readonly Arm[]
  readonly metrics: readonly Metric[]
  /** P of shipping what does nothing, of all decision metrics and treatments together. */
  readonly alpha: number
  readonly power: number
  /** Units of all arms together. Without it the experiment is read by confidence sequences, at any time and with less power. */
  readonly units?: number
  /** Shares of `units` at which it is looked at, ascending to 1. Only with `units`. */
  readonly looks: readonly number[]
  readonly spending: Spending
  /** Units at which confidence sequences are narrowest. */
  readonly narrowestAt: number
  /** A treatment is shipped when every decision metric is better, or when any is and none is worse. Guardrails hold either way. */
  readonly shipWhen: 'every' | 'any'
  /** The layer that its flag has to be in when it begins. */
  readonly layer?: string
  /** Holdouts that have to hold its flag when it begins. */
  readonly holdouts?: readonly string[]
}

/** As a person writes it: what is left out has its usual value. */
export type ExperimentDraft = Omit<Partial<ExperimentPlan>, 'metrics'> & {
  readonly hypothesis: string
  readonly arms: readonly Arm[]
  readonly metrics: readonly (Omit<Metric, 'before'> & { readonly before?: boolean })[]
}

const mostArms = 10
const mostMetrics = 100
const mostLooks = 100

/**
 * A plan that can be kept.
 * @throws ThreewaysError `EXPERIMENT_PLAN` that names every fault
 */
export function planned(draft: ExperimentDraft): ExperimentPlan {
  const plan = withUsual(draft)
  const faults = planFaults(plan)
  if (faults.length === 0) return plan
  throw unplanned(faults)
}

export const unplanned = (faults: readonly Fault[]) =>
  invalid('EXPERIMENT_PLAN', {
    message: `the plan cannot be kept: ${faults[0]!.message}${faults.length > 1 ? `, and ${faults.length - 1} more` : ''}`,
    help: 'nothing was started; mend what is named',
    faults,
  })

/** With what was left out filled in; whether it can be kept is another question. */
export function withUsual(draft: ExperimentDraft): ExperimentPlan {
  const { units } = draft
  return {
    hypothesis: draft.hypothesis,
    arms: draft.arms,
    metrics: draft.metrics.map((metric) => ({ ...metric, before: metric.before ?? false })),
    alpha: draft.alpha ?? 0.05,
    power: draft.power ?? 0.8,
    ...(units === undefined ? {} : { units }),
    looks: draft.looks ?? (units === undefined ? [] : [0.25, 0.5, 0.75, 1]),
    spending: draft.spending ?? { kind: 'obrien-fleming' },
    narrowestAt: draft.narrowestAt ?? units ?? 5000,
    shipWhen: draft.shipWhen ?? 'every',
    ...(draft.layer === undefined ? {} : { layer: draft.layer }),
    ...(draft.holdouts === undefined ? {} : { holdouts: draft.holdouts }),
  }
}

/** Everything that stands against keeping it. */
export const planFaults = (plan: ExperimentPlan): readonly Fault[] => [
  ...armFaults(plan),
  ...plan.metrics.flatMap(metricFaults),
  ...numberFaults(plan),
  ...questionFaults(plan),
]

const fault = (path: string, message: string): Fault => ({ path, message })
const isShare = (value: number): boolean => value > 0 && value < 1
const isFinitePositive = (value: number): boolean => value > 0 && value < Number.POSITIVE_INFINITY

function armFaults({ arms }: ExperimentPlan): Fault[] {
  const faults: Fault[] = []
  if (arms.length < 2 || arms.length > mostArms) faults.push(fault('/arms', `${arms.length} arms, where 2 to ${mostArms} can be compared`))
  if (new Set(arms.map(({ key }) => key)).size !== arms.length) faults.push(fault('/arms', 'two arms have the same key'))
  for (const [at, { key, weight }] of arms.entries()) {
    if (!isFinitePositive(weight)) faults.push(fault(`/arms/${at}/weight`, `arm "${key}" has a weight of ${weight}`))
  }
  return faults
}

function metricFaults({ key, kind, role, effect, margin, before }: Metric, at: number): Fault[] {
  const faults: Fault[] = []
  const say = (field: string, message: string) => faults.push(fault(`/metrics/${at}/${field}`, `metric "${key}" ${message}`))
  if (kind.type === 'revenue' && !isFinitePositive(kind.cap)) say('kind/cap', `has a cap of ${kind.cap}`)
  if (kind.type === 'quantile') {
    if (!isShare(kind.share)) say('kind/share', `asks for the quantile ${kind.share}`)
    if (before) say('before', 'is a quantile, from which the time before cannot be taken')
  }
  if (role === 'decision' && !(effect !== undefined && isFinitePositive(effect)))
    say('effect', 'decides, and says no least effect worth seeing')
  if (role === 'guardrail' && !(margin !== undefined && margin >= 0 && margin < 1)) say('margin', 'guards, and says no margin from 0 to 1')
  return faults
}

function numberFaults({ alpha, power, units, looks, narrowestAt, spending }: ExperimentPlan): Fault[] {
  const faults: Fault[] = []
  if (!(alpha > 0 && alpha <= 0.2)) faults.push(fault('/alpha', `an alpha of ${alpha}`))
  if (!(power >= 0.5 && power < 1)) faults.push(fault('/power', `a power of ${power}`))
  if (units !== undefined && !(Number.isInteger(units) && units >= 4)) faults.push(fault('/units', `${units} units`))
  if (!isFinitePositive(narrowestAt)) faults.push(fault('/narrowestAt', `narrowest at ${narrowestAt} units`))
  if (spending.kind === 'power' && !isFinitePositive(spending.power)) faults.push(fault('/spending/power', `the power ${spending.power}`))
  if (units === undefined && looks.length > 0) faults.push(fault('/looks', 'there are looks, and no units of which they are shares'))
  if (looks.length > mostLooks) faults.push(fault('/looks', `${looks.length} looks, where ${mostLooks} are enough for anybody`))
  if (units !== undefined && !areLooks(looks)) faults.push(fault('/looks', 'looks do not ascend to 1 by at least a thousandth each'))
  return faults
}

export const areLooks = (looks: readonly number[]): boolean =>
  looks.at(-1) === 1 && looks.every((share, at) => share - (at === 0 ? 0 : looks[at - 1]!) >= 0.001)

function questionFaults({ hypothesis, metrics }: ExperimentPlan): Fault[] {
  const faults: Fault[] = []
  if (hypothesis.trim() === '') faults.push(fault('/hypothesis', 'there is no hypothesis'))
  if (!metrics.some(({ role }) => role === 'decision')) faults.push(fault('/metrics', 'no metric decides'))
  if (metrics.length > mostMetrics) faults.push(fault('/metrics', `${metrics.length} metrics, where ${mostMetrics} are enough for anybody`))
  if (new Set(metrics.map(({ key }) => key)).size !== metrics.length) faults.push(fault('/metrics', 'two metrics have the same key'))
  return faults
}
