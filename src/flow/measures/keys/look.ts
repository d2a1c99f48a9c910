import { lowerBound } from '../attribution/attribute.ts'
import { blame, failuresIn } from '../attribution/blame.ts'
import type { Failure } from '../attribution/failures.ts'
import type { ToldFailures } from '../attribution/read.ts'
import { windowOf } from '../board.ts'
import { coupledAt } from '../coupling/view.ts'
import { horizonOf, type Past, type PastStream } from '../past.ts'
import type { FlowQuery } from '../schemas.ts'
import type { Window } from '../stream-flow.ts'
import { nameOf, type Known, type Material } from './keys.ts'
import { chancesOf, endOf, materialOf, type Weighed } from './material.ts'

type Seen = Weighed & { readonly kinds: ReadonlySet<Failure['kind']> }

/** Of the same past and the same failures, weighed once however often it is looked at. */
const looked = new WeakMap<ToldFailures, { readonly streams: Past['streams']; readonly seen: Map<string, Seen> }>()
/** Windows are many. */
const seenMax = 32

/** A look at the past: what failed in an environment is weighed once for all of its streams. */
export function lookAt(past: Past, told: ToldFailures, query: FlowQuery, nowMs: number) {
  const own = new Map<string, Seen>()
  const saidBy = query.asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(query.asOf)
  const weighedIn = (environment: string, { since, asOf }: Window): Seen => {
    const key = `${environment} ${since} ${asOf} ${saidBy}`
    const seen = own.get(key) ?? remembered(past, told, key, () => weigh(environment, past, told, { since, asOf, saidBy }))
    own.set(key, seen)
    return seen
  }
  return {
    known: (): Known => new Set([...own.values()].flatMap(({ kinds }) => [...kinds])),
    /** All that was weighed, each once. */
    blamed: () => [
      ...new Map([...own.values()].flatMap(({ blamed }) => blamed.map((one) => [nameOf(one.failure), one] as const))).values(),
    ],
    materialOf(stream: PastStream): Material | undefined {
      const window = windowOf(query, knownUntil(stream, past, told, nowMs))
      const end = endOf(stream, past, window, query.to)
      return end === undefined ? undefined : materialOf(stream, end, window, past, weighedIn(end, window), told.failed)
    },
  }
}

function remembered({ streams }: Past, told: ToldFailures, key: string, make: () => Seen): Seen {
  const there = looked.get(told)
  const seen = there?.streams === streams ? there.seen : new Map<string, Seen>()
  if (there?.seen !== seen) looked.set(told, { streams, seen })
  const known = seen.get(key)
  if (known) return known
  if (seen.size >= seenMax) seen.clear()
  const made = make()
  seen.set(key, made)
  return made
}

type Moments = { readonly since: number; readonly asOf: number; readonly saidBy: number }

function weigh(environment: string, past: Past, told: ToldFailures, { since, asOf, saidBy }: Moments): Seen {
  const failures = failuresIn(environment, past, told, asOf, saidBy)
  // Only an incident that names a stream asks which others hang together with it.
  const asks = failures.some(({ kind, stream, told: said }) => kind === 'incident' && stream !== undefined && said === undefined)
  const coupled = asks ? coupledAt(past, environment, asOf) : undefined
  const blamed = blame(environment, failures, past, asOf, { from: since, ...(coupled ? { coupled } : {}) })
  return { blamed, chances: chancesOf(blamed), kinds: new Set(failures.map(({ kind }) => kind)) }
}

const weekMs = 7 * 86_400_000
const heard = new WeakMap<ToldFailures, readonly { readonly at: number }[]>()

/** Incidents are told of by others than deployments are: what was told of them within a week after the last deployment is known too. */
function knownUntil(stream: PastStream, past: Past, told: ToldFailures, nowMs: number): number {
  const horizon = horizonOf(stream, past, nowMs)
  const times = heard.get(told) ?? timesOf(told)
  heard.set(told, times)
  const last = times[lowerBound(times, horizon + weekMs + 1) - 1]
  return Math.max(horizon, last?.at ?? horizon)
}

function timesOf({ incidents, failed }: ToldFailures): readonly { readonly at: number }[] {
  const times = incidents.flatMap(({ detected, resolved = detected }) => [{ at: detected }, { at: resolved }])
  return [...times, ...failed.map(({ at }) => ({ at }))].toSorted((a, b) => a.at - b.at)
}
