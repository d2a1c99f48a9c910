import { firstThat } from '../../../kernel/search.ts'
import type { Failure } from './failures.ts'
import { onset, seenAfter, type Hazard } from './hazard.ts'
import type { Placed } from './placed.ts'
import { anySize, type SizeRisk } from './size.ts'

/** A deployment that may have caused a failure. */
export type Cause = {
  readonly deployment: string
  readonly stream: string
  readonly at: number
  readonly version: string
  readonly probability: number
  readonly reasons: readonly string[]
}

/** The probabilities add up to 1 together with that of `none` of them. Likeliest first. */
export type Attribution = { readonly causes: readonly Cause[]; readonly none: number }

/** What is known beside the failure itself. */
export type Estate = {
  /** Of one environment, of all streams, by time. */
  readonly placed: readonly Placed[]
  /** The same by name. */
  readonly byName: ReadonlyMap<string, Placed>
  readonly hazard: Hazard
  /** Share of failures that come of no deployment. @defaultValue {@link otherCause} */
  readonly otherCause?: number
  /** The same of times that many services go back at once. @defaultValue {@link otherCauseOfMany} */
  readonly otherCauseOfMany?: number
  /** Share of those that do which show in another stream. @defaultValue {@link elsewhere} */
  readonly elsewhere?: number
  /** @defaultValue size says nothing */
  readonly size?: SizeRisk
  /** How strongly others hang together with a stream, above 0; as `coupling` finds it. */
  readonly coupled?: (stream: string) => ReadonlyMap<string, number>
}

const dayMs = 86_400_000
/** Of what was deployed earlier than that nobody can tell any more. */
const watchedMs = 30 * dayMs
/** Assumed: so many failures out of all come of something other than a deployment: load, hardware, data, somebody else's service. */
export const otherCause = 0.1
/** Assumed: what comes of something other shows in many services at once, and a third of the times that anything goes back is many. */
export const otherCauseOfMany = 3 * otherCause
/** Assumed: so many failures show in a stream that was not deployed itself. */
export const elsewhere = 0.1
/** A version that was named is the one that was deployed then, or an earlier one that it contains. */
const named = 20
const later = 0.02
/** What no longer ran when it began. */
const gone = 0.05
/** Sizes that fail so many times as often are a reason. */
const riskier = 2
/** Less than that is not told. */
const least = 0.001

/**
 * Which deployments may have caused a failure, and how likely each did. Bayes' rule: each deployment before it brings a fault with the
 * same small probability, which is seen after a time with the density of `hazard`; what is known of the failure weighs for or against;
 * and it may be none of them. What a person said, or what was undone, is taken for it.
 */
export function attribute(failure: Failure, estate: Estate): Attribution {
  const { among, told } = failure
  if (told !== undefined) return tellAll(among!, failure, estate)
  // A deployment that failed is its own cause, and stands in no list of those that run.
  if (failure.kind === 'failed') return { causes: [causeOf(ownOf(failure), 1, ['it did not come to run'])], none: 0 }
  // What one stream undid is weighed against itself: going through all that anybody deployed in those weeks would change nothing.
  const isItself = failure.kind === 'back' && failure.stream !== undefined
  // What was deployed after it began did not cause it, nor what was deployed after it was seen.
  const before = isItself ? [] : since(estate.placed, failure.kind === 'incident' ? failure.began : failure.detected)
  const own = among === undefined ? before : namedIn(estate, among)
  const streams = new Set(before.map(({ stream }) => stream)).size
  const ran = ranAt(before, failure, estate)
  const weighed = own.map((one) => ({ one, weight: weightOf(one, failure, estate, streams, ran) }))
  const sum = weighed.reduce((total, { weight }) => total + weight, 0)
  const all = sum + otherwise(failure, own, before, sum, estate)
  if (all === 0) return { causes: [], none: 1 }
  const causes = weighed
    .filter(({ weight }) => weight >= least * all)
    .map(({ one, weight }) => causeOf(one, weight / all, reasonsOf(one, failure, ran, estate.size)))
    .toSorted((a, b) => b.probability - a.probability || b.at - a.at)
  // What is too unlikely to be told counts as none of them.
  return { causes, none: Math.max(0, 1 - causes.reduce((total, { probability }) => total + probability, 0)) }
}

/**
 * What no deployment is to blame for weighs as much. Other failures come at a steady rate; of what one service undid somebody has judged,
 * so its age says which of them, but not whether. Where many go back at once nobody has judged each: if nothing that they undid was new,
 * it was none of them.
 */
function otherwise(failure: Failure, own: readonly Placed[], before: readonly Placed[], sum: number, estate: Estate): number {
  const { kind, stream, among } = failure
  const odds = oddsOf(estate.otherCause ?? otherCause)
  if (among !== undefined && stream !== undefined) return odds * sum
  if (kind === 'back') {
    const back = new Set(own.map((one) => one.stream))
    return oddsOf(estate.otherCauseOfMany ?? otherCauseOfMany) * rateOf(before, (one) => back.has(one.stream))
  }
  if (stream === undefined) return odds * rateOf(before, () => true)
  return odds * rateOf(before, (one) => one.stream === stream) * (1 - (estate.elsewhere ?? elsewhere))
}

