import { canonicalJson } from '../../kernel/digest.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { refused } from '../../kernel/errors.ts'
import { slotCount, type Flag, type Guardrail, type Plan, type PlanStep, type Serve, type Setting } from './flag.ts'

/** At most so many steps: each is a revision that somebody reads one day. */
export const planStepsMax = 100
export const holdMsMin = 1_000

/** Steps of equal size and length from one share to another. A ramp over a day has a hundred of them. Pure. */
export function linearSteps(from: number, to: number, overMs: number): readonly PlanStep[] {
  const count = Math.max(1, Math.min(planStepsMax, Math.abs(to - from), Math.floor(overMs / holdMsMin)))
  const holdMs = Math.round(overMs / count)
  return Array.from({ length: count }, (_, index) => ({ share: from + Math.round(((to - from) * (index + 1)) / count), holdMs }))
}

const usualHoldMs = 3_600_000

/** A step as somebody asks for it: what is held until something needs no hour besides. */
export const stepOf = (share: number, holdMs: number | undefined, until: string | undefined): PlanStep => ({
  share,
  holdMs: holdMs ?? (until === undefined ? usualHoldMs : 0),
  ...(until === undefined ? {} : { until }),
})

/** A plan that begins with its first step. */
export const newPlan = (variant: string, steps: readonly PlanStep[], guardrails: readonly Guardrail[] = []): Plan => ({
  variant,
  steps,
  step: 0,
  since: null,
  paused: null,
  guardrails,
})

/** What is planned, without how far it is: what a file can say. */
export const planned = (plan: Plan | null): object | null =>
  plan === null ? null : { variant: plan.variant, steps: plan.steps, guardrails: plan.guardrails }

/**
 * A flag as it is published at a moment: a plan that stood before goes on where it was, a new one begins now with its first step. Where a
 * variant has more than its step says it keeps that, until a step says more: a plan takes nothing away from anybody. Pure.
 * @throws ThreewaysError `FLAG_PLAN_FALLS`
 */
export function begun(flag: Flag, before: Flag | undefined, at: string): Flag {
  const settings = Object.entries(flag.environments).map(([environment, setting]): [string, Setting] => {
    if (setting.plan === null) return [environment, setting]
    return [environment, setting.plan.since === null ? beginning(flag.flag, setting, before?.environments[environment], at) : setting]
  })
  return { ...flag, environments: Object.fromEntries(settings) }
}

function beginning(name: string, setting: Setting, earlier: Setting | undefined, at: string): Setting {
  const plan = setting.plan!
  if (earlier?.plan && same(earlier.plan, plan))
    return { ...setting, plan: earlier.plan, serve: servedBy(earlier.plan, setting.serve, shareIn(earlier.serve, plan.variant)) }
  const has = servedNow(earlier, plan.variant)
  const most = plan.steps.at(-1)!.share
  if (most < has)
    throw refused('FLAG_PLAN_FALLS', {
      message: `a plan only grows: ${plan.variant} has ${has / 100}% by now, and its last step is ${most / 100}%`,
      help: `to take it away from some at once: threeways flag ramp ${name} ${plan.variant}=${most / 100}% --reason WHY`,
    })
  return { ...setting, plan: { ...plan, step: 0, since: at }, serve: servedBy({ ...plan, step: 0 }, setting.serve, has) }
}

/** What a variant has of whoever no rule fits, in slots. Pure. */
export function servedNow(setting: Setting | undefined, variant: string): number {
  if (setting === undefined || setting.killed || setting.state === 'off' || setting.state === 'dark') return 0
  return shareIn(setting.serve, variant)
}

const shareIn = (serve: Serve, variant: string): number =>
  typeof serve === 'string' ? (serve === variant ? slotCount : 0) : (serve[variant] ?? 0)

/** What the variant of a plan has where its step asks for less, in slots; undefined: what its step says. Pure. */
export function keptShare({ plan, serve }: Setting): number | undefined {
  if (plan === null) return undefined
  const has = shareIn(serve, plan.variant)
  return has > plan.steps[plan.step]!.share ? has : undefined
}

const same = (one: Plan | null, other: Plan) => canonicalJson(planned(one)) === canonicalJson(planned(other))

/** @param has - what the variant has already, in slots */
function servedBy({ variant, steps, step }: Plan, serve: Serve, has: number): Serve {
  const others = typeof serve === 'string' ? {} : Object.fromEntries(Object.entries(serve).filter(([name]) => name !== variant))
  return { ...others, [variant]: Math.max(steps[step]!.share, has) }
}

