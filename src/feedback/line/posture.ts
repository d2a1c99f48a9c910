import { overlap, parseScope, scopeText, type Scope } from './scope.ts'
import type { Posture } from './schemas.ts'

/** What the envelope says that it holds. */
export const postureType = 'application/vnd.threeways.line-posture+json'

export const ttlSeconds = { least: 5, usual: 60, most: 900 } as const

/** Two clocks may differ by so much before nothing can be decided. */
export const skewMsMax = 10_000

/** `unknown` is no: an executor that cannot decide does not go. */
export type Answer =
  | { readonly answer: 'go'; readonly why: string }
  | { readonly answer: 'stopped'; readonly why: string }
  | { readonly answer: 'unknown'; readonly why: string }

/**
 * What a posture, however it came here, allows now. Its signature was verified before; its stops are read only after its times.
 * A posture of a wider scope answers for what lies in it. Pure.
 */
export function mayGo(
  { payloadType, payload }: { readonly payloadType: string; readonly payload: Uint8Array },
  asked: Scope,
  nowMs: number,
): Answer {
  if (payloadType !== postureType) return unknown(`it is a ${payloadType}, not the posture of a line`)
  const posture = read(payload)
  if (posture === undefined) return unknown('it cannot be read: another version may have written it')
  const [issuedAt, expiresAt] = [Date.parse(posture.issuedAt), Date.parse(posture.expiresAt)]
  if (!(issuedAt <= nowMs + skewMsMax))
    return unknown(`it was issued at ${posture.issuedAt}, and here it is ${new Date(nowMs).toISOString()}: a clock is wrong`)
  if (!(nowMs < expiresAt)) return unknown(`it expired at ${posture.expiresAt}`)
  if (expiresAt - issuedAt > ttlSeconds.most * 1000) return unknown(`it wants to be good for longer than ${ttlSeconds.most} s`)
  const scope = parseScope(posture.scope)
  if (!contains(scope, asked)) return unknown(`it speaks of ${posture.scope}, not of ${scopeText(asked)}`)
  const same = posture.scope === scopeText(asked)
  const stop = posture.stops.find((one) => same || overlap(parseScope(one.scope), asked, () => undefined))
  if (stop !== undefined) return { answer: 'stopped', why: `${stop.scope} is stopped since ${stop.since} (${stop.id}): ${stop.reason}` }
  // A narrow question may be open where the wide one is stopped; with no stop to point at there is nothing to decide on.
  if (posture.state !== 'open' && (same || posture.stops.length === 0)) return unknown('it says stopped and names no stop')
  return { answer: 'go', why: `the line of ${scopeText(asked)} is open` }
}

const unknown = (why: string): Answer => ({ answer: 'unknown', why })

function read(payload: Uint8Array): Posture | undefined {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as Posture
    const scopes = [value.scope, ...value.stops.map(({ scope }) => scope)]
    for (const scope of scopes) parseScope(scope)
    return value.version === 1 && (value.state === 'open' || value.state === 'stopped') ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether all of `inner` lies in `outer`, as far as their names tell. */
function contains(outer: Scope, inner: Scope): boolean {
  if (scopeText(outer) === scopeText(inner) || outer.kind === 'all') return true
  return outer.kind === 'service' && outer.service === undefined && inner.kind !== 'all' && inner.stream === outer.stream
}
