import { slotCount, tableName, type Flag, type Serve } from './flag.ts'

/**
 * Who owns which slots: runs of slots in order, `[variant, slots]`; null: nobody's. They add up to {@link slotCount}.
 * A unit's bucket is its slot, so that who owns a slot decides for everybody in it.
 */
export type Slots = readonly (readonly [variant: string | null, slots: number])[]

/** The slots of every distribution of a flag, by {@link tableName}. */
export type SlotTables = Readonly<Record<string, Slots>>

const nobody: Slots = [[null, slotCount]]

/**
 * Gives each variant as many slots as it is to have, moving as few as possible: a variant that grows takes slots that are nobody's,
 * one that shrinks gives back its highest. So nobody who saw a variant sees another one because of a ramp or of a further
 * variant; only what is taken away from a variant moves. Pure.
 * @param shares - slots by variant, at most {@link slotCount} together
 */
export function reallocate(before: Slots, shares: Readonly<Record<string, number>>): Slots {
  const left: Record<string, number> = { ...shares }
  const kept = before.flatMap(([variant, slots]): Slots => {
    if (variant === null) return [[null, slots]]
    const stays = Math.min(slots, left[variant] ?? 0)
    left[variant] = (left[variant] ?? 0) - stays
    return [
      [variant, stays],
      [null, slots - stays],
    ]
  })
  const missing = Object.keys(shares).map((variant): [string, number] => [variant, left[variant]!])
  return joined(kept.flatMap(([variant, slots]): Slots => (variant === null ? filled(slots, missing) : [[variant, slots]])))
}

/** Gives free slots to those who miss some, in turn. */
function filled(slots: number, missing: [variant: string, slots: number][]): Slots {
  const given: [string | null, number][] = []
  let free = slots
  for (const one of missing) {
    const taken = Math.min(free, one[1])
    given.push([one[0], taken])
    one[1] -= taken
    free -= taken
  }
  return [...given, [null, free]]
}

function joined(runs: Slots): Slots {
  const together: [string | null, number][] = []
  for (const [variant, slots] of runs) {
    const last = together.at(-1)
    if (slots === 0) continue
    if (last?.[0] === variant) last[1] += slots
    else together.push([variant, slots])
  }
  return together
}

/** The slots of a new revision of a flag, from those of the one before. What is off keeps its slots for when it comes back. Pure. */
export function slotsOf(flag: Flag, before: SlotTables): SlotTables {
  const tables: Record<string, Slots> = {}
  const keep = (name: string, serve: Serve) => {
    const old = before[name]
    if (typeof serve !== 'string') tables[name] = reallocate(known(old ?? nobody, flag), serve)
    else if (old !== undefined) tables[name] = known(old, flag)
  }
  for (const [environment, { serve, rules }] of Object.entries(flag.environments)) {
    keep(tableName(environment), serve)
    for (const rule of rules) keep(tableName(environment, rule.id), rule.serve)
  }
  return tables
}

/** A variant that is no more owns nothing. */
const known = (slots: Slots, { variants }: Flag): Slots =>
  slots.map(([variant, count]) => [variant !== null && Object.hasOwn(variants, variant) ? variant : null, count])

/** Slots that belong to a variant in both, and to another one in the second: their units would be moved from what they saw. Pure. */
export const movedSlots = (before: Slots, after: Slots): number =>
  Object.values(takenSlots(before, after)).reduce((sum, slots) => sum + slots, 0)

/** Slots that are taken from each variant. Pure. */
export function takenSlots(before: Slots, after: Slots): Readonly<Record<string, number>> {
  const taken: Record<string, number> = {}
  const [one, other] = [before.map((run) => [...run] as const), after.map((run) => [...run] as const)]
  for (let [i, j, left, right] = [0, 0, one[0]?.[1] ?? 0, other[0]?.[1] ?? 0]; i < one.length && j < other.length;) {
    const both = Math.min(left, right)
    const [was, is] = [one[i]![0], other[j]![0]]
    if (was !== null && was !== is) taken[was] = (taken[was] ?? 0) + both
    left -= both
    right -= both
    if (left === 0) left = one[++i]?.[1] ?? 0
    if (right === 0) right = other[++j]?.[1] ?? 0
  }
  return taken
}
