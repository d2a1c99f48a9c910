import { wilson } from '../../../kernel/statistics/proportions.ts'
import { quantile } from '../../../kernel/statistics/quantiles.ts'
import { survival, survivalQuantile, type Quantile } from '../../../kernel/statistics/survival.ts'
import type { Blamed } from '../attribution/blame.ts'
import type { Placed } from '../attribution/placed.ts'
import type { Passage } from '../lead.ts'
import { isPace, type Window } from '../stream-flow.ts'

const dayMs = 86_400_000

/** Kinds of failure that anybody ever told of. Where there is none, nothing can be said of failing. */
export type Known = ReadonlySet<Blamed['failure']['kind']>

/** What the keys of a value stream are made of; those of an estate, of all of theirs. Times in milliseconds. */
export type Material = {
  readonly stream: string
  readonly environment: string
  /** To the last environment in the window, those that did not come to run last. */
  readonly deployments: readonly KeyDeployment[]
  /** First seen in the window; empty where there is but one environment. */
  readonly passages: readonly Passage[]
  /** That began in the window and may have come of a deployment of this stream. */
  readonly failures: readonly Shared[]
  readonly window: Window
  /** The first that is known of the stream: before that nothing was watched. */
  readonly knownSince: number
}

/** A failure, and how likely it came of a deployment of one stream. */
export type Shared = Blamed & { readonly share: number }

/** Whether a failure came of one of the deployments of which it is said how likely it came of them, more likely than not. */
export const isLikely = (share: number) => share > 0.5

export type KeyDeployment = Pick<Placed, 'deployment' | 'at' | 'version' | 'back' | 'batch'> & {
  /** It came to run. */
  readonly ran: boolean
  /** How likely it brought a failure. */
  readonly failed: number
  /** Failures that it may have brought, by name. */
  readonly failures: readonly string[]
  /** Why it is thought to have been made because of a failure. */
  readonly rework: string | undefined
}

/** A share of deployments. Undefined: nothing can be said. `expected` need not be whole. */
export type KeyShare = {
  readonly expected: number
  readonly of: number
  readonly share: number
  readonly low: number
  readonly high: number
}

/** The five keys. Undefined wherever nothing can be said: no data is not zero. */
export type Keys = {
  readonly frequency:
    | {
        readonly deployments: number
        /** Undefined: known for less than a week. */ readonly perWeek: number | undefined
        readonly activeDays: number
        readonly gap: Spread | undefined
      }
    | undefined
  readonly lead: Timed | undefined
  readonly failRate: KeyShare | undefined
  readonly recovery: Timed | undefined
  readonly rework: KeyShare | undefined
}
type Spread = { readonly p50: number; readonly p85: number; readonly p95: number }
/** `ended` of `count` are over. */
export type Timed = {
  readonly count: number
  readonly ended: number
  readonly p50: Quantile
  readonly p85: Quantile
  readonly p95: Quantile
}

/** @param known - kinds of failure that were ever told of, by then */
export function keysOf(all: readonly Material[], known: Known): Keys {
  const failures = cameOf(all)
  const lead = new Spans(all.reduce((sum, { passages }) => sum + passages.length, 0))
  for (const { passages, window } of all) for (const { arrived, reached } of passages) lead.add(arrived, reached, window.asOf)
  const recovery = new Spans(failures.length)
  for (const { failure, asOf } of failures) recovery.add(failure.began, failure.resolved, asOf)
  const { times, told, expected, reworked } = countsOf(all)
  const isKnown = known.size > 0
  return {
    frequency: frequencyOf(all, times),
    lead: lead.timed(),
    failRate: isKnown ? shareOf(expected, told) : undefined,
    recovery: recovery.timed(),
    rework: isKnown ? shareOf(reworked, times.length) : undefined,
  }
}

