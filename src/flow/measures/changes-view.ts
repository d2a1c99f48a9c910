import { noBuilds, together, type Builds } from '../builds/builds.ts'
import { subjectOf } from '../lineage/changes.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { instant, orNull } from './board.ts'
import { changeFlowOf, type ChangeFlow, type ChangeOnWay } from './changes.ts'
import { efficiencyMeans } from './efficiency.ts'
import { noReleases, type Release } from '../releases/releases.ts'
import { releasedMeans, type KnownReleases } from './released.ts'
import { remembered } from './remembered.ts'
import type { ChangesView, StreamFlowView } from './schemas.ts'

type Together = { readonly lineages: readonly StreamLineage[]; readonly builds: Builds }
type Way = Pick<StreamFlowView, 'order' | 'since' | 'until' | 'asOf'>

/** How the changes of a stream flow, in the window and on the way of its versions. Nothing where no commits are known. */
export function changesView(
  lineages: readonly StreamLineage[],
  { order, since, until, asOf }: Way,
  withRows: boolean,
  builds: Builds = noBuilds,
  releases: KnownReleases = { releases: noReleases, asOf: Date.parse(asOf) },
): { readonly changes?: ChangesView } {
  const way = { order, since, until, asOf }
  const isHiding = releases.releases.concern(lineages, releases.asOf)
  // Rows may be many, and are asked for once. What waits behind a flag waits longer at each look.
  const changes =
    withRows || isHiding
      ? viewOf({ lineages, builds }, way, withRows, isHiding ? releases : undefined)
      : known(together(lineages, builds), JSON.stringify(way))
  return changes === undefined ? {} : { changes }
}

const known = remembered((both: Together, way: string) => viewOf(both, JSON.parse(way) as Way, false))

function viewOf({ lineages, builds }: Together, way: Way, withRows: boolean, releases?: KnownReleases): ChangesView | undefined {
  const window = { since: Date.parse(way.since), until: Date.parse(way.until), asOf: Date.parse(way.asOf) }
  const flow = changeFlowOf(lineages, way.order, window, builds, releases)
  if (flow === undefined) return undefined
  const { changes, reached, doubtful, before, stages, batch, unresolved, trunk, efficiency, released, rows } = flow
  return {
    repositories: lineages.map(({ repository }) => repository.name),
    changes,
    reached,
    doubtful,
    before,
    fromBegun: leadOf(flow.fromBegun),
    fromMerged: leadOf(flow.fromMerged),
    stages: stages.map((stage) => ({ ...stage, share: stage.share ?? null })),
    efficiency: efficiency === undefined ? null : efficiencyView(efficiency),
    batch: {
      deployments: batch.deployments,
      commits: spreadOf(batch.commits),
      changes: spreadOf(batch.changes),
      lines: spreadOf(batch.lines),
      oldest: spreadOf(batch.oldest),
    },
    unresolved,
    trunk: trunkView(trunk, window.asOf),
    ...(released === undefined ? {} : { released: releasedView(released, way.order.at(-1)!) }),
    ...(withRows ? { rows: rows.map((row) => rowOf(row, way.order, released?.of.get(row))) } : {}),
  }
}

function releasedView(
  { fromBegun, toFirst, toAll, stages, lost, of: _, ...counts }: NonNullable<ChangeFlow['released']>,
  end: string,
): NonNullable<ChangesView['released']> {
  return {
    ...counts,
    in: end,
    lost: [...lost],
    fromBegun: leadOf(fromBegun),
    toFirst: leadOf(toFirst),
    toAll: leadOf(toAll),
    stages: stages.map((stage) => ({ ...stage, share: stage.share ?? null })),
    definition: releasedMeans,
  }
}

const efficiencyView = ({ limits, working, waiting, total, ...rest }: NonNullable<ChangeFlow['efficiency']>) => ({
  ...rest,
  low: limits?.low ?? null,
  high: limits?.high ?? null,
  known: (working + waiting) / total,
  definition: efficiencyMeans,
})

/** So many branches are named. */
const most = 20

function trunkView({ branchAge, open, ...rest }: ChangeFlow['trunk'], asOf: number): ChangesView['trunk'] {
  return {
    ...rest,
    branchAge: branchAge ?? null,
    open:
      open === undefined
        ? null
        : {
            total: open.length,
            oldest: open.slice(0, most).map(({ name, commits, begun, touched }) => ({
              name,
              commits,
              ageMs: Math.max(0, asOf - begun),
              touched: instant(touched),
            })),
          },
  }
}

const leadOf = ([p50, p85, p95]: ChangeFlow['fromBegun']) => ({ p50: orNull(p50), p85: orNull(p85), p95: orNull(p95) })

const spreadOf = ({ p50, p95, max }: ChangeFlow['batch']['commits']) => ({ p50: p50 ?? null, p95: p95 ?? null, max: max ?? null })

function rowOf(
  { lineage, change, carrier, doubt, arrivals }: ChangeOnWay,
  order: readonly string[],
  release: Release | undefined,
): NonNullable<ChangesView['rows']>[number] {
  const { graph } = lineage.repository
  return {
    commit: graph.sha(change.commit),
    subject: subjectOf(graph, change),
    commits: change.commits.length,
    lines: change.lines ?? null,
    begun: instant(change.begun),
    merged: instant(change.merged),
    reached: Object.fromEntries(order.map((name, at) => [name, arrivals[at] === undefined ? null : instant(arrivals[at])])),
    by: carrier?.version ?? null,
    doubt: doubt ?? null,
    ...(release === undefined ? {} : { release: releaseView(release) }),
  }
}

const instantOrNull = (ms: number | undefined) => (ms === undefined ? null : instant(ms))

const releaseView = ({ flags, first, whole, withdrawn }: Release) => ({
  flags: [...flags],
  first: instantOrNull(first),
  whole: instantOrNull(whole),
  withdrawn: withdrawn.map(({ since, until, killed }) => ({ since: instant(since), until: instantOrNull(until), killed })),
})
