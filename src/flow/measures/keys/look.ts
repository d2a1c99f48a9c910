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

/** Of the same past and the same failures, worked out once however often it is looked at. */
type Answers = { readonly streams: Past['streams']; readonly seen: Map<string, Seen>; readonly summed: Map<string, object> }
const looked = new WeakMap<ToldFailures, Answers>()
/** A page asks for a few windows at once. Of deliveries of our own every look is another moment, and none is asked for again. */
const answersMax = 8

/** A look at the past: what failed in an environment is weighed once for all of its streams. */
export function lookAt(past: Past, told: ToldFailures, query: FlowQuery, nowMs: number) {
  const own = new Map<string, Seen>()
  const saidBy = query.asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(query.asOf)
  const weighedIn = (environment: string, { since, asOf }: Window): Seen => {
    const key = `${environment} ${since} ${asOf} ${saidBy}`
    const make = () => weigh(environment, past, told, { since, asOf, saidBy })
    const seen = own.get(key) ?? kept(answersOf(past, told).seen, key, make)
    own.set(key, seen)
    return seen
  }
  const placeOf = (stream: PastStream): Place | undefined => {
    const window = windowOf(query, knownUntil(stream, past, told, nowMs))
    const end = endOf(stream, past, window, query.to)
    return end === undefined ? undefined : { stream, end, window }
  }
  const made = ({ stream, end, window }: Place) => materialOf(stream, end, window, past, weighedIn(end, window), told.failed)
  const known = (): Known => new Set([...own.values()].flatMap(({ kinds }) => [...kinds]))
  return {
    known,
    /**
     * What is summed up of groups of streams: once, for as long as nothing new is known and the windows are the same.
     * @param what - a name of its own of what is summed up
     * @param sum - pure, and of one function only; what it returns is kept
     */
    once<Sum extends object>(
      what: string,
      groups: readonly (readonly PastStream[])[],
      sum: (materials: readonly (readonly Material[])[], known: Known) => Sum,
    ): Sum {
      const places = groups.map((streams) => streams.flatMap((stream) => placeOf(stream) ?? []))
      const asked = places.map((own) => own.map(({ stream: { stream }, end, window }) => [stream, end, window]))
      const make = () => {
        const materials = places.map((own) => own.map(made))
        // Only now: whether anybody tells of failures is seen in all that was looked at.
        return sum(materials, known())
      }
      return kept(answersOf(past, told).summed, JSON.stringify([what, saidBy, asked]), make) as Sum
    },
    /** All that was weighed, each once. */
    blamed: () => [
      ...new Map([...own.values()].flatMap(({ blamed }) => blamed.map((one) => [nameOf(one.failure), one] as const))).values(),
    ],
    materialOf(stream: PastStream): Material | undefined {
      const place = placeOf(stream)
      return place && made(place)
    },
  }
}

type Place = { readonly stream: PastStream; readonly end: string; readonly window: Window }

function answersOf({ streams }: Past, told: ToldFailures): Answers {
  const there = looked.get(told)
  if (there?.streams === streams) return there
  const answers: Answers = { streams, seen: new Map(), summed: new Map() }
  looked.set(told, answers)
  return answers
}

function kept<Answer>(answers: Map<string, Answer>, question: string, make: () => Answer): Answer {
  const known = answers.get(question)
  if (known !== undefined) return known
  const made = make()
  if (answers.size >= answersMax) answers.clear()
  answers.set(question, made)
  return made
}

type Moments = { readonly since: number; readonly asOf: number; readonly saidBy: number }

function weigh(environment: string, past: Past, told: ToldFailures, { since, asOf, saidBy }: Moments): Seen {
  const failures = failuresIn(environment, past, told, asOf, saidBy)
  // Only an incident that names a stream asks which others hang together with it.
  const asks = failures.some(({ kind, stream, told: said }) => kind === 'incident' && stream !== undefined && said === undefined)
  const coupled = asks ? coupledAt(past, environment, asOf) : undefined
  const blamed = blame(environment, failures, past, asOf, { from: since, ...(coupled ? { coupled } : {}) })
  const kinds = new Set(failures.flatMap(({ kind, wentBack }) => (wentBack === true ? [kind, 'back' as const] : [kind])))
  return { blamed, chances: chancesOf(blamed), kinds }
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
