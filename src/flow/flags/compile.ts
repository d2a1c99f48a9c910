import { logicOf, type Logic } from './condition.ts'
import { holdoutsOf } from './exclusion.ts'
import { codeDefault, isOfFlagd, tableName, type Flag, type Requirement, type Serve, type Setting } from './flag.ts'
import type { SlotTables } from './slots.ts'

/** A flag with the slots of its distributions, as one revision of it has them. */
export type Revised = { readonly flag: Flag; readonly slots: SlotTables; readonly revision: number }

/** One flag in flagd's format (flagd-schemas `flags.json`). */
export type FlagdFlag = {
  readonly state: 'ENABLED'
  readonly variants: Readonly<Record<string, unknown>>
  /** null: the default of the code that asks. */
  readonly defaultVariant: string | null
  readonly targeting?: Logic
  readonly metadata: Readonly<Record<string, string | number | boolean>>
}

/** A whole set in flagd's format. */
export type FlagdSet = {
  readonly flags: Readonly<Record<string, FlagdFlag>>
  readonly metadata: Readonly<Record<string, string | number | boolean>>
}

/**
 * Flags as they stand in one environment, in flagd's format: what every flagd evaluates alike. Flags that do not name the environment
 * are not in it. Pure: the same flags give the same set, letter by letter.
 * @param revision - of the whole
 */
export function compile(all: readonly Revised[], environment: string, revision: number): FlagdSet {
  const here = all
    .filter(({ flag }) => Object.hasOwn(flag.environments, environment))
    .toSorted((a, b) => (a.flag.flag < b.flag.flag ? -1 : 1))
  const byName = new Map(here.map((one) => [one.flag.flag, one]))
  return {
    flags: Object.fromEntries(here.map((one) => [one.flag.flag, compileFlag(one, environment, byName)])),
    metadata: { flagSetId: environment, version: String(revision) },
  }
}

type Place = { readonly environment: string; readonly byName: ReadonlyMap<string, Revised> }

/** One flag, which names the environment. @param byName - flags that it may require */
export const compileFlag = (one: Revised, environment: string, byName: ReadonlyMap<string, Revised>): FlagdFlag =>
  compiled(one, { environment, byName })

function compiled(one: Revised, place: Place): FlagdFlag {
  const { flag, revision } = one
  const setting = flag.environments[place.environment]!
  const { targeting, rules } = targetingOf(one, place)
  return {
    state: 'ENABLED',
    variants: flag.variants,
    // Also what flagd falls back to where no bucket can be made: a context without the attribute.
    defaultVariant: targeting === undefined ? variantLogic(servedToAll(flag, setting)) : leavesToCode(flag, setting) ? null : flag.control,
    ...(targeting === undefined ? {} : { targeting }),
    metadata: {
      'tw.state': setting.state,
      'tw.rev': revision,
      'tw.owner': flag.owner,
      'tw.purpose': flag.purpose,
      'tw.control': flag.control,
      'tw.bucketing': flag.bucketing,
      ...(rules.length === 0 ? {} : { 'tw.rules': rules.join(',') }),
      ...(flag.expires === null ? {} : { 'tw.expires': flag.expires }),
      ...(flag.service === null ? {} : { 'tw.service': flag.service }),
      ...(setting.killed ? { 'tw.killed': true } : {}),
      ...(setting.state === 'dark' && !setting.killed
        ? { 'tw.dark.sample': setting.sample, ...(setting.load > 0 ? { 'tw.dark.load': setting.load } : {}) }
        : {}),
    },
  }
}

/** Nothing, in the place of a variant, is the default of the code. */
const variantLogic = (variant: string): string | null => (variant === codeDefault ? null : variant)

/** Whether somebody may get the default of the code: then nothing else falls back to the flag's own. */
const leavesToCode = ({ control }: Flag, { serve, rules }: Setting): boolean =>
  [control, serve, ...rules.map((rule) => rule.serve)].includes(codeDefault)

/** The only variant, where there is nothing to decide. */
function servedToAll(flag: Flag, { killed, state, serve }: Setting): string {
  return killed || state === 'off' || state === 'dark' || typeof serve !== 'string' ? flag.control : serve
}

function targetingOf(one: Revised, place: Place): { readonly targeting?: Logic; readonly rules: readonly string[] } {
  const { flag } = one
  const { environment } = place
  const setting = flag.environments[environment]!
  const { killed, state, rules, serve } = setting
  const fallsBack = leavesToCode(flag, setting)
  if (killed || (state !== 'ramp' && state !== 'on')) return { rules: [] }
  const rest = served(one, tableName(environment), serve, fallsBack)
  const branches: readonly (readonly [id: string, when: Logic, then: Logic])[] = [
    // First, so that no rule brings anybody into two experiments at once.
    ...holdoutsOf(flag, place.byName)
      .filter(({ environments }) => environments[environment]?.state === 'ramp' && !environments[environment].killed)
      .map((one) => [`holdout:${one.flag}`, holds({ flag: one.flag, variant: 'held' }, place), variantLogic(flag.control)] as const),
    ...(flag.layer === undefined
      ? []
      : [[`layer:${flag.layer}`, { '!': [holds({ flag: flag.layer, variant: flag.flag }, place)] }, variantLogic(flag.control)] as const]),
    ...flag.requires.map((need) => [`requires:${need.flag}`, { '!': [holds(need, place)] }, variantLogic(flag.control)] as const),
    ...rules.map(
      (rule) =>
        [
          rule.id,
          logicOf(rule.when, (need) => holds(need, place)),
          served(one, tableName(environment, rule.id), rule.serve, fallsBack),
        ] as const,
    ),
  ]
  if (branches.length > 0)
    return {
      targeting: { if: [...branches.flatMap(([, when, then]) => [when, then]), rest] },
      rules: [...branches.map(([id]) => id), state],
    }
  return typeof serve === 'string' ? { rules: [] } : { targeting: rest, rules: [state] }
}

/** Written out in full: a reference to a reference is read by some evaluators only. */
function holds({ flag, variant }: Requirement, place: Place): Logic {
  const needed = place.byName.get(flag)
  if (needed === undefined || !Object.hasOwn(needed.flag.environments, place.environment)) return false
  const setting = needed.flag.environments[place.environment]!
  const { targeting } = targetingOf(needed, place)
  if (targeting === undefined) return servedToAll(needed.flag, setting) === variant
  if (variant === codeDefault) return leavesToCode(needed.flag, setting) ? { '===': [targeting, null] } : false
  // No bucket can be made: as where it is asked for itself, that is control.
  const found = { '===': [targeting, variant] }
  return variant === needed.flag.control && !leavesToCode(needed.flag, setting) ? { or: [found, { '===': [targeting, null] }] } : found
}

function served({ flag, slots }: Revised, table: string, serve: Serve, fallsBack: boolean): Logic {
  if (typeof serve === 'string') return variantLogic(serve)
  const control = variantLogic(flag.control)
  const arms = slots[table]!.map(([variant, count]) => [variant ?? control, count])
  if (!isOfFlagd(flag.bucketing)) {
    const split = { tw_split: [flag.bucketing, flag.salt, flag.bucketBy.split('|'), ...arms] }
    return fallsBack && control !== null ? { or: [split, control] } : split
  }
  const attribute = { var: [flag.bucketBy] }
  // The key is written out: within another flag that requires this one, flagd's own would be made of the other's name.
  const key = { cat: [flag.salt, attribute] }
  // null: the default variant, and a reason that says so.
  return { if: [attribute, { fractional: [key, ...arms] }, fallsBack ? control : null] }
}
