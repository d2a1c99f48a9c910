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
 * A flag as it is published at a moment: a plan that stood before goes on where it was, a new one begins now, and serves what its step
 * says. Pure.
 */
export function begun(flag: Flag, before: Flag | undefined, at: string): Flag {
  const settings = Object.entries(flag.environments).map(([environment, setting]): [string, Setting] => {
    if (setting.plan === null) return [environment, setting]
    const earlier = before?.environments[environment]
    const plan = goingOn(setting.plan, earlier, at)
    return [environment, { ...setting, plan, serve: servedBy(plan, setting.serve) }]
  })
  return { ...flag, environments: Object.fromEntries(settings) }
}

function goingOn(plan: Plan, earlier: Setting | undefined, at: string): Plan {
  if (plan.since !== null) return plan
  if (earlier?.plan && same(earlier.plan, plan)) return earlier.plan
  // From what is served already: a new plan takes nothing away from anybody.
  const served = earlier?.state === 'ramp' && typeof earlier.serve !== 'string' ? (earlier.serve[plan.variant] ?? 0) : 0
  const step = plan.steps.findIndex(({ share }) => share >= served)
  return { ...plan, step: step === -1 ? plan.steps.length - 1 : step, since: at }
}

const same = (one: Plan | null, other: Plan) => canonicalJson(planned(one)) === canonicalJson(planned(other))

function servedBy({ variant, steps, step }: Plan, serve: Serve): Serve {
  const others = typeof serve === 'string' ? {} : Object.fromEntries(Object.entries(serve).filter(([name]) => name !== variant))
  return { ...others, [variant]: steps[step]!.share }
}

/** When the next step of a plan is due, ms; undefined: never, because it is at its end, paused, or the flag is not ramping. Pure. */
export function dueAt({ state, killed, plan }: Setting): number | undefined {
  if (plan === null || plan.since === null || plan.paused !== null || killed || state !== 'ramp') return undefined
  if (plan.step >= plan.steps.length - 1) return undefined
  return Date.parse(plan.since) + plan.steps[plan.step]!.holdMs
}

/**
 * The setting one step further, and why; undefined when that is not due. One step at a time, each held from when it began: a clock that
 * jumps costs one hold and no more. Pure.
 */
export function advanced(setting: Setting, now: number, at: string): { readonly setting: Setting; readonly reason: string } | undefined {
  const due = dueAt(setting)
  if (due === undefined || due > now) return undefined
  const plan = { ...setting.plan!, step: setting.plan!.step + 1, since: at }
  const { share } = plan.steps[plan.step]!
  const held = formatDuration(plan.steps[plan.step - 1]!.holdMs)
  return {
    setting: { ...setting, plan, serve: servedBy(plan, setting.serve) },
    reason: `step ${plan.step + 1} of ${plan.steps.length}: ${plan.variant} ${share / 100}%, ${held} after the one before`,
  }
}

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
export function planFault(variant: string, steps: readonly PlanStep[], control: string): string | undefined {
  if (variant === control) return 'control is what everybody else gets: it cannot be ramped'
  const falls = steps.findIndex(({ share }, index) => index > 0 && share <= steps[index - 1]!.share)
  if (falls > 0) return `its shares should grow, and step ${falls + 1} does not`
  return steps.some(({ share }) => share > slotCount) ? 'a share is more than 100%' : undefined
}
