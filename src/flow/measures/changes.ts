import { quantile } from '../../kernel/statistics/quantiles.ts'
import { survival, survivalQuantile, type Quantile } from '../../kernel/statistics/survival.ts'
import { doubtOf, type Carried, type Carrier, type Doubt } from '../lineage/carried.ts'
import type { TrunkChange } from '../lineage/changes.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { remembered } from './remembered.ts'
import type { Window } from './stream-flow.ts'
import { trunkOf, type Trunk } from './trunk.ts'

/** A change on its way, with when it came where. Times in milliseconds. */
export type ChangeOnWay = {
  readonly lineage: StreamLineage
  readonly change: TrunkChange
  /** Which carrier brought it to the last environment. Undefined: none yet. */
  readonly carrier: Carrier | undefined
  /** What that may hide. */
  readonly doubt: Doubt | undefined
  /** When it came to each environment of the way; undefined: not there, or nobody knows when. */
  readonly arrivals: readonly (number | undefined)[]
}

type Spread = { readonly p50: number | undefined; readonly p95: number | undefined; readonly max: number | undefined }

export type Stage = {
  readonly from: string
  readonly to: string
  readonly ms: number
  readonly share: number | undefined
  readonly p50: number
  readonly p95: number
}

/** How changes, as the commits tell them, flow through a stream. Times in milliseconds. */
export type ChangeFlow = {
  /** Merged in the window. */
  readonly changes: number
  readonly reached: number
  /** Of these, carried by a deployment before which one is missing: they may have been there earlier. */
  readonly doubtful: number
  /** Left out: there before the record of deployments begins. */
  readonly before: number
  readonly fromBegun: readonly [p50: Quantile, p85: Quantile, p95: Quantile]
  readonly fromMerged: readonly [p50: Quantile, p85: Quantile, p95: Quantile]
  /** Of those that arrived: from begun to merged to each environment. For each change they sum exactly to the time it took. */
  readonly stages: readonly Stage[]
  /** Deployments of the window that brought something. */
  readonly batch: {
    readonly deployments: number
    readonly commits: Spread
    readonly changes: Spread
    readonly lines: Spread
    readonly oldest: Spread
  }
  /** Deployments to the last environment of which nobody knows the commit. */
  readonly unresolved: number
  readonly trunk: Trunk
  readonly rows: readonly ChangeOnWay[]
}

/**
 * @param lineages - of the stream, one for each repository that it is built from
 * @param order - environments of its way
 * @returns undefined when nothing is known of commits
 */
export function changeFlowOf(lineages: readonly StreamLineage[], order: readonly string[], window: Window): ChangeFlow | undefined {
  const { since, until, asOf } = window
  const end = order.at(-1)
  if (end === undefined || lineages.every((lineage) => lineage.changes().length === 0)) return undefined
  const inWindow = ({ merged: at }: TrunkChange) => at >= since && at < until && at <= asOf
  const merged = lineages.flatMap((lineage) => onWay(lineage, lineage.changes().filter(inWindow), order, asOf))
  const rows = merged.filter(({ doubt }) => doubt !== 'first')
  const times = rows.map(({ arrivals }) => arrivals.at(-1))
  return {
    changes: rows.length,
    reached: times.filter((time) => time !== undefined).length,
    doubtful: rows.filter(({ doubt }) => doubt === 'gap').length,
    before: merged.length - rows.length,
    fromBegun: quantilesOf(
      rows.map(({ change }, at) => [change.begun, times[at]]),
      asOf,
    ),
    fromMerged: quantilesOf(
      rows.map(({ change }, at) => [change.merged, times[at]]),
      asOf,
    ),
    stages: stagesOf(rows, order),
    batch: batchOf(lineages, end, window),
    unresolved: Math.min(...lineages.map(({ environments }) => unresolvedIn(environments.get(end), window))),
    trunk: trunkOf(
      lineages,
      merged.map(({ change }) => change),
      window,
      Math.max(...lineages.flatMap(({ environments }) => [...environments.values()].map(({ carriers }) => carriers.at(-1)?.at ?? 0)), 0),
    ),
    rows,
  }
}

/** How long changes take from begun to an environment. Undefined: nothing is known of commits. */
export function changeLeadOf(lineages: readonly StreamLineage[], environment: string, window: Window) {
  return lineages.length === 0 ? undefined : leadIn(lineages, JSON.stringify([environment, window]))
}

const leadIn = remembered((lineages: readonly StreamLineage[], asked: string) => {
  const [environment, window] = JSON.parse(asked) as [string, Window]
  const flow = changeFlowOf(lineages, [environment], window)
  if (flow === undefined) return undefined
  const [p50, p85, p95] = flow.fromBegun
  return { count: flow.changes, ended: flow.reached, p50, p85, p95 }
})

function onWay(lineage: StreamLineage, changes: readonly TrunkChange[], order: readonly string[], asOf: number): readonly ChangeOnWay[] {
  const places = order.map((name) => lineage.environments.get(name))
  return changes.map((change) => {
    const carriers = places.map((carried) => carrierOf(carried, change.commit, asOf))
    const carrier = carriers.at(-1)
    return {
      lineage,
      change,
      carrier,
      doubt: carrier && doubtOf(carrier, change.merged).doubt,
      arrivals: carriers.map((carrier) => (carrier?.doubt === 'first' ? undefined : carrier?.at)),
    }
  })
}

