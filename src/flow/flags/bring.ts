import { ThreewaysError } from '../../kernel/errors.ts'
import { documentMax, readFlag } from './document.ts'
import type { Flag } from './flag.ts'
import type { BroughtIn, LeftOut, Translation } from './import.port.ts'
import { needsOf } from './needs.ts'
import { checkRequirements, checkWrittenOut } from './policy.ts'

/**
 * Leaves out what is no flag here, in the words of whatever is wrong with it, and what asks for something that is left out. Of one feature
 * all flags are brought in, or none. Pure.
 */
export function acceptable({ flags, refused }: Translation): Translation {
  const out = new Map<string, LeftOut>(refused.map((one) => [one.name, one]))
  const leave = (name: string, reason: string, help: string) => void (out.has(name) || out.set(name, { name, reason, help }))
  const read = new Map<string, Flag>()
  for (const one of flags) {
    const found = flagOf(one)
    if ('flag' in found) read.set(one.flag, found)
    else leave(one.from, found.reason, found.help)
  }
  const fromOf = new Map(flags.map(({ flag, from }) => [flag, from]))
  for (let before = -1; before !== out.size;) {
    before = out.size
    const standing = new Map([...read].filter(([flag]) => !out.has(fromOf.get(flag)!)))
    for (const { from, asks } of flags) {
      const missing = asks.find((flag) => !standing.has(flag))
      if (missing !== undefined) leave(from, `it depends on "${missing}", which is left out`, 'see there')
    }
    for (const [name, flag] of standing) {
      const why = faultBetween(flag, standing)
      if (why !== undefined) leave(fromOf.get(name)!, why.reason, why.help)
    }
  }
  return { flags: flags.filter(({ from }) => !out.has(from)), refused: [...out.values()] }
}

/** Circles, and what leads too far. */
function faultBetween(flag: Flag, others: ReadonlyMap<string, Flag>): Why | undefined {
  // What it asks is left out: that is said by the other loop.
  if (needsOf(flag).some((need) => !others.has(need.flag))) return undefined
  try {
    checkRequirements(flag, others)
    checkWrittenOut(withNeeds(flag, others))
    return undefined
  } catch (error) {
    if (!(error instanceof ThreewaysError)) throw error
    return { reason: error.message, help: error.help ?? seeDocs }
  }
}

/** It and what it asks, however far. */
function withNeeds(flag: Flag, others: ReadonlyMap<string, Flag>): ReadonlyMap<string, Flag> {
  const found = new Map([[flag.flag, flag]])
  // What is added is gone through as well.
  for (const one of found.values())
    for (const need of needsOf(one)) {
      const needed = others.get(need.flag)
      if (needed !== undefined) found.set(need.flag, needed)
    }
  return found
}

type Why = { readonly reason: string; readonly help: string }

const seeDocs = 'see docs/flags-import.md'

function flagOf({ flag, document }: BroughtIn): Flag | Why {
  const text = JSON.stringify(document)
  if (text.length > documentMax)
    return {
      reason: `its file would be ${text.length} characters long, and may be ${documentMax}`,
      help: 'put what its lists have in common into one attribute',
    }
  try {
    return readFlag(text, flag)
  } catch (error) {
    if (!(error instanceof ThreewaysError)) throw error
    const [fault] = error.faults
    if (fault === undefined) return { reason: error.message, help: error.help ?? seeDocs }
    return { reason: `${fault.path.slice(1).replaceAll('/', '.')}: ${fault.message}`, help: fault.help ?? seeDocs }
  }
}
