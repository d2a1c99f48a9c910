import type { Drift, DriftMode } from './facts.port.ts'

/** A deviation seen once may be something on its way; in two looks, so far apart, it is drift. */
export const confirmAfterMs = 600

export type Seen = { readonly atMs: number; readonly drift: Drift }

export const keyOf = ({ kind, subject }: Pick<Drift, 'kind' | 'subject'>): string => `${kind} ${subject}`

/** What two looks agree on, and what the next one has to agree with. Pure. */
export function confirm(
  before: ReadonlyMap<string, Seen>,
  found: readonly Drift[],
  nowMs: number,
): { readonly confirmed: readonly Drift[]; readonly seen: ReadonlyMap<string, Seen> } {
  const seen = new Map<string, Seen>()
  const confirmed: Drift[] = []
  for (const drift of found) {
    const earlier = before.get(keyOf(drift))
    const isSame = earlier !== undefined && earlier.drift.evidence === drift.evidence
    const atMs = isSame ? earlier.atMs : nowMs
    seen.set(keyOf(drift), { atMs, drift })
    if (isSame && nowMs - atMs >= confirmAfterMs) confirmed.push(drift)
  }
  return { confirmed, seen }
}

/** So often is the same thing put right within this time; once more, and somebody seems to want it otherwise. */
export const healingsMax = 3
export const healingWindowMs = 10 * 60_000

export type Response = 'alert' | 'heal' | 'given-up'

/** @param healedAtMs - when the same drift was healed before */
export function responseTo(mode: DriftMode, drift: Drift, healedAtMs: readonly number[], nowMs: number): Response {
  if (mode !== 'heal' || !canHeal(drift)) return 'alert'
  return healedAtMs.filter((atMs) => nowMs - atMs < healingWindowMs).length >= healingsMax ? 'given-up' : 'heal'
}

/** Data is never touched, and a service that its definition says not to start again is not. */
function canHeal(drift: Drift): boolean {
  return !isOfData(drift) && drift.kind !== 'process-gone'
}

export const isOfData = ({ kind }: Drift) => kind.startsWith('resource-')

/** Nothing is undone behind anybody's back unless the definition asks for it. */
export const modeWhenUnsaid: DriftMode = 'alert'