/** When the next step of a plan is due, ms; undefined: never, because it is at its end, paused, or the flag is not ramping. Pure. */
export function dueAt({ state, killed, plan }: Setting): number | undefined {
  if (plan === null || plan.since === null || plan.paused !== null || killed || state !== 'ramp') return undefined
  if (plan.step >= plan.steps.length - 1) return undefined
  const { holdMs, until } = plan.steps[plan.step]!
  const held = Date.parse(plan.since) + holdMs
  return isMoment(until) ? Math.max(held, Date.parse(until)) : held
}

/** Names begin with a letter. */
export const isMoment = (until: string | undefined): until is string => until !== undefined && /^\d/.test(until)

/** The experiment by whose decision a plan goes on; undefined: by none, or it goes on no more. Pure. */
export function heldBy(setting: Setting): string | undefined {
  const { plan } = setting
  if (plan === null || plan.step >= plan.steps.length - 1) return undefined
  const { until } = plan.steps[plan.step]!
  return isMoment(until) ? undefined : until
}

/** What an experiment was decided to come to. `arm`: the variant that is shipped; null: none is. `told`: in a person's words. */
export type Outcome = { readonly arm: string | null; readonly told: string }

/** What came of the experiment that holds a setting of a flag in an environment; undefined: nothing yet, or none does. */
export type OutcomeOf = (flag: string, environment: string, setting: Setting) => Outcome | undefined

/** What follows when a step was held: the setting of the next one, or, where an experiment says so, no ramp at all. */
export type Advance =
  | { readonly kind: 'on'; readonly setting: Setting; readonly reason: string }
  | { readonly kind: 'back'; readonly reason: string }

/**
 * What follows by now, and why; undefined when nothing is due. One step at a time, each held from when it began: a clock that jumps costs
 * one hold and no more. Pure.
 * @param outcome - of the experiment that holds it; undefined: it is not decided
 */
export function advanced(setting: Setting, now: number, at: string, outcome?: Outcome): Advance | undefined {
  const due = dueAt(setting)
  if (due === undefined || due > now) return undefined
  const experiment = heldBy(setting)
  if (experiment !== undefined && outcome === undefined) return undefined
  const before = setting.plan!
  const decided = `${experiment} was decided: ${outcome?.told}`
  if (experiment !== undefined && outcome!.arm !== before.variant) return { kind: 'back', reason: decided }
  const plan = { ...before, step: before.step + 1, since: at }
  const { share } = plan.steps[plan.step]!
  const has = shareIn(setting.serve, plan.variant)
  const told =
    has > share ? `${plan.variant} stays at ${has / 100}%, for this step says ${share / 100}%` : `${plan.variant} ${share / 100}%`
  const why = experiment === undefined ? heldTold(before.steps[before.step]!) : decided
  return {
    kind: 'on',
    setting: { ...setting, plan, serve: servedBy(plan, setting.serve, has) },
    reason: `step ${plan.step + 1} of ${plan.steps.length}: ${told}, ${why}`,
  }
}

const heldTold = ({ holdMs, until }: PlanStep): string =>
  isMoment(until) ? `held until ${until}` : `${formatDuration(holdMs)} after the one before`

/** @throws ThreewaysError `FLAG_PLAN_NONE` */
export function paused(setting: Setting, why: string | null, at: string): Setting {
  if (setting.plan === null || setting.plan.since === null)
    throw refused('FLAG_PLAN_NONE', {
      message: 'the flag has no plan that could wait or go on',
      help: 'give it one: threeways flag ramp FLAG 1%/1h 5%/1d 100% --reason WHY',
    })
  // It is held anew: what it waited for was not looked at while it waited.
  return { ...setting, plan: { ...setting.plan, paused: why, ...(why === null ? { since: at } : {}) } }
}

/** What is wrong with the steps of a plan; undefined: nothing. */
export function planFault(variant: string, steps: readonly PlanStep[], control: string, serve: Serve): string | undefined {
  if (variant === control) return 'control is what everybody else gets: it cannot be ramped'
  const falls = steps.findIndex(({ share }, index) => index > 0 && share <= steps[index - 1]!.share)
  if (falls > 0) return `its shares should grow, and step ${falls + 1} does not`
  if (steps.at(-1)!.until !== undefined) return 'its last step is held for nothing: no step comes after it'
  const others = typeof serve === 'string' ? [] : Object.entries(serve).filter(([name]) => name !== variant)
  const most = others.reduce((sum, [, slots]) => sum + slots, steps.at(-1)!.share)
  return most > slotCount
    ? `with what other variants have, its last step comes to ${most / 100}%; what is left is control's without a share`
    : undefined
}
