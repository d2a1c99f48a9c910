import { notFound } from '../../kernel/errors.ts'
import { survival, survivalQuantile, type Quantile } from '../../kernel/statistics/survival.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { orderOf, type Deployed } from './environments.ts'
import { passagesTo } from './lead.ts'
import { closedGates, horizons, pastStreams, type PastStream } from './past.ts'
import type { FlowQuery, StreamFlowDetail, StreamFlowView } from './schemas.ts'
import { flowOf, type StreamFlow, type Window } from './stream-flow.ts'

const dayMs = 86_400_000
const instant = (ms: number) => new Date(ms).toISOString()
const orNull = ({ value, low, high }: Quantile) => ({ value: value ?? null, low: low ?? null, high: high ?? null })

/** How every value stream flows. */
export async function flowBoard(ledger: Pick<Ledger, 'db'>, query: FlowQuery, nowMs: number): Promise<readonly StreamFlowView[]> {
  const streams = await pastStreams(ledger)
  const known = horizons(streams, nowMs)
  const order = orderOfAll(streams)
  return streams.flatMap((past) => {
    const window = windowOf(query, past, known)
    const flow = flowOf(past.deployments, window, order, query.to)
    return flow ? [viewOf(past.stream, flow, window)] : []
  })
}

/** @throws ThreewaysError `STREAM_NOT_FOUND` */
export async function flowOfStream(ledger: Pick<Ledger, 'db'>, stream: string, query: FlowQuery, nowMs: number): Promise<StreamFlowDetail> {
  const [past] = await pastStreams(ledger, stream)
  const window = past && windowOf(query, past, horizons([past], nowMs))
  const flow = past && flowOf(past.deployments, window!, [], query.to)
  if (!past || !flow)
    throw notFound('STREAM_NOT_FOUND', {
      message: `nothing is known of deployments of "${stream}"${query.to === undefined ? '' : ` to ${query.to}`}`,
      help: 'see `threeways flow`',
    })
  const closed = await closedGates(ledger, stream, instant(window!.asOf))
  return {
    ...viewOf(stream, flow, window!),
    legs: legsOf(flow.order, past.deployments, window!),
    closed: [...closed],
    ...(query.rows ? { rows: rowsOf(flow.order, past.deployments, window!) } : {}),
  }
}

const orderOfAll = (streams: readonly PastStream[]) =>
  orderOf(streams.flatMap(({ stream, deployments }) => deployments.map((one) => ({ ...one, version: `${stream}@${one.version}` }))))

/** The window that was asked for; what is not said follows from what is known of the stream. */
function windowOf({ since, until, asOf, days }: FlowQuery, { deployments }: PastStream, known: ReadonlyMap<string, number>): Window {
  const horizon = Math.max(...deployments.map(({ source }) => known.get(source)!))
  const latest = Math.min(horizon, asOf === undefined ? Number.POSITIVE_INFINITY : Date.parse(asOf))
  // Until before it: what happened in the last moment belongs to it.
  const end = until === undefined ? latest + 1 : Date.parse(until)
  return { since: since === undefined ? end - days * dayMs : Date.parse(since), until: end, asOf: latest }
}

function viewOf(stream: string, flow: StreamFlow, { since, until, asOf }: Window): StreamFlowView {
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
    perWeek,
    activeDays,
    lead: { versions, reached, p50: orNull(p50), p85: orNull(p85), p95: orNull(p95), within },
    batch: { p50: batch.p50 ?? null, p95: batch.p95 ?? null, max: batch.max ?? null },
    back,
  }
}

const untilOf = ({ asOf }: Window, deployments: readonly Deployed[]) => deployments.filter(({ at }) => at <= asOf)

/** From each environment to the next: of the versions that came to the one in the window, when the other ran them. */
function legsOf(order: readonly string[], deployments: readonly Deployed[], window: Window): StreamFlowDetail['legs'] {
  const known = untilOf(window, deployments)
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
  return passagesTo(order.at(-1)!, untilOf(window, deployments)).passages.flatMap(({ version, arrived, reached, by }) =>
    arrived < window.since || arrived >= window.until
      ? []
      : [{ version, arrived: instant(arrived), reached: reached === undefined ? null : instant(reached), by: by ?? null }],
  )
}
