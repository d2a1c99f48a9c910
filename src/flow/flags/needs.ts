import { flagsIn } from './condition.ts'
import type { Flag, Requirement } from './flag.ts'

const none: readonly Requirement[] = []

/** Variants of other flags that say what this one comes to: what it requires, and what its rules ask, each once. Pure. */
export function needsOf({ requires, environments }: Flag): readonly Requirement[] {
  const asked = Object.values(environments).flatMap(({ rules }) => rules.flatMap(({ when }) => flagsIn(when)))
  if (requires.length === 0 && asked.length === 0) return none
  return [...new Map([...requires, ...asked].map((need) => [JSON.stringify([need.flag, need.variant]), need])).values()]
}

/** `depth`: of flags that require flags. `flags`: how many are written out in it, one for each time that it is asked for. */
export type WrittenOut = { readonly depth: number; readonly flags: number }

/** What is required is written into what requires it, and so on. No circle may be among them. Pure. @param all - by name */
export function makeWrittenOut(all: ReadonlyMap<string, Flag>): (flag: Flag) => WrittenOut {
  const known = new Map<string, WrittenOut>()
  const of = (flag: Flag): WrittenOut => {
    const found = known.get(flag.flag)
    if (found !== undefined) return found
    // Of one that is not there somebody else is told.
    const each = needsOf(flag).flatMap((need) => (all.has(need.flag) ? [of(all.get(need.flag)!)] : []))
    const made = {
      depth: each.reduce((most, { depth }) => Math.max(most, 1 + depth), 0),
      flags: each.reduce((sum, { flags }) => sum + 1 + flags, 0),
    }
    known.set(flag.flag, made)
    return made
  }
  return of
}
