import { tableName } from './flag.ts'
import type { Slots, SlotTables } from './slots.ts'

/** Slots that a flag owns of a layer, and another one did before: their units may still behave as that one taught them. */
export type CarriedOver = {
  readonly flag: string
  readonly from: string
  /** Of 10,000. */
  readonly slots: number
  /** Instant from which that one owned them no more. */
  readonly until: string
}

type Revision = { readonly slots: SlotTables; readonly at: string }
type Run = { readonly owner: string | null; readonly before: string | null; readonly until: string }

/**
 * What each flag of a layer has from others in one environment: of each slot the last owner before. Pure.
 * @param life - revisions of the layer, newest first
 */
export function carriedOver(life: readonly Revision[], environment: string): readonly CarriedOver[] {
  let runs: readonly (readonly [run: Run, slots: number])[] = [[{ owner: null, before: null, until: '' }, Number.POSITIVE_INFINITY]]
  for (const { slots, at } of life.toReversed()) {
    const table = slots[tableName(environment)]
    if (table === undefined) continue
    runs = overlaid(runs, table, (run, owner): Run => {
      if (owner === run.owner) return run
      // Who comes back to what was theirs carries nothing of another's over.
      return run.owner === null ? { ...run, owner } : { owner, before: run.owner, until: at }
    })
  }
  const found = new Map<string, CarriedOver>()
  for (const [{ owner, before, until }, slots] of runs) {
    if (owner === null || before === null || before === owner) continue
    const id = `${owner}\n${before}\n${until}`
    found.set(id, { flag: owner, from: before, slots: (found.get(id)?.slots ?? 0) + slots, until })
  }
  return [...found.values()]
}

/** Walks through two lists of runs at once. */
function overlaid<T>(
  runs: readonly (readonly [T, number])[],
  table: Slots,
  make: (run: T, owner: string | null) => T,
): readonly (readonly [T, number])[] {
  const made: [T, number][] = []
  let at = 0
  let left = runs[0]![1]
  for (const [owner, slots] of table) {
    for (let rest = slots; rest > 0;) {
      const both = Math.min(rest, left)
      made.push([make(runs[at]![0], owner), both])
      rest -= both
      left -= both
      if (left === 0 && at + 1 < runs.length) left = runs[++at]![1]
    }
  }
  return made
}
