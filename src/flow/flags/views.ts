import { instantOf } from '../../kernel/clock.ts'
import { parseDuration } from '../../kernel/duration.ts'
import { invalid } from '../../kernel/errors.ts'
import { canonicalJson, type Json } from '../../kernel/digest.ts'
import { carriedOver } from './carry-over.ts'
import { holdoutsOf } from './exclusion.ts'
import type { Preview } from './flags.ts'
import type { Published } from './publish.ts'
import type { FlagRevision } from './revisions.ts'
import { typeOf, type Flag, type Plan, type Serve, type Setting, type State } from './flag.ts'
import { dueAt, heldBy, keptShare, linearSteps, newPlan, servedNow, stepOf } from './plan.ts'
import type { Move, OtherValue } from './moves.ts'
import { settingIn, type Wish } from './policy.ts'
import { documentOf, sharesOf, shareOf, slotsIn, textOf } from './written.ts'

/** One revision, without the flag. */
export const revisionView = ({ revision, change, environment, by, reason, origin, at }: FlagRevision) => ({
  revision,
  change,
  environment,
  by,
  reason,
  origin,
  at,
})

/** What came of publishing. */
export const publishedView = (made: Published, notes: readonly string[]) => ({
  flag: made.flag.flag,
  revision: made.revision,
  changed: made.changed,
  latest: revisionView(made),
  was: made.before === null ? null : revisionView(made.before),
  environments: headView(made.flag).environments,
  notes: [...notes],
})

/** How a flag stands. */
export const flagView = (latest: FlagRevision) => ({ ...headView(latest.flag), latest: revisionView(latest) })

function headView(flag: Flag) {
  const { description, owner, purpose, expires, service, change, control } = flag
  return {
    flag: flag.flag,
    description,
    owner,
    purpose,
    expires,
    service,
    change,
    type: typeOf(Object.values(flag.variants)[0]) as 'boolean' | 'string' | 'number' | 'object',
    control,
    environments: Object.entries(flag.environments).map(([environment, setting]) => ({
      environment,
      state: setting.state,
      killed: setting.killed,
      serve: sharesOf(setting.serve),
      rules: setting.rules.map(({ id, when, serve }) => ({ id, when: when as Json, serve: sharesOf(serve) })),
      sample: shareOf(setting.sample),
      load: setting.load,
      plan: planView(setting),
    })),
  }
}

/** All of a flag, whatever its revision. */
export function wholeView(flag: Flag) {
  const { variants, bucketing, bucketBy, requires } = flag
  return {
    ...headView(flag),
    variants: variants as Readonly<Record<string, Json>>,
    bucketing,
    bucketBy,
    requires: [...requires],
    layer: flag.layer ?? null,
    document: documentOf(flag) as Readonly<Record<string, Json>>,
  }
}

function planView(setting: Setting) {
  if (setting.plan === null) return null
  const { variant, steps, step, since, paused, guardrails } = setting.plan
  const due = dueAt(setting)
  const kept = keptShare(setting)
  return {
    variant,
    keeps: kept === undefined ? null : shareOf(kept),
    steps: steps.map(({ share, holdMs, until }) => ({ share: shareOf(share), holdMs, until: until ?? null })),
    step,
    since,
    guardrails: [...guardrails],
    paused,
    waitsFor: due === undefined ? null : (heldBy(setting) ?? null),
    nextAt: due === undefined || heldBy(setting) !== undefined ? null : instantOf(due),
  }
}

/** @param all - every flag as it stands */
export function flagDetail(life: readonly FlagRevision[], all: ReadonlyMap<string, FlagRevision>) {
  const latest = life[0]!
  const { purpose, environments } = latest.flag
  return {
    ...wholeView(latest.flag),
    latest: revisionView(latest),
    text: textOf(latest.flag),
    holdouts: holdoutsOf(latest.flag, all).map(({ flag }) => flag),
    carriedOver:
      purpose === 'layer'
        ? Object.keys(environments).flatMap((environment) =>
            carriedOver(life, environment).map(({ slots, ...one }) => ({ environment, ...one, share: shareOf(slots) })),
          )
        : [],
    revisions: life.map((one) => ({ ...revisionView(one), stands: standsOf(one) })),
  }
}

/** How a flag stood from a revision on. */
const standsOf = ({ flag }: FlagRevision) =>
  Object.entries(flag.environments).map(([environment, { state, killed, serve, plan }]) => ({
    environment,
    state,
    killed,
    serve: sharesOf(serve),
    plan: plan === null ? null : { steps: plan.steps.map((one) => shareOf(one.share)), step: plan.step, paused: plan.paused },
  }))

