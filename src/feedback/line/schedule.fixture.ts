import { runQueued, promotionStarted } from '../../flow/pipeline/events.ts'
import { event, type CloudEvent, type EventType } from '../../ledger/event.ts'
import { instantOf } from '../../kernel/clock.ts'
import { seal, unseal } from '../../kernel/signing/dsse.ts'
import { makeKey } from '../../kernel/signing/keys.ts'
import { linePassed, lineStarted, lineStopped } from './events.ts'
import { auditOfLeaks } from './leaks.ts'
import { blocking, type Passing } from './policy.ts'
import { mayGo, postureType, skewMsMax } from './posture.ts'
import { overlap, parseScope, scopeText, type Scope } from './scope.ts'

/** How a schedule is decided. The broken ones show that a leak would be seen. */
export type Rule = 'as it is' | 'reads before the lock' | 'forgets wide scopes' | 'ignores expiry'

export type Told = {
  readonly leaks: number
  readonly promotions: number
  readonly held: number
  readonly postures: number
  readonly crashes: number
}

type Open = { readonly id: string; readonly scope: string; readonly commit: string | null }
type Working = { readonly server: number; readonly change: Passing; phase: 'begun' | 'locked'; seen: readonly Open[] }
type Reader = { envelope: unknown; readonly asked: Scope; readonly skewMs: number; readonly ttlMs: number }

const { signer } = makeKey()
const servers = 3
const streams = ['shop', 'bank']
const stages = ['test', 'production']
const scopes = ['all', 'service/shop', 'service/shop/web', 'stage/shop/production', 'stage/*/production', 'environment/bank/live']
const steps = 60

/** A generator that draws the same from the same seed (mulberry32). */
function generator(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return { below, pick: <T>(from: readonly T[]): T => from[below(from.length)]!, skew: () => below(2 * skewMsMax + 1) - skewMsMax }
}

/**
 * One random schedule of stops, starts, promotions, fixes, rollbacks, emergencies, crashes and partitions on several servers with
 * wrong clocks, and of executors that hold signed postures and are offline. The decisions are the product's own; what happened
 * is judged by the audit, which reads events alone, and for executors by true time. Its ledger serialises as the lock does.
 */
