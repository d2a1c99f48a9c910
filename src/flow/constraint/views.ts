import { instant, windowOf } from '../measures/board.ts'
import { ageingOf } from '../measures/charts.ts'
import { closedTimes, type Switched } from '../measures/gates.ts'
import { horizonOf, type Past, type PastStream } from '../measures/past.ts'
import type { FlowQuery } from '../measures/schemas.ts'
import { orderIn, type Window } from '../measures/stream-flow.ts'
import { unknownStream } from '../measures/unknown-stream.ts'
import { noBuilds, type Builds } from '../builds/builds.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { releasedStage } from '../measures/released.ts'
import { remembered } from '../measures/remembered.ts'
import { noReleases, type Releases } from '../releases/releases.ts'
import { changesOnWay, type Way } from './changes.ts'
import { constraintOf } from './constraint.ts'
import { openedFirst, legsOf, little, type Leg } from './legs.ts'
import { ageingOn, knownOf, passingOf, type Passing } from './passing.ts'
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
    const commits = lineages.get(stream.stream) ?? []
    return (
      (commits.length === 0
        ? rowOfVersions(past, stream, query, nowMs)
        : heldOf(past, stream, query, nowMs, commits, builds, releases)?.row) ?? []
    )
  })
}

type Row = ConstraintBoard['rows'][number]

/** All that is known of the versions of a stream: the same for as long as nothing is added to it. */
type Known = { readonly stream: PastStream; readonly switches: readonly Switched[] }
const known = new WeakMap<PastStream, Known>()
/** Of deliveries of our own every look is another moment, and none is asked for again. */
const windowsMax = 8
const rows = remembered(({ stream, switches }: Known, question: string): Row | undefined => {
  const { order, window, to } = JSON.parse(question) as { order: readonly string[]; window: Window; to?: string }
  return heldIn(stream, switches, order, window, to)?.row
}, windowsMax)

/** Worked out once for each window, for as long as nothing new is known of the stream. */
function rowOfVersions(past: Past, stream: PastStream, query: FlowQuery, nowMs: number): Row | undefined {
  const switches = past.gates.get(stream.stream) ?? none
  const before = known.get(stream)
  const now = before?.switches === switches ? before : { stream, switches }
  known.set(stream, now)
  const window = windowOf(query, horizonOf(stream, past, nowMs))
  return rows(now, JSON.stringify({ order: past.order, window, to: query.to }))
}

const none: readonly Switched[] = []

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
  const found = own && heldOf(past, own, query, nowMs, lineages, builds, releases)
  if (found) return viewOf(own, found)
  throw unknownStream(past, stream, query)
}

/** What holds a stream up, and what that was worked out from. */
const heldOf = (
  past: Past,
  stream: PastStream,
  query: FlowQuery,
  nowMs: number,
  lineages: readonly StreamLineage[],
  builds: Builds,
  releases: Releases,
): Held | undefined =>
  heldIn(
    stream,
    past.gates.get(stream.stream) ?? none,
    past.order,
    windowOf(query, horizonOf(stream, past, nowMs)),
    query.to,
    (environments, window) => changesOnWay(lineages, environments, window, builds, releases),
  )

/**
 * @param estate - order of the whole estate
 * @param changesOn - how changes went along these environments. @defaultValue nothing is known of them
 */
function heldIn(
  { stream, deployments }: PastStream,
  switches: readonly Switched[],
  estate: readonly string[],
  window: Window,
  to: string | undefined,
  changesOn: (environments: readonly string[], window: Window) => Way | undefined = () => undefined,
): Held | undefined {
  const environments = orderIn(deployments, window, estate, to)
  if (environments === undefined) return undefined
  const way: Way = changesOn(environments, window) ?? {
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
    const counts = order.at(-1) === releasedStage ? isBefore(environments.at(-1)!) : () => true
    const closed = closedTimes(switches, at.asOf).filter(counts)
    return { passings, legs: legsOf(order, passings, closed, at, openedFirst(switches, at.asOf).filter(counts)) }
  }
  const { passings, legs } = look(window)
  const length = window.until - window.since
  const isKnownBefore = deployments[0]!.at < window.since
  const before = isKnownBefore ? look({ since: window.since - length, until: window.since, asOf: window.since - 1 }).legs : undefined
  const verdict = constraintOf(legs, passings, window)
  const whole = legs.reduce((sum, { spent }) => sum + spent, 0)
  const most = verdict.leg === undefined ? undefined : legs[verdict.leg]!
  const row = {
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
  }
  return { row, window, way, environments, passings, legs, before }
}

type Held = {
  readonly row: Row
  readonly window: Window
  readonly way: Way
  readonly environments: readonly string[]
  readonly passings: readonly Passing[]
  readonly legs: readonly Leg[]
  /** Of the window before; undefined: nothing is known of it. */
  readonly before: readonly Leg[] | undefined
}

function viewOf({ deployments }: PastStream, { row, window, way, environments, passings, legs, before }: Held): ConstraintView {
  const whole = legs.reduce((sum, { spent }) => sum + spent, 0)
  const ageing = way.of === 'changes' ? ageingOn(way.order, passings, window.asOf) : ageingOfVersions(environments, deployments, window)
  return {
    ...row,
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
  ({ environment, way }: Pick<Switched, 'environment' | 'way'>) =>
    !(environment === end && way === 'onwards')

function legView(
  { queue, p50, p85, spent, spentClosed, shareOfDelivered, closed, untold, firstTold: _, cameClosed, cameOpen, ...leg }: Leg,
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
    untoldMs: untold,
    cameClosed: cameClosed ?? null,
    cameOpen: cameOpen ?? null,
  }
}

/** Sums of many doubles may differ by their rounding. */
function littleView(passings: Parameters<typeof little>[0], window: Window): ConstraintView['little'] {
  const { counted, summed } = little(passings, window)
  return { countedMs: counted, summedMs: summed, holds: Math.abs(counted - summed) <= 1e-6 * Math.max(counted, summed, 1) }
}
