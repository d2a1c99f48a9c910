import { survival, survivalQuantile, type Quantile } from '../../kernel/statistics/survival.ts'
import { untilOf, type Deployed } from './environments.ts'
import { passagesTo } from './lead.ts'
import { closedTimes, isOnWay } from './gates.ts'
import { horizonOf, type Past } from './past.ts'
import type { BoardRow, FlowQuery, StreamFlowDetail, StreamFlowView } from './schemas.ts'
import { flowOf, type StreamFlow, type Window } from './stream-flow.ts'
import { unknownStream } from './unknown-stream.ts'

const dayMs = 86_400_000
export const instant = (ms: number) => new Date(ms).toISOString()
export const orNull = ({ value, low, high }: Quantile) => ({ value: value ?? null, low: low ?? null, high: high ?? null })

/** How every value stream flows. */
export function flowBoard(past: Past, query: FlowQuery, nowMs: number): readonly BoardRow[] {
  return [...past.streams.values()].flatMap((stream) => {
    const window = windowOf(query, horizonOf(stream, past, nowMs))
    const flow = flowOf(stream.deployments, window, past.order, query.to)
    return flow ? [{ ...viewOf(stream.stream, flow, window), closed: closedNow(past, stream.stream, flow, window).length }] : []
  })
}

/** @throws ThreewaysError `STREAM_NOT_FOUND` */
export function flowOfStream(past: Past, stream: string, query: FlowQuery, nowMs: number): StreamFlowDetail {
  const found = past.streams.get(stream)
  const window = found && windowOf(query, horizonOf(found, past, nowMs))
  const flow = found && flowOf(found.deployments, window!, past.order, query.to)
  if (!found || !flow) throw unknownStream(past, stream, query)
  return {
    ...viewOf(stream, flow, window!),
    legs: legsOf(flow.order, found.deployments, window!),
    closed: closedNow(past, stream, flow, window!).map(({ environment, way, since, by }) => ({
      environment,
      way,
      since: instant(since),
      by,
    })),
    ...(query.rows ? { rows: rowsOf(flow.order, found.deployments, window!) } : {}),
  }
}

const closedNow = ({ gates }: Past, stream: string, { order }: StreamFlow, { asOf }: Window) =>
  closedTimes(gates.get(stream) ?? [], asOf).filter((one) => one.until === undefined && isOnWay(one, order))

/** The window that was asked for; what is not said follows from until when something is known. */
export function windowOf({ since, until, asOf, days }: FlowQuery, horizon: number): Window {
  const latest = Math.min(horizon, asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(asOf))
  // Until before it: what happened in the last moment belongs to it.
  const end = until === undefined ? latest + 1 : Date.parse(until)
  const begin = since === undefined ? end - days * dayMs : Date.parse(since)
  return { since: begin, until: Math.max(begin, end), asOf: latest }
}

export function viewOf(stream: string, flow: StreamFlow, { since, until, asOf }: Window): StreamFlowView {
  const { order, deployments, perWeek, activeDays, lead, batch, back } = flow
  const { versions, reached, p50, p85, p95 } = lead
  const within = lead.within.map(({ ms, share }) => ({ ms, share: share ?? null }))
  return {
    stream,
    order: [...order],
    since: instant(since),
    until: instant(until),
    asOf: instant(asOf),
    deployments,
    perWeek: perWeek ?? null,
    activeDays,
    lead: { versions, reached, p50: orNull(p50), p85: orNull(p85), p95: orNull(p95), within },
    batch: { p50: batch.p50 ?? null, p95: batch.p95 ?? null, max: batch.max ?? null },
    back,
  }
}

/** From each environment to the next: of the versions that came to the one in the window, when the other ran them. */
export function legsOf(order: readonly string[], deployments: readonly Deployed[], window: Window): StreamFlowDetail['legs'] {
  const known = untilOf(deployments, window.asOf)
  const reached = order.map((environment) => new Map(passagesTo(environment, known).passages.map((one) => [one.version, one.reached])))
  return order.slice(1).map((to, at) => {
    const waits: number[] = []
    const came: number[] = []
    for (const [version, begun] of reached[at]!) {
      if (begun === undefined || begun < window.since || begun >= window.until) continue
      const end = reached[at + 1]!.get(version)
      // What came there first another way waited for nothing here.
      waits.push(Math.max(0, (end ?? window.asOf) - begun))
      came.push(end === undefined ? 0 : 1)
    }
    const curve = survival(Float64Array.from(waits), Uint8Array.from(came))
    const [p50, p95] = [orNull(survivalQuantile(curve, 0.5)), orNull(survivalQuantile(curve, 0.95))]
    return { from: order[at]!, to, versions: curve.count, reached: curve.events, p50, p95 }
  })
}

function rowsOf(order: readonly string[], deployments: readonly Deployed[], window: Window): NonNullable<StreamFlowDetail['rows']> {
  return passagesTo(order.at(-1)!, untilOf(deployments, window.asOf)).passages.flatMap(({ version, arrived, reached, by }) =>
    arrived < window.since || arrived >= window.until
      ? []
      : [{ version, arrived: instant(arrived), reached: reached === undefined ? null : instant(reached), by: by ?? null }],
  )
}
