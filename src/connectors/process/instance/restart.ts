import type { Service } from '../../../flow/environment/provider.port.ts'

/** How a process ended: with a code, or vanished (kill -9, out of memory). */
export type Ending = { readonly code: number | undefined; readonly livedMs: number }

export type NextStep =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'restart'; readonly afterMs: number; readonly quickEndings: number }

const stableAfterMs = 10_000
const firstDelayMs = 100
const delayMsMax = 30_000
/** So many quick endings in a row are a crash loop, and told as one. */
export const crashLoopFrom = 5

/**
 * What follows an end nobody asked for.
 *
 * @param proven - it was ready before; an unproven one is a failed start, which the deployment must hear of at once
 * @param serves - it has a port or a health check, so that ending is never what it was meant to do
 * @param quickEndings - endings in a row so far, each within 10 s of its start
 * @param random - 0 to 1: spreads restarts by half, so that a machine's services do not all come at once
 */
export function afterEnding(
  policy: Service['restart'],
  ending: Ending,
  standing: { readonly proven: boolean; readonly serves: boolean; readonly quickEndings: number },
  random: number,
): NextStep {
  const success = ending.code === 0
  if (success && policy !== 'always' && !standing.serves) return { kind: 'completed' }
  if (!standing.proven || policy === 'no' || (success && policy === 'on-failure')) return { kind: 'failed' }
  const quickEndings = ending.livedMs >= stableAfterMs ? 1 : standing.quickEndings + 1
  const delayMs = Math.min(delayMsMax, firstDelayMs * 2 ** (quickEndings - 1))
  return { kind: 'restart', afterMs: Math.round(delayMs * (0.75 + random / 2)), quickEndings }
}