function carrierOf(carried: Carried | undefined, commit: number, asOf: number): Carrier | undefined {
  const carrier = carried?.carriers[carried.by[commit] ?? -1]
  return carrier !== undefined && carrier.at <= asOf ? carrier : undefined
}

/** What has not arrived counts with the time it has waited. A clock that says it arrived before it began says that it took no time. */
function quantilesOf(spans: readonly (readonly [begin: number, end: number | undefined])[], asOf: number) {
  const curve = survival(
    Float64Array.from(spans, ([begin, end]) => Math.max(0, (end ?? asOf) - begin)),
    Uint8Array.from(spans, ([, end]) => (end === undefined ? 0 : 1)),
  )
  return [survivalQuantile(curve, 0.5), survivalQuantile(curve, 0.85), survivalQuantile(curve, 0.95)] as const
}

/**
 * The moments of a change's way: begun, its request opened and first reviewed, merged, each environment. None lies before the one in
 * front of it or after the last: where a change went another way (a hot-fix that is merged afterwards, one without a request) the step
 * took no time.
 */
export function momentsOf({ change, arrivals }: ChangeOnWay): readonly number[] | undefined {
  const last = arrivals.at(-1)
  if (last === undefined) return undefined
  const { begun, merged, request } = change
  const end = Math.max(last, begun)
  const moments = [begun]
  const before = (moment: number | undefined) => (moment === undefined ? undefined : Math.min(moment, merged))
  for (const moment of [before(request?.opened), before(request?.reviewed), merged, ...arrivals])
    moments.push(Math.min(end, Math.max(moments.at(-1)!, moment ?? 0)))
  return moments
}

function stagesOf(rows: readonly ChangeOnWay[], order: readonly string[]): readonly Stage[] {
  // Where no host told of requests, nobody asks for them.
  const told = { opened: rows.some(({ change }) => change.request?.opened), reviewed: rows.some(({ change }) => change.request?.reviewed) }
  const all = ['begun', 'opened', 'reviewed', 'merged', ...order]
  const isTold = (_: unknown, at: number) => (at === 1 ? told.opened : at === 2 ? told.reviewed : true)
  const names = all.filter(isTold)
  const ways = rows.flatMap((row) => {
    const moments = momentsOf(row)
    return moments === undefined ? [] : [moments.filter(isTold)]
  })
  const spans = names.slice(1).map((_, at) => ways.map((moments) => moments[at + 1]! - moments[at]!).toSorted((a, b) => a - b))
  const totals = spans.map((times) => times.reduce((sum, time) => sum + time, 0))
  const total = totals.reduce((sum, time) => sum + time, 0)
  if (ways.length === 0) return []
  return spans.map((times, at) => ({
    from: names[at]!,
    to: names[at + 1]!,
    ms: totals[at]!,
    share: total === 0 ? undefined : totals[at]! / total,
    p50: quantile(times, 0.5)!,
    p95: quantile(times, 0.95)!,
  }))
}

type Batch = { readonly at: number; commits: number; readonly changes: TrunkChange[] }

/** Only deployments on record, and of them those that brought something. */
function batchOf(lineages: readonly StreamLineage[], end: string, window: Window): ChangeFlow['batch'] {
  const brought = lineages.flatMap((lineage) => batchesOf(lineage, end, window)).filter(({ commits }) => commits > 0)
  return {
    deployments: brought.length,
    commits: spreadOf(brought.map(({ commits }) => commits)),
    changes: spreadOf(brought.map(({ changes }) => changes.length)),
    lines: spreadOf(brought.map(({ changes }) => linesOf(changes))),
    oldest: spreadOf(brought.map(({ at, changes }) => oldestAt(at, changes))),
  }
}

function batchesOf({ environments, owns, changes }: StreamLineage, end: string, { since, until, asOf }: Window): readonly Batch[] {
  const carried = environments.get(end)
  if (carried === undefined) return []
  const batches = carried.carriers.map(({ at, deployment, doubt }): Batch | undefined =>
    deployment !== undefined && doubt !== 'first' && at >= since && at < until && at <= asOf ? { at, commits: 0, changes: [] } : undefined,
  )
  for (const change of changes()) batches[carried.by[change.commit] ?? -1]?.changes.push(change)
  carried.by.forEach((place, commit) => {
    const batch = batches[place]
    if (batch !== undefined && owns(commit)) batch.commits++
  })
  return batches.filter((batch) => batch !== undefined)
}

/** Undefined where it is not known of one of them, or there is none. */
function linesOf(changes: readonly TrunkChange[]): number | undefined {
  let sum = 0
  for (const { lines } of changes) {
    if (lines === undefined) return undefined
    sum += lines
  }
  return changes.length === 0 ? undefined : sum
}

const oldestAt = (at: number, changes: readonly TrunkChange[]) =>
  changes.length === 0 ? undefined : Math.max(0, at - changes.reduce((first, { begun }) => Math.min(first, begun), at))

function spreadOf(values: readonly (number | undefined)[]): Spread {
  const known = values.filter((value) => value !== undefined).toSorted((a, b) => a - b)
  return { p50: quantile(known, 0.5), p95: quantile(known, 0.95), max: known.at(-1) }
}

const unresolvedIn = (carried: Carried | undefined, { since, until, asOf }: Window) =>
  carried?.unresolved.filter(({ at }) => at >= since && at < until && at <= asOf).length ?? 0