const oddsOf = (share: number) => share / (1 - share)

/** What each stream ran when it began, and where the version stands that was named. */
type Ran = {
  readonly place: ReadonlyMap<string, number>
  readonly named: ReadonlyMap<string, number>
  /** Streams that hang together with the one it showed in. */
  readonly bound: ReadonlyMap<string, number> | undefined
}

function weightOf(one: Placed, failure: Failure, estate: Estate, streams: number, ran: Ran): number {
  const { hazard } = estate
  const away = estate.elsewhere ?? elsewhere
  const { kind, began, detected } = failure
  const time = isOnset(failure) ? seenAfter(onset, began - one.at) : seenAfter(hazard, detected - one.at)
  let weight = time * (estate.size ?? anySize)(one.batch)
  if (kind === 'back') return weight
  if (failure.stream !== undefined) {
    const bound = ran.bound?.get(one.stream) ?? 0
    weight *= one.stream === failure.stream ? 1 - away : (away / Math.max(1, streams - 1)) * (1 + bound)
  }
  const version = versionSays(one, failure, ran)
  if (version !== undefined) weight *= version === 'named' ? named : later
  return isGone(one, failure, ran) ? weight * gone : weight
}

function reasonsOf(one: Placed, failure: Failure, ran: Ran, size: SizeRisk = anySize): readonly string[] {
  const { kind, stream, began, detected } = failure
  const reasons = [
    isOnset(failure) ? `deployed ${ago(began - one.at)} before it began` : `deployed ${ago(detected - one.at)} before it was seen`,
    ...(size(one.batch) >= riskier ? [`it brought ${one.batch} versions, and such fail more often`] : []),
  ]
  if (kind === 'back') return [...reasons, 'it was undone']
  if (stream !== undefined) {
    const bound = ran.bound?.has(one.stream) === true
    reasons.push(
      one.stream === stream ? 'of the stream it showed in' : bound ? `of a stream that goes with ${stream}` : 'of another stream',
    )
  }
  const version = versionSays(one, failure, ran)
  if (version !== undefined) reasons.push(version === 'named' ? 'its version was named' : 'it came after the version that was named')
  if (isGone(one, failure, ran)) reasons.push('it no longer ran when it began')
  if (failure.among !== undefined) reasons.push('it was undone')
  return reasons
}

/** Somebody saw when it began, and not only that it was there. */
const isOnset = ({ kind, began, detected }: Failure) => kind === 'incident' && began < detected

/** Whether its version is the one that was named, or one of the same stream that the named one cannot contain. */
function versionSays(one: Placed, { stream, version }: Failure, ran: Ran): 'named' | 'later' | undefined {
  if (version === undefined || (stream !== undefined && one.stream !== stream)) return undefined
  if (one.version === version) return 'named'
  const place = ran.named.get(one.stream)
  return place !== undefined && one.place > place ? 'later' : undefined
}

const isGone = (one: Placed, { began }: Failure, { place }: Ran) => one.at <= began && (place.get(one.stream) ?? one.place) < one.place

function ranAt(before: readonly Placed[], { began, version, stream }: Failure, { coupled }: Estate): Ran {
  const place = new Map<string, number>()
  const at = new Map<string, number>()
  for (const one of before) {
    if (one.at <= began) place.set(one.stream, one.place)
    if (version !== undefined && one.version === version) at.set(one.stream, one.place)
  }
  return { place, named: at, bound: stream === undefined ? undefined : coupled?.(stream) }
}

/** Those of the weeks before a moment. */
function since(placed: readonly Placed[], moment: number): readonly Placed[] {
  return placed.slice(lowerBound(placed, moment - watchedMs), lowerBound(placed, moment + 1))
}

/** Index of the first that is not before a moment. @param placed - by time */
export const lowerBound = (placed: readonly { readonly at: number }[], moment: number): number =>
  firstThat(placed.length, (at) => placed[at]!.at >= moment)

/** Deployments in a millisecond; of what is deployed seldom, one in the whole time. */
function rateOf(before: readonly Placed[], isOne: (one: Placed) => boolean): number {
  return Math.max(1, before.filter(isOne).length) / watchedMs
}

function tellAll(among: readonly string[], { told }: Failure, estate: Estate): Attribution {
  const causes = namedIn(estate, among).map((one) => causeOf(one, 1, [`${told!.by} said so: ${told!.reason}`]))
  return { causes, none: causes.length === 0 ? 1 : 0 }
}

const namedIn = ({ byName }: Estate, names: readonly string[]) => names.flatMap((name) => byName.get(name) ?? [])

const ownOf = ({ id, stream, version, detected }: Failure) => ({ deployment: id, stream: stream!, at: detected, version: version! })

const causeOf = (one: Pick<Cause, 'deployment' | 'stream' | 'at' | 'version'>, probability: number, reasons: readonly string[]): Cause => ({
  deployment: one.deployment,
  stream: one.stream,
  at: one.at,
  version: one.version,
  probability,
  reasons,
})

const minuteMs = 60_000
function ago(ms: number): string {
  if (ms < 100 * minuteMs) return `${Math.round(ms / minuteMs)} min`
  return ms < 2 * dayMs ? `${Math.round(ms / (60 * minuteMs))} h` : `${Math.round(ms / dayMs)} d`
}
