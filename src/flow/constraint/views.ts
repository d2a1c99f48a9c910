import { notFound } from '../../kernel/errors.ts'
import { instant, windowOf } from '../measures/board.ts'
import { ageingOf } from '../measures/charts.ts'
import { closedTimes, type ClosedTime } from '../measures/gates.ts'
import { horizonOf, type Past, type PastStream } from '../measures/past.ts'
import type { FlowQuery } from '../measures/schemas.ts'
import { flowOf, type Window } from '../measures/stream-flow.ts'
import { noBuilds, type Builds } from '../builds/builds.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { releasedStage } from '../measures/released.ts'
import { noReleases, type Releases } from '../releases/releases.ts'
import { changesOnWay, type Way } from './changes.ts'
import { constraintOf } from './constraint.ts'
import { legsOf, little, type Leg } from './legs.ts'
import { ageingOn, knownOf, passingOf } from './passing.ts'
import type { ConstraintBoard, ConstraintView } from './schemas.ts'
import { sentencesOf, waitingTold } from './told.ts'

const weekMs = 7 * 86_400_000
const mostAgeing = 100

/**
 * What holds up every value stream, by name.
 * @param lineages - of each, as of one alone
 */
export function constraintBoard(
  past: Past,
  query: FlowQuery,
  nowMs: number,
  lineages: ReadonlyMap<string, readonly StreamLineage[]> = new Map(),
  builds: Builds = noBuilds,
  releases: Releases = noReleases,
): ConstraintBoard['rows'] {
  return [...past.streams.values()].flatMap((stream) => {
    const found = viewOf(past, stream, query, nowMs, lineages.get(stream.stream), builds, releases)
    if (found === undefined) return []
    const { legs: _, ageing: _ageing, little: _little, ...row } = found
    return [row]
  })
}

/**
 * @param lineages - where its commits are known: then its way begins when a change is begun
 * @param builds - where those of most of its changes are known they are parts of its way
 * @param releases - where flags hide enough of its changes, the time until these are released is the last part of it
 * @throws ThreewaysError `STREAM_NOT_FOUND`
 */
export function constraintView(
  past: Past,
  stream: string,
  query: FlowQuery,
  nowMs: number,
  lineages: readonly StreamLineage[] = [],
  builds: Builds = noBuilds,
  releases: Releases = noReleases,
): ConstraintView {
  const own = past.streams.get(stream)
  const found = own && viewOf(past, own, query, nowMs, lineages, builds, releases)
  if (found) return found
  throw notFound('STREAM_NOT_FOUND', {
    message: `nothing is known of deployments of "${stream}"${query.to === undefined ? '' : ` to ${query.to}`}`,
    help: 'see `threeways flow`',
  })
}

function viewOf(
  past: Past,
  { stream, deployments, ...rest }: PastStream,
  query: FlowQuery,
  nowMs: number,
  lineages: readonly StreamLineage[] = [],
  builds: Builds = noBuilds,
  releases: Releases = noReleases,
): ConstraintView | undefined {
  const window = windowOf(query, horizonOf({ stream, deployments, ...rest }, past, nowMs))
  const environments = flowOf(deployments, window, past.order, query.to)?.order
  if (environments === undefined) return undefined
  const way: Way = changesOnWay(lineages, environments, window, builds, releases) ?? {
    of: 'versions',
    order: environments,
    at: (then) => knownOf(passingOf(environments, deployments), then),
    unbuilt: 0,
    hidden: 0,
    waiting: undefined,
  }
  const { order } = way
  const look = (at: Window) => {
    const passings = way.at(at)
    const closed = closedTimes(past.gates.get(stream) ?? [], at.asOf)
    return {
      passings,
      legs: legsOf(order, passings, order.at(-1) === releasedStage ? closed.filter(isBefore(environments.at(-1)!)) : closed, at),
    }
  }
  const { passings, legs } = look(window)
  const length = window.until - window.since
  const isKnownBefore = deployments[0]!.at < window.since
  const before = isKnownBefore ? look({ since: window.since - length, until: window.since, asOf: window.since - 1 }).legs : undefined
  const verdict = constraintOf(legs, passings, window)
  const whole = legs.reduce((sum, { spent }) => sum + spent, 0)
  const most = verdict.leg === undefined ? undefined : legs[verdict.leg]!
  const ageing = way.of === 'changes' ? ageingOn(order, passings, window.asOf) : ageingOfVersions(environments, deployments, window)
  return {
    stream,
    of: way.of,
    order: [...order],
    since: instant(window.since),
    until: instant(window.until),
    asOf: instant(window.asOf),
    constraint: most
      ? { from: most.from, to: most.to, cause: verdict.cause, share: most.spent / whole, agreement: verdict.agreement }
      : null,
    cannotSay: verdict.doubt ?? null,
    sentences: [
      ...sentencesOf(legs, before, verdict, window, way.of),
      ...waitingTold(way.waiting),
      ...unbuiltTold(way.unbuilt),
      ...hiddenTold(way.hidden),
    ],
    legs: legs.map((leg, at) => legView(leg, before?.[at], whole, window)),
    ageing: {
      total: ageing.length,
      oldest: ageing.slice(0, mostAgeing).map(({ arrived, ...one }) => ({ ...one, arrived: instant(arrived) })),
    },
    little: littleView(passings, window),
  }
}

const ageingOfVersions = (environments: readonly string[], deployments: PastStream['deployments'], window: Window) =>
  environments.length > 1 ? ageingOf(environments, deployments, window) : []

const unbuiltTold = (count: number) =>
  count === 0
    ? []
    : [`${count === 1 ? 'One change' : `${count} changes`} of which no build is known ${count === 1 ? 'is' : 'are'} left out.`]

const hiddenTold = (count: number) =>
  count === 0
    ? []
    : [`${count === 1 ? 'One change is' : `${count} changes are`} behind flags, too few to say whether the way to users is held up there.`]

/** A gate onwards from the last environment does not hold what waits behind a flag. */
const isBefore =
  (end: string) =>
  ({ environment, way }: ClosedTime) =>
    !(environment === end && way === 'onwards')

function legView(
  { queue, p50, p85, spent, spentClosed, shareOfDelivered, closed, ...leg }: Leg,
  before: Leg | undefined,
  whole: number,
  window: Window,
) {
  const weeks = (Math.min(window.until, window.asOf) - window.since) / weekMs
  const perWeek = (count: number) => (weeks > 0 ? count / weeks : 0)
  return {
    ...leg,
    queue: { ...queue, p50: queue.p50 ?? null, oldest: queue.oldest ?? null },
    arrivalsPerWeek: perWeek(leg.arrivals),
    departuresPerWeek: perWeek(leg.departures),
    p50: p50 ?? null,
    p85: p85 ?? null,
    before: before === undefined ? null : { arrivals: before.arrivals, p50: before.p50 ?? null, p85: before.p85 ?? null },
    spentMs: spent,
    share: whole === 0 ? null : spent / whole,
    shareOfDelivered: shareOfDelivered ?? null,
    spentClosedMs: spentClosed,
    closedMs: closed,
  }
}

/** Sums of many doubles may differ by their rounding. */
function littleView(passings: Parameters<typeof little>[0], window: Window): ConstraintView['little'] {
  const { counted, summed } = little(passings, window)
  return { countedMs: counted, summedMs: summed, holds: Math.abs(counted - summed) <= 1e-6 * Math.max(counted, summed, 1) }
}
