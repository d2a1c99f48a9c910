import { merged, overlap, within, type Span } from '../../kernel/spans.ts'
import { quantile } from '../../kernel/statistics/quantiles.ts'
import { survival, survivalQuantile } from '../../kernel/statistics/survival.ts'
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

/** Each version's time between two environments; what has not left is there until the moment that is looked from. */
export const staysAt = (passings: readonly Passing[], leg: number, asOf: number): readonly Span[] =>
  passings.flatMap(({ at }) => (at[leg]! <= asOf ? [{ since: at[leg]!, until: Math.min(at[leg + 1]!, asOf) }] : []))

export function legsOf(
  order: readonly string[],
  passings: readonly Passing[],
  closed: readonly ClosedTime[],
  window: Window,
): readonly Leg[] {
  const { since, asOf } = window
  const until = Math.min(window.until, asOf)
  const inside = (at: number) => at >= since && at < window.until
  const delivered = passings.filter(({ at }) => inside(at.at(-1)!))
  const whole = delivered.reduce((sum, { at }) => sum + at.at(-1)! - at[0]!, 0)
  return order.slice(1).map((to, leg) => {
    const spans = closedSpans(closed, order[leg]!, to)
    const stays = staysAt(passings, leg, asOf).map((stay) => ({ since: Math.max(stay.since, since), until: Math.min(stay.until, until) }))
    const ages = passings.flatMap(({ at }) => (at[leg]! <= asOf && at[leg + 1]! > asOf ? [asOf - at[leg]!] : [])).toSorted((a, b) => a - b)
    const came = passings.filter(({ at }) => inside(at[leg]!))
    const curve = survival(
      Float64Array.from(came, ({ at }) => Math.min(at[leg + 1]!, asOf) - at[leg]!),
      Uint8Array.from(came, ({ at }) => (at[leg + 1]! <= asOf ? 1 : 0)),
    )
    const there = delivered.reduce((sum, { at }) => sum + at[leg + 1]! - at[leg]!, 0)
    return {
      from: order[leg]!,
      to,
      queue: {
        now: ages.length,
        atBegin: passings.filter(({ at }) => at[leg]! < since && at[leg + 1]! >= since).length,
        p50: quantile(ages, 0.5),
        oldest: ages.at(-1),
      },
      arrivals: came.length,
      departures: passings.filter(({ at }) => inside(at[leg + 1]!)).length,
      p50: survivalQuantile(curve, 0.5).value,
      p85: survivalQuantile(curve, 0.85).value,
      spent: stays.reduce((sum, stay) => sum + Math.max(0, stay.until - stay.since), 0),
      spentClosed: stays.reduce((sum, stay) => sum + within(stay, spans), 0),
      shareOfDelivered: whole === 0 ? undefined : there / whole,
      closed: within({ since, until }, spans),
      gateHolds: holds(came, leg, spans, asOf),
      closedNow: spans.some((span) => span.since <= asOf && span.until > asOf),
    }
  })
}

/** A gate that is closed and that everything passes within that time holds nothing. */
const longMs = 3_600_000

function holds(came: readonly Passing[], leg: number, spans: readonly Span[], asOf: number): boolean {
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
  const steps: (readonly [number, number])[] = []
  let summed = 0
  for (const { at } of passings) {
    const [came, went] = [at[0]!, at.at(-1)!]
    steps.push([came, 1], [went, -1])
    summed += overlap({ since: came, until: went }, { since: begin, until: end })
  }
  let [counted, onTheWay, last] = [0, 0, begin]
  for (const [time, step] of steps.toSorted((a, b) => a[0] - b[0])) {
    const now = Math.min(Math.max(time, begin), end)
    counted += onTheWay * Math.max(0, now - last)
    last = Math.max(last, now)
    onTheWay += step
  }
  return { counted: counted + onTheWay * Math.max(0, end - last), summed }
}
