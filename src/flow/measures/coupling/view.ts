import { invalid, notFound } from '../../../kernel/errors.ts'
import { nearTo } from '../../definition/suggest.ts'
import { subjectOf } from '../../lineage/changes.ts'
import { lowerBound } from '../attribution/attribute.ts'
import { groundsOf } from '../attribution/blame.ts'
import type { Placed } from '../attribution/placed.ts'
import { instant, windowOf } from '../board.ts'
import { wayOf } from '../environments.ts'
import { horizonOf, type Past } from '../past.ts'
import { remembered } from '../remembered.ts'
import type { Window } from '../stream-flow.ts'
import { Owners } from '../../team/owners.ts'
import { changedTogether, type Known } from './changed.ts'
import { couplingsOf, type Coupling, type Couplings } from './coupling.ts'
import type { CouplingQuery, CouplingView, PairWorks, PairWorksQuery } from './schemas.ts'
import { areApart, worksOf } from './works.ts'

const minuteMs = 60_000
/** Pairs above it may be chance. */
const surely = 0.01
const most = 1000

/**
 * What is deployed together, in the environment that most streams are delivered to.
 * @throws ThreewaysError `ENVIRONMENT_NOT_FOUND`
 */
export function coupledView(past: Past, query: CouplingQuery, nowMs: number, owners = nobodys): CouplingView {
  const teams = teamsIn(owners, query, nowMs)
  const environment = query.to ?? mainEnd(past)
  if (environment === undefined)
    return {
      by: 'deployment',
      environment: null,
      since: null,
      until: null,
      minutes: query.minutes,
      looked: 0,
      mass: 0,
      named: null,
      rows: [],
    }
  const placed = groundsOf(past).in(environment)
  if (placed.length === 0)
    throw notFound('ENVIRONMENT_NOT_FOUND', {
      message: `nothing was deployed to "${environment}"`,
      help: `there are: ${past.order.join(', ')}`,
    })
  // Each stream has its own window, as on the other boards: of some nothing was heard for long, and others are our own.
  const windows = new Map(
    [...past.streams].map(([name, stream]) => [name, windowOf({ ...query, rows: false }, horizonOf(stream, past, nowMs))]),
  )
  const { pairs, looked, mass } = couplingsIn(placed, query.minutes * minuteMs, windows)
  const rows = pairs.flatMap(teams).slice(0, most)
  return {
    by: 'deployment',
    environment,
    since: instant(Math.min(...[...windows.values()].map(({ since }) => since))),
    until: instant(Math.max(...[...windows.values()].map(({ until }) => until))),
    minutes: query.minutes,
    looked,
    mass,
    named: null,
    rows,
  }
}

/** Which streams are changed together: by the changes of repositories that several of them are built from. */
export function changedView(known: Known, query: CouplingQuery, nowMs: number, owners = nobodys): CouplingView {
  const teams = teamsIn(owners, query, nowMs)
  const window = windowOf({ ...query, rows: false }, nowMs)
  const { touched } = changedTogether(known, window)
  // Each change is a time of its own.
  const { pairs, looked, mass } = couplingsOf(touched, 1)
  const rows = pairs.flatMap(teams).slice(0, most)
  const { minutes } = query
  return {
    by: 'change',
    environment: null,
    since: instant(window.since),
    until: instant(window.until),
    minutes,
    looked,
    mass,
    named: null,
    rows,
  }
}

/**
 * Which streams of different repositories are changed together: by pieces of work that touched both, held against all that touched
 * anything.
 * @param isStream - whether anything else is known of a stream of that name
 */
export function workedView(
  known: Known,
  query: CouplingQuery,
  nowMs: number,
  owners = nobodys,
  isStream?: (stream: string) => boolean,
): CouplingView {
  const teams = teamsIn(owners, query, nowMs)
  const window = windowOf({ ...query, rows: false }, nowMs)
  const { works, changes, named, common, couplings } = worksOf(known, window, isStream)
  const { pairs, looked, mass } = couplings
  return {
    by: 'work',
    environment: null,
    since: instant(window.since),
    until: instant(window.until),
    minutes: query.minutes,
    looked,
    mass,
    named: { works: works.length, changes, named, common: [...common] },
    rows: pairs.flatMap(teams).slice(0, most),
  }
}

/**
 * The pieces of work that touched both streams, with the changes of each.
 * @throws ThreewaysError `STREAM_NOT_FOUND`, `STREAMS_OF_ONE_REPOSITORY`
 */
