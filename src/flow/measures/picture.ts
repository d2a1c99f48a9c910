import { untilOf } from './environments.ts'
import { ageingOf, curveOf, periodsOf, spreadOf, stationsOf } from './charts.ts'
import { instant, legsOf, viewOf, windowOf } from './board.ts'
import { closedTimes, isOnWay } from './gates.ts'
import { passagesTo } from './lead.ts'
import { horizonOf, type Past, type PastStream } from './past.ts'
import type { FlowQuery, StreamFlowPicture } from './schemas.ts'
import { flowOf, type Window } from './stream-flow.ts'
import { unknownStream } from './unknown-stream.ts'

/** So many of each are told, the newest or the oldest; the totals are of all. */
const most = 500

/**
 * What a stream's flow is drawn from.
 * @throws ThreewaysError `STREAM_NOT_FOUND`
 */
export function pictureOf(past: Past, stream: string, query: FlowQuery, nowMs: number): StreamFlowPicture {
  const found = past.streams.get(stream)
  const window = found && windowOf(query, horizonOf(found, past, nowMs))
  const flow = found && flowOf(found.deployments, window!, past.order, query.to)
  if (!found || !flow) throw unknownStream(past, stream, query)
  const { order } = flow
  const end = order.at(-1)!
  const { deployments } = found
  const { passages, arrivals } = passagesTo(end, untilOf(deployments, window!.asOf))
  const isWay = order.length > 1
  const came = arrivals.filter(({ at }) => at >= window!.since && at < window!.until).toReversed()
  const ageing = isWay ? ageingOf(order, deployments, window!) : []
  const earlier = beforeOf(found, window!)
  const flowBefore = earlier && flowOf(deployments, earlier, past.order, end)
  return {
    flow: viewOf(stream, flow, window!),
    before: earlier && flowBefore ? viewOf(stream, flowBefore, earlier) : null,
    legs: legsOf(order, deployments, window!),
    curve: isWay ? curveOf(passages, window!) : null,
    curveBefore: isWay && earlier ? curveOf(passagesTo(end, untilOf(deployments, earlier.asOf)).passages, earlier) : null,
    spread: isWay ? [...spreadOf(passages, window!)] : [],
    periods: periodsOf(deployments, end, window!).map(({ since, until, p50, ...rest }) => ({
      ...rest,
      since: instant(since),
      until: instant(until),
      p50: isWay ? (p50 ?? null) : null,
    })),
    stations: stationsOf(order, deployments, window!).map(({ batchP50, batchMax, ...rest }) => ({
      ...rest,
      batchP50: batchP50 ?? null,
      batchMax: batchMax ?? null,
    })),
    closed: closedTimes(past.gates.get(stream) ?? [], window!.asOf)
      .filter((one) => isOnWay(one, order) && (one.until === undefined || one.until > window!.since))
      .slice(-most)
      .map(({ since, until, ...gate }) => ({ ...gate, since: instant(since), until: until === undefined ? null : instant(until) })),
    deployments: came.slice(0, most).map(({ at, ...rest }) => ({ ...rest, at: instant(at) })),
    ageing: {
      total: ageing.length,
      oldest: ageing.slice(0, most).map(({ arrived, ...rest }) => ({ ...rest, arrived: instant(arrived) })),
    },
  }
}

/** Of the same length and as it was known at its end; undefined where nothing was known of it. */
function beforeOf({ deployments }: PastStream, { since, until }: Window): Window | undefined {
  const first = deployments[0]
  return first === undefined || first.at >= since ? undefined : { since: since - (until - since), until: since, asOf: since - 1 }
}
