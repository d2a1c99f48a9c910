import { merged, overlap, within, type Span } from '../../kernel/spans.ts'
import { quantile } from '../../kernel/statistics/quantiles.ts'
import { survival, survivalTime } from '../../kernel/statistics/survival.ts'
import type { ClosedTime, Switched } from '../measures/gates.ts'
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
  /** Of the rest of it, for how long nobody told how a gate stood that was opened later. */
  readonly untold: number
  /** The gates of which that is so, and when they were first told of. */
  readonly firstTold: readonly Told[]
  /** How long those stayed that came in the window, by how the gate stood when they came; undefined: none came. */
  readonly cameClosed: Stays | undefined
  readonly cameOpen: Stays | undefined
  /** It is why time was lost there: what came while it was closed stayed longer, and that is most of the time of all that came. */
  readonly gateHolds: boolean
}

export type Stays = { readonly count: number; readonly mean: number; readonly p50: number }

/** A gate and the first word of it. */
export type Told = Pick<Switched, 'environment' | 'way' | 'at'>

/** Gates of a stream of which the first word was that they were opened, as it was known at a moment: one that is closed was open before. */
export function openedFirst(switches: readonly Switched[], asOf: number): readonly Told[] {
  const first = new Map<string, Switched>()
  for (const one of switches) {
    const key = `${one.environment} ${one.way}`
    if (one.at <= asOf && !first.has(key)) first.set(key, one)
  }
  return [...first.values()].filter(({ open }) => open)
}

const isBetween = ({ environment, way }: Pick<Switched, 'environment' | 'way'>, from: string, to: string) =>
  way === 'into' ? environment === to : environment === from

/** Spans in which a gate between two environments was closed: into the one, or onwards from the other. Merged, by time. */
function closedSpans(times: readonly ClosedTime[], from: string, to: string): readonly Span[] {
  const own = times.filter((time) => isBetween(time, from, to))
  return merged(own.map(({ since, until = Number.POSITIVE_INFINITY }) => ({ since, until })))
}

/** A version's time between two environments; what has not left is there until the moment that is looked from. Undefined: it did not come. */
export const stayAt = ({ at }: Passing, leg: number, asOf: number): Span | undefined =>
  at[leg]! <= asOf ? { since: at[leg]!, until: Math.min(at[leg + 1]!, asOf) } : undefined

/** @param opened - gates of which nothing was told before they were opened @defaultValue there are none */
export function legsOf(
  order: readonly string[],
  passings: readonly Passing[],
  closed: readonly ClosedTime[],
  window: Window,
  opened: readonly Told[] = [],
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
    const inWindow = { since, until: Math.min(window.until, asOf) }
    const firstTold = opened.filter((gate) => gate.at > since && isBetween(gate, order[leg]!, to))
    const unheard = { since, until: Math.min(inWindow.until, Math.max(since, ...firstTold.map(({ at }) => at))) }
    const stays = staysOf(came, leg, spans, asOf)
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
      closed: within(inWindow, spans),
      untold: unheard.until - unheard.since - within(unheard, spans),
      firstTold,
      ...stays,
      gateHolds: holds(stays),
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

/** A gate that is never open, and that everything passes within that time, holds nothing. */
const longMs = 3_600_000

function staysOf(came: readonly Passing[], leg: number, spans: readonly Span[], asOf: number): Pick<Leg, 'cameClosed' | 'cameOpen'> {
  const isClosed = ({ at }: Passing) => spans.some(({ since, until }) => at[leg]! >= since && at[leg]! < until)
  const staysIn = (some: readonly Passing[]): Stays | undefined => {
    const times = some.map(({ at }) => Math.min(at[leg + 1]!, asOf) - at[leg]!).toSorted((a, b) => a - b)
    const p50 = quantile(times, 0.5)
    return p50 === undefined ? undefined : { count: times.length, mean: times.reduce((sum, ms) => sum + ms, 0) / times.length, p50 }
  }
  if (spans.length === 0) return { cameClosed: undefined, cameOpen: staysIn(came) }
  return { cameClosed: staysIn(came.filter(isClosed)), cameOpen: staysIn(came.filter((one) => !isClosed(one))) }
}

/**
 * By the sum of the times, for a few that waited a day for a gate lose more than many that did not; and by the half, so that one that
 * was left lying is no gate's doing where the others came through.
 */
function holds({ cameClosed: closed, cameOpen: open }: Pick<Leg, 'cameClosed' | 'cameOpen'>): boolean {
  if (closed === undefined) return false
  if (open === undefined) return closed.p50 > longMs
  const longer = closed.count * (closed.mean - open.mean)
  return closed.p50 > open.p50 && longer > (closed.count * closed.mean + open.count * open.mean) / 2
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