/** One failure of many streams is one, and may have come of one of them though of none more likely than not. */
export function cameOf(all: readonly Material[]): readonly { readonly failure: Shared['failure']; readonly asOf: number }[] {
  const failures = new Map<string, { readonly failure: Shared['failure']; readonly asOf: number; readonly share: number }>()
  for (const { failures: own, window } of all) {
    for (const { failure, share } of own) {
      const name = nameOf(failure)
      const before = failures.get(name) ?? { share: 0, asOf: Number.NEGATIVE_INFINITY }
      failures.set(name, { failure, asOf: Math.max(before.asOf, window.asOf), share: before.share + share })
    }
  }
  return [...failures.values()].filter(({ share }) => isLikely(share))
}

/** In one pass: an estate has hundreds of thousands of deployments, and each list of them that is made on the way is as long. */
function countsOf(all: readonly Material[]) {
  const told = all.reduce((sum, { deployments }) => sum + deployments.length, 0)
  const times = new Float64Array(told)
  let [ran, expected, reworked] = [0, 0, 0]
  for (const { deployments } of all) {
    for (const one of deployments) {
      expected += one.failed
      if (!one.ran) continue
      times[ran++] = one.at
      if (one.rework !== undefined) reworked++
    }
  }
  return { times: times.subarray(0, ran).sort(), told, expected, reworked }
}

export const nameOf = ({ kind, id, stream = '', environment = '' }: Blamed['failure']) => `${kind} ${stream}/${environment} ${id}`

/** Of the window, as many as the stream is known; the beginning of a week is no pace. */
function daysOf({ window, knownSince }: Material): { readonly days: number; readonly isPace: boolean } {
  const end = Math.min(window.until, window.asOf)
  return { days: (end - Math.max(window.since, knownSince)) / dayMs, isPace: isPace(knownSince, end) }
}

/** @param times - of those that came to run, ascending */
function frequencyOf(all: readonly Material[], times: Float64Array): Keys['frequency'] {
  const [longest] = all.map(daysOf).toSorted((a, b) => Number(b.isPace) - Number(a.isPace) || b.days - a.days)
  if (longest === undefined || (longest.isPace && longest.days <= 0)) return undefined
  const gaps = new Float64Array(Math.max(0, times.length - 1))
  let [activeDays, last] = [0, Number.NaN]
  for (const [index, at] of times.entries()) {
    if (index > 0) gaps[index - 1] = at - times[index - 1]!
    const day = Math.floor(at / dayMs)
    if (day !== last) activeDays++
    last = day
  }
  gaps.sort()
  const [p50, p85, p95] = [0.5, 0.85, 0.95].map((share) => quantile(gaps, share))
  return {
    deployments: times.length,
    perWeek: longest.isPace ? (times.length / longest.days) * 7 : undefined,
    activeDays,
    gap: p50 === undefined ? undefined : { p50, p85: p85!, p95: p95! },
  }
}

/** So many that begin, of which some are over. */
class Spans {
  readonly #lasted: Float64Array
  readonly #ended: Uint8Array
  #count = 0

  constructor(most: number) {
    this.#lasted = new Float64Array(most)
    this.#ended = new Uint8Array(most)
  }

  /** @param ended - undefined: not yet at `asOf` */
  add(began: number, ended: number | undefined, asOf: number): void {
    this.#ended[this.#count] = ended === undefined ? 0 : 1
    this.#lasted[this.#count++] = Math.max(0, (ended ?? asOf) - began)
  }

  timed(): Timed | undefined {
    if (this.#count === 0) return undefined
    const curve = survival(this.#lasted, this.#ended)
    const [p50, p85, p95] = [0.5, 0.85, 0.95].map((share) => survivalQuantile(curve, share))
    return { count: curve.count, ended: curve.events, p50: p50!, p85: p85!, p95: p95! }
  }
}

function shareOf(expected: number, of: number): KeyShare | undefined {
  if (of === 0) return undefined
  // The interval is of the share as if it were counted: what is expected is treated as hits, also where it is not whole.
  return { expected, of, share: expected / of, ...wilson({ hits: expected, of }, 0.025) }
}
