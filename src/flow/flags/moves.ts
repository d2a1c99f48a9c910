import { canonicalJson } from '../../kernel/digest.ts'
import { refused } from '../../kernel/errors.ts'
import { slotCount, tableName, typeOf, type Flag, type Rule, type Setting, type Value } from './flag.ts'
import { movedSlots, slotsOf, type Slots, type SlotTables } from './slots.ts'

/** A revision of a flag that stands. */
export type Standing = { readonly flag: Flag; readonly slots: SlotTables; readonly revision: number }

/** What a new revision would do to units that see a variant now, in one distribution. */
export type Move = {
  readonly environment: string
  readonly rule: string | null
  /** Slots whose units would see another variant, or may; of {@link slotCount}. */
  readonly moved: number
  readonly how: How
}

/**
 * taken: their variant is taken from them. diced: every unit is diced anew, which see another variant cannot be said slot by slot. gone:
 * the environment or the rule is no more. other: the rule fits others.
 */
export const hows = ['taken', 'diced', 'gone', 'other'] as const
export type How = (typeof hows)[number]

/** Who would be moved by a new revision. Empty: nobody. Pure. */
export function movesOf(before: Standing, after: Flag): readonly Move[] {
  const slots = slotsOf(after, before.slots)
  const isDiced = isOfOtherBuckets(before.flag, after)
  return Object.entries(before.flag.environments).flatMap(([environment, was]) =>
    [undefined, ...was.rules].flatMap((rule): readonly Move[] => {
      const one = { environment, rule: rule?.id ?? null }
      const is = Object.hasOwn(after.environments, environment) ? after.environments[environment] : undefined
      const table = tableName(environment, rule?.id)
      // What is off keeps its slots for when it comes back, and would find others in them.
      if (isDiced && is !== undefined && before.slots[table] !== undefined && slots[table] !== undefined) {
        const moved = owned(before.slots[table])
        return moved === 0 ? [] : [{ ...one, moved, how: 'diced' }]
      }
      const given = givenBy(was, before.flag.control, before.slots[table], rule)
      // Whom no slot is given gets control: whoever was given that sees it still.
      const then = (now: Rule | undefined) =>
        givenBy(is!, after.control, slots[table], now).map(([variant, count]) => [variant ?? after.control, count] as const)
      const found = movedFrom(given, is, rule, then)
      return found.moved === 0 ? [] : [{ ...one, ...found }]
    }),
  )
}

function movedFrom(
  given: Slots,
  is: Setting | undefined,
  rule: Rule | undefined,
  then: (rule: Rule | undefined) => Slots,
): Pick<Move, 'moved' | 'how'> {
  if (is === undefined) return { moved: owned(given), how: 'gone' }
  const now = is.rules.find(({ id }) => id === rule?.id)
  if (rule !== undefined && now === undefined) return { moved: owned(given), how: 'gone' }
  if (rule !== undefined && canonicalJson(rule.when as never) !== canonicalJson(now!.when as never))
    return { moved: owned(given), how: 'other' }
  return { moved: movedSlots(given, then(now)), how: 'taken' }
}

/** Of whom control is not said to be given. */
const owned = (slots: Slots): number => slots.reduce((sum, [variant, count]) => sum + (variant === null ? 0 : count), 0)

const nobody: Slots = [[null, slotCount]]

/** Who is given what by a distribution, whatever it keeps for later; null: control, without having been given it. */
function givenBy(setting: Setting, control: string, slots: Slots | undefined, rule: Rule | undefined): Slots {
  const { killed, state } = setting
  if (killed || state === 'off' || state === 'dark' || (state === 'retired' && rule !== undefined)) return nobody
  const serve = rule === undefined ? setting.serve : rule.serve
  if (typeof serve === 'string') return serve === control ? nobody : [[serve, slotCount]]
  return slots ?? nobody
}

const isOfOtherBuckets = (one: Flag, other: Flag): boolean =>
  (['bucketing', 'bucketBy', 'salt'] as const).some((name) => one[name] !== other[name])

/**
 * Refuses to dice everybody anew where units see variants now, unless somebody said that it may. Pure.
 * @throws ThreewaysError `FLAG_REBUCKETED`
 */
export function checkBuckets(before: Standing, after: Flag, accepted: boolean): void {
  if (accepted || !isOfOtherBuckets(before.flag, after)) return
  const diced = movesOf(before, after).filter(({ how }) => how === 'diced')
  if (diced.length === 0) return
  const told = diced.map(
    ({ environment, rule, moved }) => `${environment}${rule === null ? '' : ` (rule ${rule})`}: ${moved / 100}% of the units`,
  )
  throw refused('FLAG_REBUCKETED', {
    message: `bucketing, bucketBy or salt of "${after.flag}" would change, and everybody who sees a variant would be diced anew: ${told.join(', ')}`,
    help: 'leave them as they are, or say that it is meant with --rebucket',
  })
}

/** A variant that is to have another value; `environments`: where units were given it. */
export type OtherValue = { readonly variant: string; readonly was: Value; readonly is: Value; readonly environments: readonly string[] }

/** Variants that stay and come to something else: whoever was given one keeps it, and sees another value. Pure. */
export function otherValues({ flag, slots }: Standing, after: Flag): readonly OtherValue[] {
  return Object.entries(flag.variants).flatMap(([variant, was]): readonly OtherValue[] => {
    const is = Object.hasOwn(after.variants, variant) ? after.variants[variant] : undefined
    if (is === undefined || canonicalJson(was as never) === canonicalJson(is as never)) return []
    const environments = Object.keys(flag.environments).filter((environment) => isGiven(variant, environment, { flag, slots }))
    return [{ variant, was, is, environments }]
  })
}

function isGiven(variant: string, environment: string, { flag, slots }: Pick<Standing, 'flag' | 'slots'>): boolean {
  const setting = flag.environments[environment]!
  return [undefined, ...setting.rules].some((rule) =>
    givenBy(setting, flag.control, slots[tableName(environment, rule?.id)], rule).some(([name]) => (name ?? flag.control) === variant),
  )
}

/** The type of what a flag comes to, where it would be another: code that asks for the old one gets its own default. Pure. */
export function otherType(before: Flag, after: Flag): string | undefined {
  const [was, is] = [before, after].map(({ variants }) => typeOf(Object.values(variants)[0]))
  return was === is ? undefined : was
}

/** An experiment, as far as flags have to know. */
export type Asked = {
  readonly experiment: string
  readonly flag: string
  readonly environment: string
  readonly state: 'planned' | 'running' | 'decided'
}

/**
 * Refuses to give the arms of an experiment that runs other values: what was counted so far was of the old ones. Pure.
 * @throws ThreewaysError `FLAG_VALUES_CHANGED`
 */
export function checkValues(before: Standing, after: Flag, experiments: readonly Asked[]): void {
  for (const { experiment, environment, state } of experiments.filter(({ flag }) => flag === after.flag)) {
    const changed = otherValues(before, after).filter(({ environments }) => environments.includes(environment))
    if (state !== 'running' || changed.length === 0) continue
    const told = changed.map(({ variant, was, is }) => `${variant} ${JSON.stringify(was)} would be ${JSON.stringify(is)}`)
    throw refused('FLAG_VALUES_CHANGED', {
      message: `the experiment "${experiment}" runs on "${after.flag}" in ${environment}, and its units would see other values: ${told.join(', ')}`,
      help: `decide it first, give new values new variants, or say that it is meant with --rebucket`,
    })
  }
}
