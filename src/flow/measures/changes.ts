import type { Span } from '../../kernel/spans.ts'
import { quantile } from '../../kernel/statistics/quantiles.ts'
import { noBuilds, type Builds } from '../builds/builds.ts'
import { buildStage, stepSpans, succeeded, type BuildStage } from '../builds/stage.ts'
import { doubtOf, type Carried, type Carrier, type Doubt } from '../lineage/carried.ts'
import type { TrunkChange } from '../lineage/changes.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { noReleases } from '../releases/releases.ts'
import { efficiencyOf, type Efficiency } from './efficiency.ts'
import { quantilesOfLeads, type LeadQuantiles } from './quantiles-of-leads.ts'
import { releaseFlowOf, type KnownReleases, type ReleaseFlow } from './released.ts'
import { remembered } from './remembered.ts'
import { partsOf, stagesOf, toldOf, type Stage } from './stages.ts'
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
  /** Undefined: nothing is known of it. */
  readonly build: BuildStage | undefined
  /** On the way to each environment, when our own steps worked on it; undefined: another delivered it. */
  readonly steps: readonly (readonly Span[] | undefined)[]
}

type Spread = { readonly p50: number | undefined; readonly p95: number | undefined; readonly max: number | undefined }

/** How changes, as the commits tell them, flow through a stream. Times in milliseconds. */
export type ChangeFlow = {
  /** Merged in the window. */
  readonly changes: number
  readonly reached: number
  /** Of these, carried by a deployment before which one is missing: they may have been there earlier. */
  readonly doubtful: number
  /** Left out: there before the record of deployments begins. */
  readonly before: number
  readonly fromBegun: LeadQuantiles
  readonly fromMerged: LeadQuantiles
  /** Of those that arrived: from begun to merged to each environment. For each change they sum exactly to the time it took. */
  readonly stages: readonly Stage[]
  /** Undefined: nothing says which part of their time was work. */
  readonly efficiency: Efficiency | undefined
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
  /** When users got them. Undefined: no flag hides any of them. */
  readonly released: ReleaseFlow | undefined
  readonly rows: readonly ChangeOnWay[]
}

/**
 * @param lineages - of the stream, one for each repository that it is built from
 * @param order - environments of its way
 * @param builds - what is known of pipelines
 * @param known - what is known of flags
 * @returns undefined when nothing is known of commits
 */
export function changeFlowOf(
  lineages: readonly StreamLineage[],
  order: readonly string[],
  window: Window,
  builds: Builds = noBuilds,
  known: KnownReleases = { releases: noReleases, asOf: window.asOf },
): ChangeFlow | undefined {
  const { since, until, asOf } = window
  const end = order.at(-1)
  if (end === undefined || lineages.every((lineage) => lineage.changes().length === 0)) return undefined
  const inWindow = ({ merged: at }: TrunkChange) => at >= since && at < until && at <= asOf
  const merged = lineages.flatMap((lineage) => onWay(lineage, lineage.changes().filter(inWindow), order, asOf, builds))
  const rows = merged.filter(({ doubt }) => doubt !== 'first')
  const times = rows.map(({ arrivals }) => arrivals.at(-1))
  const told = toldOf(rows)
  return {
    changes: rows.length,
    reached: times.filter((time) => time !== undefined).length,
    doubtful: rows.filter(({ doubt }) => doubt === 'gap').length,
    before: merged.length - rows.length,
    fromBegun: quantilesOfLeads(rows.map(({ change }, at) => ({ begin: change.begun, end: times[at], seen: asOf }))),
    fromMerged: quantilesOfLeads(rows.map(({ change }, at) => ({ begin: change.merged, end: times[at], seen: asOf }))),
    stages: stagesOf(rows, order, told),
    efficiency: efficiencyOf(
      rows.flatMap((row) => {
        const parts = partsOf(row, order, told)
        return parts === undefined ? [] : [{ merged: row.change.merged, parts }]
      }),
    ),
    batch: batchOf(lineages, end, window),
    unresolved: Math.min(...lineages.map(({ environments }) => unresolvedIn(environments.get(end), window))),
    trunk: trunkOf(
      lineages,
      merged.map(({ change }) => change),
      window,
      Math.max(...lineages.flatMap(({ environments }) => [...environments.values()].map(({ carriers }) => carriers.at(-1)?.at ?? 0)), 0),
    ),
    released: releaseFlowOf(rows, lineages, { stream: lineages[0]!.stream, order, told, asOf }, known),
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

function onWay(
  lineage: StreamLineage,
  changes: readonly TrunkChange[],
  order: readonly string[],
  asOf: number,
  builds: Builds,
): readonly ChangeOnWay[] {
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
      build: buildOf(lineage, change, carriers[0], builds, asOf),
      steps: carriers.map((carrier) => carrier && stepSpans(runsOf(lineage, carrier.commit, builds), asOf)),
    }
  })
}

const runsOf = ({ repository }: StreamLineage, commit: number, builds: Builds) =>
  builds.count === 0 ? [] : builds.of(repository.graph.sha(commit), repository.name)

/** Runs of its own commit, and where none of them succeeded those of the one that was deployed with it. */
export function runsOfBuild(lineage: StreamLineage, { commit }: TrunkChange, first: Carrier | undefined, builds: Builds, asOf: number) {
  const own = runsOf(lineage, commit, builds)
  const isOwn = first === undefined || first.commit === commit || own.some((run) => succeeded(run, asOf))
  return isOwn ? own : [...own, ...runsOf(lineage, first.commit, builds)]
}

export const buildOf = (lineage: StreamLineage, change: TrunkChange, first: Carrier | undefined, builds: Builds, asOf: number) =>
  buildStage(runsOfBuild(lineage, change, first, builds, asOf), change.merged, first?.at ?? Number.POSITIVE_INFINITY, asOf)

function carrierOf(carried: Carried | undefined, commit: number, asOf: number): Carrier | undefined {
  const carrier = carried?.carriers[carried.by[commit] ?? -1]
  return carrier !== undefined && carrier.at <= asOf ? carrier : undefined
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
