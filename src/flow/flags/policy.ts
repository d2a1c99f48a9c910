import { conflict, notFound, refused } from '../../kernel/errors.ts'
import type { Demands, Verdict } from '../dark/readiness.ts'
import { suggestion } from '../definition/suggest.ts'
import type { FlagChange } from './events.ts'
import { layerVariants } from './exclusion.ts'
import { codeDefault, slotCount, type Flag, type Plan, type Serve, type Setting, type State } from './flag.ts'
import { makeWrittenOut, needsOf } from './needs.ts'

/** What somebody wants of a flag in one environment. */
export type Wish = {
  readonly environment: string
  readonly state?: State | undefined
  /** A variant, or slots by variant. */
  readonly serve?: Serve | undefined
  /** Of units, in slots; in the state `dark`. */
  readonly sample?: number | undefined
  readonly killed?: boolean | undefined
  /** By which a ramp is to go on by itself. */
  readonly plan?: Plan | undefined
}

/**
 * The flag as somebody wishes it to stand. A share makes a ramp of it, a single variant turns it on, unless the state is said as well. Pure.
 * @throws ThreewaysError `FLAG_ENVIRONMENT_NOT_FOUND`
 */
export function wished(flag: Flag, wish: Wish): { readonly flag: Flag; readonly change: FlagChange } {
  const before = settingIn(flag, wish.environment)
  const serve = servedBy(wish, before, flag)
  const isSaid = wish.serve !== undefined || wish.plan !== undefined
  const state = wish.state ?? (isSaid ? (typeof serve === 'string' ? 'on' : 'ramp') : before.state)
  const setting: Setting = {
    ...before,
    state,
    serve,
    killed: wish.killed ?? before.killed,
    sample: state === 'dark' ? (wish.sample ?? before.sample) : slotCount,
    load: state === 'dark' ? before.load : 0,
    // Whoever says what is served takes the ramp into their own hands.
    plan: wish.plan ?? (isSaid || state !== 'ramp' ? null : before.plan),
  }
  const change: FlagChange = wish.killed === true ? 'killed' : wish.killed === false ? 'revived' : state === 'ramp' ? 'ramp' : 'state'
  return { flag: withOwners(withSetting(flag, wish.environment, setting)), change }
}

/** A layer's variants are the flags that own slots of it: a share is all that it takes to become one, or to be one no more. */
const withOwners = (flag: Flag): Flag =>
  flag.purpose === 'layer' ? { ...flag, variants: layerVariants(flag.control, flag.environments) } : flag

export const withSetting = (flag: Flag, environment: string, setting: Setting): Flag => ({
  ...flag,
  environments: { ...flag.environments, [environment]: setting },
})

/** What is served then: shares that are named change, the others stay, so that a ramp of one variant takes nobody another one. */
function servedBy({ serve, plan, state }: Wish, before: Setting, flag: Flag): Serve {
  const { control } = flag
  const named = serve ?? (plan === undefined ? undefined : { [plan.variant]: plan.steps[0]!.share })
  if (named === undefined) return servedIn(state, before, flag)
  if (typeof named === 'string' || typeof before.serve === 'string') return named
  // What a plan leaves is control's: a share of its own would be in the way of what grows.
  const kept = plan === undefined ? before.serve : Object.fromEntries(Object.entries(before.serve).filter(([name]) => name !== control))
  const all = { ...kept, ...named }
  // 0 % of a variant: it is taken away.
  return Object.fromEntries(Object.entries(all).filter(([variant, slots]) => slots > 0 || variant === plan?.variant))
}

/** What a state serves where nobody says it: `on` the one variant that was ramped, or the only one beside control. */
function servedIn(state: State | undefined, { serve }: Setting, { variants, control }: Flag): Serve {
  if ((state !== 'on' && state !== 'retired') || (typeof serve === 'string' && serve !== control)) return serve
  const ramped = typeof serve === 'string' ? [] : Object.keys(serve).filter((name) => name !== control)
  const others = ramped.length > 0 ? ramped : Object.keys(variants).filter((name) => name !== control)
  if (others.length === 1) return others[0]!
  throw refused('FLAG_VARIANT_MISSING', {
    message: `${state} serves one variant, and it could be any of ${others.join(', ')}`,
    help: 'say which: --serve VARIANT',
  })
}

/** @throws ThreewaysError `FLAG_ENVIRONMENT_NOT_FOUND` */
export function settingIn(flag: Flag, environment: string): Setting {
  if (Object.hasOwn(flag.environments, environment)) return flag.environments[environment]!
  throw notFound('FLAG_ENVIRONMENT_NOT_FOUND', {
    message: `the flag "${flag.flag}" does not say how it stands in "${environment}"`,
    help: suggestion(environment, Object.keys(flag.environments), 'add it under environments:'),
  })
}

/**
 * Refuses what another flag makes impossible: a requirement that nobody can meet, a circle, a flag that goes while others need it. Pure.
 * @param others - by name, as they stand
 * @throws ThreewaysError `FLAG_REQUIREMENT_INVALID`, `FLAG_REQUIREMENT_CIRCLE`
 */
