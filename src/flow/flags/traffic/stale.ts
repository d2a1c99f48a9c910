import type { Flag, Setting } from '../flag.ts'

const dayMs = 86_400_000
/** A flag that has stood like this for so long waits to be taken out. */
export const settledDays = 14
/** Nobody asked for it for so long. */
export const unaskedDays = 30

export type Seen = {
  /** When the flag was last asked for, by day; null: never, as far as anybody told. */
  readonly lastAsked: string | null
  /** The first day of which anything at all was told; null: nobody tells. */
  readonly toldSince: string | null
}

/** Why a flag should go, or be looked at; empty: it need not. Pure. @param changed - instant of its last revision */
export function staleBecause(flag: Flag, changed: string, seen: Seen, now: number): readonly string[] {
  const days = (since: string) => Math.floor((now - Date.parse(since)) / dayMs)
  const reasons: string[] = []
  if (flag.expires !== null && days(flag.expires) >= 1) reasons.push(`it expired ${told(days(flag.expires))} ago`)
  const settled = settledVariant(flag)
  const lasting = flag.purpose === 'release' || flag.purpose === 'experiment'
  if (settled !== undefined && lasting && days(changed) >= settledDays)
    reasons.push(`everybody has had "${settled}" everywhere for ${told(days(changed))}`)
  // What nobody tells of cannot be missed; a layer is asked for within other flags.
  if (flag.purpose !== 'layer' && seen.toldSince !== null && days(seen.toldSince) >= unaskedDays && days(changed) >= unaskedDays) {
    if (seen.lastAsked === null) reasons.push(`nobody asked for it since ${seen.toldSince}`)
    else if (days(seen.lastAsked) >= unaskedDays) reasons.push(`nobody asked for it for ${told(days(seen.lastAsked))}`)
  }
  return reasons
}

const told = (days: number) => (days === 1 ? '1 day' : `${days} days`)

/** The variant that everybody gets in every environment; undefined: it still decides something. */
function settledVariant({ environments, control }: Flag): string | undefined {
  const served = new Set(Object.values(environments).map((setting) => servedToAll(setting, control)))
  return served.size === 1 ? [...served][0] : undefined
}

function servedToAll({ state, killed, rules, serve }: Setting, control: string): string | undefined {
  if (killed || state === 'dark') return undefined
  if (state === 'off') return control
  if (state === 'retired') return typeof serve === 'string' ? serve : undefined
  if (rules.length > 0) return undefined
  if (typeof serve === 'string') return serve
  return Object.keys(serve).find((variant) => serve[variant] === 10_000)
}
