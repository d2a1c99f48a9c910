import { merged, within } from '../../kernel/spans.ts'
import { causes, type Cause } from './events.ts'
import type { LineHelper, LineStop } from './projection.ts'

export type Span = {
  /** Middle of those that ended; null: none did. */ readonly medianMs: number | null
  readonly longestMs: number | null
  readonly ended: number
  /** Not yet. */ readonly open: number
}

export type Measures = {
  readonly from: string
  readonly to: string
  readonly stops: number
  readonly open: number
  /** Those that somebody judged to have been false; of the others nobody said so. */
  readonly falseStops: number
  readonly byCause: Readonly<Record<Cause, number>>
  /** Overlapping stops count once; an open one up to now. */
  readonly stoppedMs: readonly { readonly scope: string; readonly stream: string; readonly ms: number; readonly stops: number }[]
  readonly byStream: readonly { readonly stream: string; readonly ms: number; readonly stops: number }[]
  readonly timeToJoin: Span
  readonly timeToRestart: Span
}

type Stop = Pick<LineStop, 'id' | 'scope' | 'stream' | 'cause' | 'since' | 'startedAt' | 'falseStop'>

/** How often and how long the line stood between two moments (ms since the epoch). Pure. */
export function measure(all: readonly Stop[], helpers: readonly LineHelper[], fromMs: number, toMs: number): Measures {
  const stops = all.filter((stop) => sinceOf(stop) < toMs && endOf(stop, toMs) >= fromMs)
  const joined = new Map<string, number>()
  for (const { stop, at } of helpers) joined.set(stop, Math.min(joined.get(stop) ?? Infinity, Date.parse(at!)))
  const open = stops.filter((stop) => stop.startedAt === null)
  const sum = (group: readonly Stop[]) => ({ ms: unionMs(group, fromMs, toMs), stops: group.length })
  const streams = [...new Set(stops.map(({ stream }) => stream!))].toSorted()
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    stops: stops.length,
    open: open.length,
    falseStops: stops.filter(({ falseStop }) => falseStop === true).length,
    byCause: Object.fromEntries(causes.map((cause) => [cause, stops.filter((stop) => stop.cause === cause).length])) as Record<
      Cause,
      number
    >,
    stoppedMs: [...Map.groupBy(stops, ({ scope }) => scope!)].map(([scope, group]) => ({
      scope,
      stream: group[0]!.stream!,
      ...sum(group),
    })),
    // What reaches over all of them stops each of them.
    byStream: streams.map((stream) => ({ stream, ...sum(stops.filter((stop) => stop.stream === stream || stop.stream === '*')) })),
    timeToJoin: span(
      stops.flatMap((stop) => (joined.has(stop.id) ? [joined.get(stop.id)! - sinceOf(stop)] : [])),
      open.filter(({ id }) => !joined.has(id)).length,
    ),
    timeToRestart: span(
      stops.flatMap((stop) => (stop.startedAt === null ? [] : [endOf(stop, toMs) - sinceOf(stop)])),
      open.length,
    ),
  }
}

const sinceOf = ({ since }: Stop) => Date.parse(since!)
const endOf = ({ startedAt }: Stop, toMs: number) => (startedAt === null ? toMs : Date.parse(startedAt))

function span(durations: readonly number[], open: number): Span {
  const sorted = durations.map((ms) => Math.max(0, ms)).toSorted((a, b) => a - b)
  const middle = Math.floor((sorted.length - 1) / 2)
  const median = sorted.length === 0 ? null : sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle]! + sorted[middle + 1]!) / 2
  return { medianMs: median, longestMs: sorted.at(-1) ?? null, ended: sorted.length, open }
}

/** Length of the time in which at least one of them was open. */
function unionMs(stops: readonly Stop[], fromMs: number, toMs: number): number {
  const stopped = merged(stops.map((stop) => ({ since: sinceOf(stop), until: endOf(stop, toMs) })))
  return within({ since: fromMs, until: toMs }, stopped)
}
