import type { Past, PastStream } from '../past.ts'
import { remembered } from '../remembered.ts'
import { attribute, elsewhere, otherCause, type Attribution, type Estate } from './attribute.ts'
import { failedAt, incidentsAt, joined, wentBack, type Failure } from './failures.ts'
import { learnHazard, learnMany, learnShare } from './hazard.ts'
import { placedIn, type Placed } from './placed.ts'
import type { ToldFailures } from './read.ts'
import { learnSize } from './size.ts'

/** A failure and the deployments that may have caused it. */
export type Blamed = { readonly failure: Failure; readonly attribution: Attribution }

/** What was deployed to each environment. */
export type Grounds = {
  /** Of an environment, of all streams, by time. */
  in(environment: string): readonly Placed[]
  /** The same by name. */
  byName(environment: string): ReadonlyMap<string, Placed>
  /** Of one of its streams. */
  of(stream: string, environment: string): readonly Placed[]
}

const grounds = new WeakMap<Past['streams'], Grounds>()
/** Of a stream to which nothing was added since, the same as in the past before it. */
const placedOnce = remembered((stream: PastStream, environment: string) => placedIn(environment, stream))

/** Worked out when they are first asked for, and once for each past. */
export function groundsOf({ streams }: Past): Grounds {
  const known = grounds.get(streams)
  if (known) return known
  const all = new Map<string, readonly Placed[]>()
  const byName = new Map<string, ReadonlyMap<string, Placed>>()
  const made: Grounds = {
    byName(environment) {
      const names = byName.get(environment) ?? new Map(made.in(environment).map((one) => [one.deployment, one]))
      byName.set(environment, names)
      return names
    },
    of(stream, environment) {
      const past = streams.get(stream)
      return past ? placedOnce(past, environment) : []
    },
    in(environment) {
      const placed =
        all.get(environment) ?? [...streams.keys()].flatMap((stream) => made.of(stream, environment)).toSorted((a, b) => a.at - b.at)
      all.set(environment, placed)
      return placed
    },
  }
  grounds.set(streams, made)
  return made
}

/**
 * Everything that went wrong in an environment, as it was known at a moment. By time.
 * @param saidBy - as {@link incidentsAt} has it
 */
export function failuresIn(environment: string, past: Past, told: ToldFailures, asOf: number, saidBy: number): readonly Failure[] {
  const ground = groundsOf(past)
  const here = (one: { readonly environment: string | undefined }) => (one.environment || environment) === environment
  return [
    ...joined(incidentsAt(told.incidents.filter(here), asOf, saidBy), wentBack(ground.in(environment), asOf)),
    ...failedAt(told.failed.filter(here), (stream, where) => ground.of(stream, where), asOf),
  ].toSorted((a, b) => a.began - b.began)
}

/**
 * What failures of which it is known what brought them say of the others: how long faults take to be seen (a person said which, or one
 * deployment was undone), how many versions it brought, how many come of no deployment, how many show elsewhere (a person said so).
 */
export function learn(
  failures: readonly Failure[],
  { byName, placed }: Pick<Estate, 'byName' | 'placed'>,
): Required<Pick<Estate, 'hazard' | 'otherCause' | 'otherCauseOfMany' | 'elsewhere' | 'size'>> {
  const certain = failures.flatMap(({ kind, among, detected }) => {
    const only = among?.length === 1 && kind !== 'failed' ? byName.get(among[0]!) : undefined
    return only === undefined ? [] : [{ only, delay: detected - only.at }]
  })
  const told = failures.filter((one) => one.told !== undefined)
  const caused = told.filter(({ among }) => among!.length > 0)
  const streams = caused.filter(({ stream }) => stream !== undefined)
  const away = streams.filter(({ among, stream }) => byName.get(among![0]!)?.stream !== stream)
  const others = learnShare(otherCause, told.length - caused.length, told.length)
  const back = failures.filter((one) => one.kind === 'back' || one.wentBack === true)
  return {
    hazard: learnHazard(certain.map(({ delay }) => delay)),
    otherCause: others,
    otherCauseOfMany: learnMany(others, back.filter(({ stream }) => stream === undefined).length, back.length),
    elsewhere: learnShare(elsewhere, away.length, streams.length),
    size: learnSize(
      certain.map(({ only }) => only),
      placed,
    ),
  }
}

/**
 * @param failures - of the environment; those of which it is known learn how long faults take
 * @param from - what began earlier is not weighed, only learnt from. @defaultValue all are weighed
 */
export function blame(
  environment: string,
  failures: readonly Failure[],
  past: Past,
  asOf: number,
  { from = Number.NEGATIVE_INFINITY, coupled }: { readonly from?: number; readonly coupled?: Estate['coupled'] } = {},
): readonly Blamed[] {
  const known = groundsOf(past).in(environment)
  const placed = known.at(-1) !== undefined && known.at(-1)!.at > asOf ? known.filter(({ at }) => at <= asOf) : known
  const byName = groundsOf(past).byName(environment)
  const estate: Estate = { placed, byName, ...learn(failures, { placed, byName }), ...(coupled ? { coupled } : {}) }
  return failures.filter(({ detected }) => detected >= from).map((failure) => ({ failure, attribution: attribute(failure, estate) }))
}