export function playSchedule(seed: number, rule: Rule): Told {
  const draw = generator(seed)
  const ledger: CloudEvent[] = []
  const audit = auditOfLeaks()
  const clocks = Array.from({ length: servers }, () => ({ skewMs: draw.skew(), cutOff: false }))
  let nowMs = Date.UTC(2026, 10, 1)
  let holder: Working | undefined
  let working: Working[] = []
  let open: Open[] = []
  const stoppedAt = new Map<string, { scope: Scope; at: number; endedAt: number }>()
  const readers: Reader[] = []
  const told = { leaks: 0, promotions: 0, held: 0, postures: 0, crashes: 0 }
  let made = 0

  function append<C, D>(kind: EventType<C>, server: number, subject: string, content: C, custom?: D): void {
    const time = instantOf(nowMs + clocks[server]!.skewMs)
    ledger.push(
      event(kind as EventType<C>, { id: `e${++made}`, time, source: '/threeways/model', subject }, content as never, custom as never),
    )
    audit.see({ seq: ledger.length, event: ledger.at(-1)! })
  }

  function stop(server: number): void {
    if (holder !== undefined) return
    const [id, scope, commit] = [`stop-${++made}`, draw.pick(scopes), draw.below(2) === 0 ? null : `c${draw.below(8)}`]
    const stream = scope === 'all' || scope.includes('*') ? '*' : scope.split('/')[1]!
    append(lineStopped, server, id, { stream, scope, reason: 'odd', by: 'ada', cause: 'person', ...(commit === null ? {} : { commit }) })
    open = [...open, { id, scope, commit }]
    stoppedAt.set(id, { scope: parseScope(scope), at: nowMs, endedAt: Infinity })
  }

  function start(server: number): void {
    if (holder !== undefined || open.length === 0) return
    const { id } = draw.pick(open)
    append(lineStarted, server, id, { stream: '*', reason: 'well', by: 'ada', evidence: 'person' })
    open = open.filter((one) => one.id !== id)
    stoppedAt.get(id)!.endedAt = nowMs
  }

  function begin(server: number): void {
    const [stream, run] = [draw.pick(streams), `r${++made}`]
    const fixesStop = draw.below(5) === 0 && open.length > 0 ? draw.pick(open).id : undefined
    const reverts = draw.below(8) === 0 ? [`c${draw.below(8)}`] : []
    const to = { stream, stage: draw.pick(stages), environment: draw.pick(['live', 'lab']), services: [draw.pick(['web', 'mail'])] }
    const said = { ...(fixesStop === undefined ? {} : { fixesStop }), ...(reverts.length === 0 ? {} : { reverts: reverts.join(' ') }) }
    append(runQueued, server, run, {}, { stream, commit: `d${made}`, kind: 'delivery', ...said })
    working.push({ server, change: { ...to, commit: `d${made}`, run, fixesStop, reverts }, phase: 'begun', seen: open })
  }

  /** A promotion goes one step further: takes the lock, or decides and commits. */
  function go(one: Working): void {
    if (clocks[one.server]!.cutOff) return
    if (one.phase === 'begun') {
      if (holder !== undefined) return
      holder = one
      one.phase = 'locked'
      if (rule !== 'reads before the lock') one.seen = open
      return
    }
    const seen = rule === 'forgets wide scopes' ? one.seen.filter(({ scope }) => scope !== 'all' && !scope.includes('*')) : one.seen
    const emergency = draw.below(10) === 0
    const held = blocking(seen, one.change, new Set())
    const { stream, stage, environment, services, run, commit } = one.change
    const entry = { stream, stage, candidate: `k${commit}`, run, commit }
    if (held.length > 0 && emergency)
      append(linePassed, one.server, run, { ...entry, attempt: 1, stops: held.map(({ id }) => id), by: 'ada', reason: 'till is down' })
    if (held.length === 0 || emergency) {
      append(promotionStarted, one.server, `${stream}/${stage}`, { ...entry, environment: environment!, services })
      told.promotions++
    } else told.held++
    leave(one)
  }

  function leave(one: Working): void {
    if (holder === one) holder = undefined
    working = working.filter((other) => other !== one)
  }

  function crash(): void {
    const server = draw.below(servers)
    for (const one of working.filter((each) => each.server === server)) leave(one)
    told.crashes++
  }

  /** An executor fetches a posture and goes offline with it. */
  function tell(server: number): void {
    const [asked, ttlMs] = [
      parseScope(draw.pick(['all', 'shop', 'stage/bank/production', 'environment/bank/live'])),
      5000 * (1 + draw.below(12)),
    ]
    const issued = nowMs + clocks[server]!.skewMs
    const stops = open.filter(({ scope }) => overlap(parseScope(scope), asked, () => undefined))
    const posture = {
      version: 1,
      issuer: 'model',
      scope: scopeText(asked),
      state: stops.length > 0 ? 'stopped' : 'open',
      stops: stops.map(({ id, scope }) => ({ id, scope, reason: 'odd', since: instantOf(nowMs), cause: 'person', owner: null })),
      head: ledger.length,
      issuedAt: instantOf(issued),
      expiresAt: instantOf(issued + ttlMs),
    }
    readers.push({ envelope: seal(postureType, JSON.stringify(posture), signer), asked, skewMs: draw.skew(), ttlMs })
  }

  /** It wants to deploy, whatever it holds. Nobody may go later after a stop than the posture lasts and the clocks differ. */
  function act(reader: Reader): void {
    const opened = unseal(reader.envelope, [signer])
    if ('refused' in opened) return
    told.postures++
    const here = nowMs + reader.skewMs
    const clock = rule === 'ignores expiry' ? Date.parse(JSON.parse(opened.payload.toString()).issuedAt) : here
    if (mayGo(opened, reader.asked, clock).answer !== 'go') return
    const graceMs = reader.ttlMs + 2 * skewMsMax
    const late = [...stoppedAt.values()].some(
      ({ scope, at, endedAt }) => overlap(scope, reader.asked, () => undefined) && nowMs > at + graceMs && nowMs < endedAt,
    )
    if (late) told.leaks++
  }

  for (let step = 0; step < steps; step++) {
    nowMs += draw.below(8000)
    const server = draw.below(servers)
    const one = working.length > 0 ? draw.pick(working) : undefined
    const [what, cutOff] = [draw.below(20), clocks[server]!.cutOff]
    if (what < 2 && !cutOff) stop(server)
    else if (what < 3 && !cutOff) start(server)
    else if (what < 7 && !cutOff) begin(server)
    else if (what < 14 && one) go(one)
    else if (what === 14) crash()
    else if (what === 15) clocks[server]!.cutOff = !cutOff
    else if (what === 16 && !cutOff) tell(server)
    else if (readers.length > 0) act(draw.pick(readers))
  }
  return { ...told, leaks: told.leaks + audit.leaks.length }
}
