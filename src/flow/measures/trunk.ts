import { quantile } from '../../kernel/statistics/quantiles.ts'
import { openBranches, type OpenBranch } from '../lineage/branches.ts'
import type { TrunkChange } from '../lineage/changes.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import type { Window } from './stream-flow.ts'

const dayMs = 86_400_000

/** How often work comes together on the trunk, and how old it is by then. Times in milliseconds. */
export type Trunk = {
  readonly perWeek: number
  /** Days (UTC) on which something was merged, and the longest time without. */
  readonly days: number
  readonly longestPause: number
  /** From when a change was begun until it was merged; undefined: none was. */
  readonly branchAge: { readonly p50: number; readonly p85: number; readonly p95: number } | undefined
  /** Not merged yet, the oldest first. Undefined: nobody knows how branches stood then. */
  readonly open: readonly OpenBranch[] | undefined
}

/** @param merged - changes of the window */
export function trunkOf(
  lineages: readonly StreamLineage[],
  merged: readonly TrunkChange[],
  { since, until, asOf }: Window,
  latest: number,
): Trunk {
  const end = Math.min(until, asOf)
  const times = Float64Array.from(merged, (one) => one.merged).sort()
  const ages = Float64Array.from(merged, (one) => one.merged - one.begun).sort()
  const edges = [since, ...times, end]
  const [p50, p85, p95] = [0.5, 0.85, 0.95].map((share) => quantile(ages, share))
  return {
    perWeek: end > since ? (merged.length / (end - since)) * 7 * dayMs : 0,
    days: new Set([...times].map((at) => Math.floor(at / dayMs))).size,
    longestPause: edges.slice(1).reduce((longest, at, before) => Math.max(longest, at - edges[before]!), 0),
    branchAge: p50 === undefined ? undefined : { p50, p85: p85!, p95: p95! },
    // Where branches stand is known as of now alone.
    open:
      asOf < latest
        ? undefined
        : [...new Set(lineages.map(({ repository }) => repository))].flatMap((repository) => openBranches(repository)),
  }
}