/** In what its file would differ. Pure. */
function changesView(before: Flag | undefined, after: Flag) {
  const [{ environments: was = {}, ...old }, { environments: is, ...now }] = [before === undefined ? {} : written(before), written(after)]
  return { fields: differing(old, now), environments: differing(was, is) }
}

type Written = Readonly<Record<string, unknown>> & { readonly environments: Readonly<Record<string, unknown>> }
const written = (flag: Flag) => documentOf(flag) as Written

function differing(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): string[] {
  return Object.keys({ ...one, ...other }).filter((name) => canonicalJson(one[name] ?? null) !== canonicalJson(other[name] ?? null))
}

const valuesView = (values: readonly OtherValue[]) =>
  values.map(({ variant, was, is, environments }) => ({ variant, was: was as Json, is: is as Json, environments: [...environments] }))

const movesView = (moves: readonly Move[]) => moves.map((move) => ({ ...move, moved: shareOf(move.moved) }))

/** What publishing a flag would do. */
export const previewView = ({ flag, before, moves, values, typeWas, against, notes }: Preview) => ({
  flag: flag.flag,
  revision: before?.revision ?? 0,
  moves: movesView(moves),
  values: valuesView(values),
  typeWas,
  against,
  notes: [...notes],
  changed: changesView(before?.flag, flag),
  would: wholeView(flag),
})

/**
 * A share as it is written, in slots.
 * @throws ThreewaysError `SHARE_INVALID`
 */
export function slotsOfShare(text: string): number {
  const slots = slotsIn(text)
  if (slots !== undefined) return slots
  throw invalid('SHARE_INVALID', { message: `"${text}" is no share`, help: 'write a share such as 5% or 0.25%, at most 100%' })
}

/** @throws ThreewaysError `SHARE_INVALID` */
export const serveOf = (serve: string | Readonly<Record<string, string>>): Serve =>
  typeof serve === 'string' ? serve : Object.fromEntries(Object.entries(serve).map(([variant, text]) => [variant, slotsOfShare(text)]))

type StepAsked = { readonly share: string; readonly hold?: string | undefined; readonly until?: string | undefined }
type Planning =
  | { readonly variant?: string | undefined; readonly steps: readonly StepAsked[] }
  | { readonly variant?: string | undefined; readonly to: string; readonly over: string }

/**
 * A plan as somebody asks for it, for a flag that stands.
 * @throws ThreewaysError `SHARE_INVALID`, `DURATION_INVALID`, `FLAG_VARIANT_MISSING`
 */
export function planAsked(asked: Planning, { variants, control }: Flag, setting: Setting): Plan {
  const others = Object.keys(variants).filter((name) => name !== control)
  const variant = asked.variant ?? (others.length === 1 ? others[0]! : undefined)
  if (variant === undefined)
    throw invalid('FLAG_VARIANT_MISSING', { message: `it could be any of ${others.join(', ')} that grows`, help: 'say which' })
  if ('steps' in asked)
    return newPlan(
      variant,
      asked.steps.map(({ share, hold, until }) => stepOf(slotsOfShare(share), hold === undefined ? undefined : parseDuration(hold), until)),
    )
  const [now, to] = [servedNow(setting, variant), slotsOfShare(asked.to)]
  // Where nothing is left to grow, what is said of such a plan is said.
  return newPlan(variant, to > now ? linearSteps(now, to, parseDuration(asked.over)) : [stepOf(to, undefined, undefined)])
}

type Asked = {
  readonly environment: string
  readonly state?: State | undefined
  readonly serve?: string | Readonly<Record<string, string>> | undefined
  readonly sample?: string | undefined
  readonly plan?: Planning | undefined
}

/**
 * What somebody wishes of a flag, in the words of the model.
 * @throws ThreewaysError `SHARE_INVALID`, `DURATION_INVALID`, `FLAG_VARIANT_MISSING`, `FLAG_ENVIRONMENT_NOT_FOUND`
 */
export const wishOf = ({ environment, state, serve, sample, plan }: Asked, flag: Flag): Wish => ({
  environment,
  ...(state === undefined ? {} : { state }),
  ...(serve === undefined ? {} : { serve: serveOf(serve) }),
  ...(sample === undefined ? {} : { sample: slotsOfShare(sample) }),
  ...(plan === undefined ? {} : { plan: planAsked(plan, flag, settingIn(flag, environment)) }),
})