export function pairWorksView(known: Known, query: PairWorksQuery, nowMs: number, isStream?: (stream: string) => boolean): PairWorks {
  const { a, b } = query
  const { repositories, links } = known.repositories
  for (const stream of [a, b])
    if (!links.of(stream, repositories.keys()).some(({ repository }) => repositories.has(repository)))
      throw notFound('STREAM_NOT_FOUND', {
        message: `no repository of "${stream}" is known`,
        help:
          nearTo(
            stream,
            [...repositories.keys()].flatMap((name) => links.streamsOf(name)),
          ) ?? 'import it with `threeways import git`; `threeways flow coupling --by work` lists streams that are changed together',
      })
  if (!areApart(known.repositories)(a, b))
    throw invalid('STREAMS_OF_ONE_REPOSITORY', {
      message: `"${a}" and "${b}" are built from the same repository`,
      help: 'see `threeways flow coupling --by change`',
    })
  const window = windowOf({ ...query, rows: false }, nowMs)
  const of = (streams: readonly string[]) => [a, b].filter((stream) => streams.includes(stream))
  const both = worksOf(known, window, isStream).works.filter(
    ({ parts }) => parts.some(({ streams }) => streams.includes(a)) && parts.some(({ streams }) => streams.includes(b)),
  )
  const rows = both
    .toReversed()
    .slice(0, most)
    .flatMap(({ keys, parts }) =>
      parts.flatMap(({ repository: { name, graph }, change, streams }) =>
        of(streams).map((stream) => ({
          work: keys[0]!,
          keys: [...keys],
          stream,
          merged: instant(change.merged),
          repository: name,
          commit: graph.sha(change.commit),
          subject: subjectOf(graph, change),
        })),
      ),
    )
  return { a, b, since: instant(window.since), until: instant(window.until), works: both.length, rows }
}

const nobodys = new Owners([])

/**
 * Sure pairs with whose they are. Of one team: those too of which only one is its own, for that is where it waits for others. All
 * pairs were looked at, so all of them count in the correction.
 * @throws ThreewaysError `TEAM_NOT_FOUND`
 */
function teamsIn(owners: Owners, { team, asOf }: CouplingQuery, nowMs: number) {
  const at = asOf === undefined ? nowMs : Date.parse(asOf)
  const meant = team === undefined ? undefined : owners.streamsOf(team, at)
  const ownerOf = (stream: string) => owners.of(stream, at)?.team ?? null
  return (pair: Coupling) =>
    pair.p < surely && (meant === undefined || meant.has(pair.a) || meant.has(pair.b))
      ? [{ ...pair, teamA: ownerOf(pair.a), teamB: ownerOf(pair.b) }]
      : []
}

function mainEnd(past: Past): string | undefined {
  const counts = new Map<string, number>()
  for (const { deployments } of past.streams.values()) {
    const end = wayOf(deployments, past.order).at(-1)
    if (end !== undefined) counts.set(end, (counts.get(end) ?? 0) + 1)
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0]
}

/** From which of all deployments on, and until before which. */
type Part = readonly [first: number, end: number]

/** What is coupled within the windows of streams. One that slides on over nothing new holds the same deployments. */
function couplingsIn(placed: readonly Placed[], spanMs: number, windows: ReadonlyMap<string, Window>): Couplings {
  const partOf = ({ since, until, asOf }: Window): Part => [lowerBound(placed, since), lowerBound(placed, Math.min(until, asOf + 1))]
  const parts = Map.groupBy(windows, ([, window]) => JSON.stringify(partOf(window)))
  const [most, ...others] = [...parts].toSorted(([, a], [, b]) => b.length - a.length)
  // Of most streams it is the same part, which goes without their names.
  const asked = {
    spanMs,
    most: JSON.parse(most![0]) as Part,
    others: others.map(([part, own]) => [JSON.parse(part), own.map(([name]) => name)]),
  }
  return knownCouplings(placed, JSON.stringify(asked))
}

/** So many windows of each environment: their pairs are as many as the square of the streams. */
const windowsMax = 8
const knownCouplings = remembered((placed: readonly Placed[], question: string) => {
  const { spanMs, most, others } = JSON.parse(question) as { spanMs: number; most: Part; others: readonly [Part, readonly string[]][] }
  const partOf = new Map(others.flatMap(([part, streams]) => streams.map((stream) => [stream, part] as const)))
  const isInside = ({ stream }: Placed, at: number) => {
    const [first, end] = partOf.get(stream) ?? most
    return at >= first && at < end
  }
  return couplingsOf(partOf.size === 0 ? placed.slice(...most) : placed.filter(isInside), spanMs)
}, windowsMax)

const spanMs = 30 * minuteMs
const yearMs = 365 * 86_400_000

/** How strongly others hang together with a stream, as it was known at a moment, from the year before it: their lift beyond chance. */
export function coupledAt(past: Past, environment: string, asOf: number): (stream: string) => ReadonlyMap<string, number> {
  const placed = groundsOf(past).in(environment)
  const year = { since: asOf - yearMs, until: asOf + 1, asOf }
  const { pairs } = couplingsIn(placed, spanMs, new Map([...past.streams.keys()].map((stream) => [stream, year])))
  const coupled = new Map<string, Map<string, number>>()
  for (const { a, b, lift, p } of pairs) {
    if (p >= surely) continue
    coupled.set(a, (coupled.get(a) ?? new Map<string, number>()).set(b, lift - 1))
    coupled.set(b, (coupled.get(b) ?? new Map<string, number>()).set(a, lift - 1))
  }
  return (stream) => coupled.get(stream) ?? none
}

const none: ReadonlyMap<string, number> = new Map()