export function checkRequirements(flag: Flag, others: ReadonlyMap<string, Flag>): void {
  const needs = needsOf(flag)
  if (needs.length === 0) return
  for (const need of needs) {
    const needed = others.get(need.flag)
    const invalid = (message: string, help: string) => refused('FLAG_REQUIREMENT_INVALID', { message, help })
    if (needed === undefined)
      throw invalid(
        `"${flag.flag}" requires "${need.flag}", which is no flag`,
        suggestion(
          need.flag,
          [...others.keys()].filter((name) => name !== flag.flag),
          'make that one first',
        ),
      )
    if (need.variant !== codeDefault && !Object.hasOwn(needed.variants, need.variant))
      throw invalid(
        `"${flag.flag}" requires "${need.flag}" to be "${need.variant}", which is no variant of it`,
        suggestion(need.variant, Object.keys(needed.variants), 'name one that it has'),
      )
    for (const environment of Object.keys(flag.environments)) {
      if (Object.hasOwn(needed.environments, environment)) continue
      const message = `"${flag.flag}" requires "${need.flag}", which does not say how it stands in "${environment}"`
      throw invalid(message, `add ${environment} to the environments of "${need.flag}"`)
    }
  }
  const circle = circleFrom(flag, others)
  if (circle !== undefined)
    throw refused('FLAG_REQUIREMENT_CIRCLE', {
      message: `flags require each other in a circle: ${circle.join(' → ')}`,
      help: 'remove one of these requirements',
    })
}

/**
 * Refuses what would make impossible what another flag requires, which nobody touches: a variant or an environment that goes away. What was
 * impossible before is in nobody's way. Pure.
 * @param changed - names of flags of which a revision is made
 * @throws ThreewaysError `FLAG_REQUIREMENT_INVALID`
 */
export function checkNeeded(changed: ReadonlySet<string>, before: ReadonlyMap<string, Flag>, after: ReadonlyMap<string, Flag>): void {
  for (const flag of after.values()) {
    if (changed.has(flag.flag) || !needsOf(flag).some((need) => changed.has(need.flag))) continue
    const now = faultOf(() => checkRequirements(flag, after))
    if (now !== undefined && faultOf(() => checkRequirements(flag, before)) === undefined) throw now
  }
}

function faultOf(check: () => void): unknown {
  try {
    check()
    return undefined
  } catch (error) {
    return error
  }
}

/** What is required is written into what requires it. */
export const requirementDepthMax = 5
/** Each is written out in full, so that a few that ask a hundred are a set of megabytes. */
const writtenOutMax = 200

/**
 * Refuses flags into which others are written without measure. One that is changed makes those larger that ask it, however far; what was
 * so before is in nobody's way. Pure.
 * @param all - as they will stand, by name, without a circle
 * @throws ThreewaysError `FLAG_REQUIREMENT_INVALID`
 */
export function checkWrittenOut(all: ReadonlyMap<string, Flag>, before: ReadonlyMap<string, Flag> = new Map()): void {
  const [now, then] = [makeWrittenOut(all), makeWrittenOut(before)]
  for (const flag of all.values()) {
    const { depth, flags } = now(flag)
    if (depth <= requirementDepthMax && flags <= writtenOutMax) continue
    const earlier = before.get(flag.flag)
    const was = earlier === undefined ? { depth: 0, flags: 0 } : then(earlier)
    if (depth > requirementDepthMax && depth > was.depth)
      throw refused('FLAG_REQUIREMENT_INVALID', {
        message: `"${flag.flag}" requires flags that require flags, ${depth} deep`,
        help: `at most ${requirementDepthMax}: nobody can say any more who gets what`,
      })
    if (flags > writtenOutMax && flags > was.flags)
      throw refused('FLAG_REQUIREMENT_INVALID', {
        message: `${flags} other flags would be written into "${flag.flag}", for it asks others that ask others`,
        help: `at most ${writtenOutMax}: ask one flag that stands for all of them`,
      })
  }
}

function circleFrom(flag: Flag, others: ReadonlyMap<string, Flag>): readonly string[] | undefined {
  const seen = new Set<string>()
  const walk = (at: Flag, path: readonly string[]): readonly string[] | undefined => {
    for (const { flag: next } of needsOf(at)) {
      if (next === flag.flag) return [...path, next]
      if (seen.has(next)) continue
      seen.add(next)
      const found = walk(others.get(next)!, [...path, next])
      if (found) return found
    }
    return undefined
  }
  return walk(flag, [flag.flag])
}

/** Environments in which a revision would leave the dark, or never was in it, and rehearsals have to show something first. Pure. */
export function leavingDark(before: Flag | undefined, after: Flag): readonly { readonly environment: string; readonly demands: Demands }[] {
  return Object.entries(after.environments).flatMap(([environment, { state, ready }]) => {
    const earlier = before?.environments[environment]
    // What stood before counts too: nobody takes a demand away and leaves in one step.
    const demands = earlier?.ready ?? ready
    const wasOpen = earlier !== undefined && earlier.state !== 'off' && earlier.state !== 'dark'
    const isOpen = state === 'ramp' || state === 'on'
    return demands !== null && isOpen && !wasOpen ? [{ environment, demands }] : []
  })
}

/** @throws ThreewaysError `FLAG_NOT_READY` */
export function checkReady(flag: string, environment: string, { ready, sentence, against }: Verdict): void {
  if (ready === 'yes') return
  throw refused('FLAG_NOT_READY', {
    message: `"${flag}" may not leave the dark in ${environment}: ${sentence}`,
    help: `${against.join('; ')}; go on rehearsing, or take it out all the same with --unready`,
  })
}

/** @throws ThreewaysError `FLAG_CHANGED_MEANWHILE` */
export function checkExpected(flag: string, standing: number, expected: number | undefined): void {
  if (expected === undefined || expected === standing) return
  throw conflict('FLAG_CHANGED_MEANWHILE', {
    message: `"${flag}" is at revision ${standing} by now, not at ${expected}`,
    help: `look at what changed (threeways flag show ${flag}), and ask again`,
  })
}
