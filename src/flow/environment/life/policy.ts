import type { Rest } from './rest.port.ts'

/** Told so long before an environment is destroyed, or at half of its life when that is short. */
export const graceMsMax = 30 * 60_000

export type Life = { readonly until: string | null; readonly warnedOf: string | null; readonly asleep: boolean | null }

export type Due =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'warn'; readonly until: string }
  | { readonly kind: 'down' }
  | { readonly kind: 'sleep' }
  /** It woke, and nobody said so. */
  | { readonly kind: 'told-awake' }

/**
 * What is due for an environment now. Pure.
 *
 * @param isStages - its stage owns it: it lives as long as the stage, and sleeps only when its own entry of the definition says so
 */
export function dueOf(life: Life | undefined, rest: Rest, isStages: boolean, nowMs: number): Due {
  const until = life?.until ?? null
  if (until !== null && !isStages) {
    const leftMs = Date.parse(until) - nowMs
    if (leftMs <= 0) return { kind: 'down' }
    if (leftMs <= graceMsMax && life?.warnedOf !== until) return { kind: 'warn', until }
  }
  if (life?.asleep === true && rest.asleep === undefined) return { kind: 'told-awake' }
  const { sleep } = rest.settings ?? {}
  if (rest.asleep !== undefined || rest.idleMs === undefined || sleep === undefined) return { kind: 'nothing' }
  if (isStages && sleep.stage !== true) return { kind: 'nothing' }
  return rest.idleMs >= sleep.afterMs ? { kind: 'sleep' } : { kind: 'nothing' }
}
