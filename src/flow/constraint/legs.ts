import { merged, overlap, within, type Span } from '../../kernel/spans.ts'
import { quantile } from '../../kernel/statistics/quantiles.ts'
import { survival, survivalTime } from '../../kernel/statistics/survival.ts'
import type { ClosedTime } from '../measures/gates.ts'
import type { Window } from '../measures/stream-flow.ts'
import type { Passing } from './passing.ts'

/** What is known of the part of the way between two environments, in a window. Times in milliseconds. */
export type Leg = {
  readonly from: string
  readonly to: string
  /** Waiting there at the moment that is looked from, and for how long by then. */
  readonly queue: { readonly now: number; readonly atBegin: number; readonly p50: number | undefined; readonly oldest: number | undefined }
  /** In the window. */
  readonly arrivals: number
  readonly departures: number
  /** Of those that came to it in the window; undefined: so many have not left it. */
  readonly p50: number | undefined
  readonly p85: number | undefined
  /** All time that versions spent there in the window, whether they have left it or not. */
  readonly spent: number
  /** And while its gate was closed. */
  readonly spentClosed: number
  /** Share of all the time of the versions that were delivered in the window; undefined: none was. */
  readonly shareOfDelivered: number | undefined
  /** For how long its gate was closed in the window. */
  readonly closed: number
  readonly closedNow: boolean
  /** Versions that came while it was closed stayed longer than those that came while it was open, or, where none did, for long. */
  readonly gateHolds: boolean
}

/** Spans in which a gate between two environments was closed: into the one, or onwards from the other. Merged, by time. */
function closedSpans(times: readonly ClosedTime[], from: string, to: string): readonly Span[] {
  const own = times.filter(({ environment, way }) => (way === 'into' ? environment === to : environment === from))
  return merged(own.map(({ since, until = Number.POSITIVE_INFINITY }) => ({ since, until })))
}

/** A version's time between two environments; what has not left is there until the moment that is looked from. Undefined: it did not come. */
export const stayAt = ({ at }: Passing, leg: number, asOf: number): Span | undefined =>
  at[leg]! <= asOf ? { since: at[leg]!, until: Math.min(at[leg + 1]!, asOf) } : undefined

export function legsOf(
  order: readonly string[],
  passings: readonly Passing[],
  closed: readonly ClosedTime[],
  window: Window,
): readonly Leg[] {
  const { since, asOf } = window
  const inside = (at: number) => at >= since && at < window.until
  const delivered = passings.filter(({ at }) => inside(at.at(-1)!))
  const whole = delivered.reduce((sum, { at }) => sum + at.at(-1)! - at[0]!, 0)
  return order.slice(1).map((to, leg) => {
    const spans = closedSpans(closed, order[leg]!, to)
    const { ages, came, atBegin, departures, spent, spentClosed } = countsOf(passings, leg, spans, window)
    const curve = stayed(came, leg, asOf)
    const there = delivered.reduce((sum, { at }) => sum + at[leg + 1]! - at[leg]!, 0)
    return {
      from: order[leg]!,
      to,
      queue: { now: ages.length, atBegin, p50: quantile(ages, 0.5), oldest: ages.at(-1) },
      arrivals: came.length,
      departures,
      p50: survivalTime(curve, 0.5),
      p85: survivalTime(curve, 0.85),
      spent,
      spentClosed,
      shareOfDelivered: whole === 0 ? undefined : there / whole,
      closed: within({ since, until: Math.min(window.until, asOf) }, spans),
      gateHolds: holds(came, leg, spans, asOf),
      closedNow: spans.some((span) => span.since <= asOf && span.until > asOf),
    }
  })
}

/** How long those who came stayed. */
function stayed(came: readonly Passing[], leg: number, asOf: number) {
  const durations = new Float64Array(came.length)
  const left = new Uint8Array(came.length)
  for (let index = 0; index < came.length; index++) {
    const { at } = came[index]!
    durations[index] = Math.min(at[leg + 1]!, asOf) - at[leg]!
    left[index] = at[leg + 1]! <= asOf ? 1 : 0
  }
  return survival(durations, left)
}

/** In one pass: an estate has hundreds of thousands of versions, and each list of them that is made on the way is as long. */
function countsOf(passings: readonly Passing[], leg: number, spans: readonly Span[], window: Window) {
  const { since, asOf } = window
  const until = Math.min(window.until, asOf)
  const ages: number[] = []
  const came: Passing[] = []
  let [atBegin, departures, spent, spentClosed] = [0, 0, 0, 0]
  for (const passing of passings) {
    const begun = passing.at[leg]!
    const left = passing.at[leg + 1]!
    if (begun < since && left >= since) atBegin++
    if (begun >= since && begun < window.until) came.push(passing)
    if (left >= since && left < window.until) departures++
    if (begun > asOf) continue
    if (left > asOf) ages.push(asOf - begun)
    const stay = { since: Math.max(begun, since), until: Math.min(left, until) }
    if (stay.until <= stay.since) continue
    spent += stay.until - stay.since
    spentClosed += within(stay, spans)
  }
  return { ages: ages.sort((a, b) => a - b), came, atBegin, departures, spent, spentClosed }
}

/** A gate that is closed and that everything passes within that time holds nothing. */
const longMs = 3_600_000

function holds(came: readonly Passing[], leg: number, spans: readonly Span[], asOf: number): boolean {
  if (spans.length === 0) return false
  const isClosed = ({ at }: Passing) => spans.some(({ since, until }) => at[leg]! >= since && at[leg]! < until)
  const half = (some: readonly Passing[]) =>
    quantile(
      some.map(({ at }) => Math.min(at[leg + 1]!, asOf) - at[leg]!).toSorted((a, b) => a - b),
      0.5,
    )
  const closed = half(came.filter(isClosed))
  return closed !== undefined && closed > Math.max(longMs, half(came.filter((one) => !isClosed(one))) ?? 0)
}

/**
 * Little's law as an identity of our own books (Little, Operations Research 9, 1961; over a window, Operations Research 59, 2011):
 * the number on the way, summed over time, is the time on the way, summed over versions. The one is counted from moments at which
 * something came or went, the other from each version; where they differ, something was counted twice or not at all.
 */
export function little(passings: readonly Passing[], window: Window): { readonly counted: number; readonly summed: number } {
  const begin = window.since
  const end = Math.min(window.until, window.asOf)
  const came = new Float64Array(passings.length)
  const went = new Float64Array(passings.length)
  let summed = 0
  for (const [index, { at }] of passings.entries()) {
    came[index] = at[0]!
    went[index] = at.at(-1)!
    summed += overlap({ since: came[index], until: went[index] }, { since: begin, until: end })
  }
  came.sort()
  went.sort()
  let [counted, onTheWay, last] = [0, 0, begin]
  for (let [next, gone] = [0, 0]; gone < went.length;) {
    const isCome = next < came.length && came[next]! <= went[gone]!
    const now = Math.min(Math.max(isCome ? came[next]! : went[gone]!, begin), end)
    counted += onTheWay * Math.max(0, now - last)
    last = Math.max(last, now)
    if (isCome) {
      onTheWay++
      next++
    } else {
      onTheWay--
      gone++
    }
  }
  return { counted: counted + onTheWay * Math.max(0, end - last), summed }
}
