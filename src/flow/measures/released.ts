import type { StreamLineage } from '../lineage/streams.ts'
import type { Hidden, Release, Releases } from '../releases/releases.ts'
import type { ChangeOnWay } from './changes.ts'
import { quantilesOfLeads, type LeadQuantiles, type Led } from './quantiles-of-leads.ts'
import { stagesOf, type Stage, type Told } from './stages.ts'

/** What is known of flags, as of a moment: ours are known until now, deployments of others until these were last heard of. */
export type KnownReleases = { readonly releases: Releases; readonly asOf: number }

/** How the changes of a stream come to its users, where flags hide some of them. Times in milliseconds. */
export type ReleaseFlow = {
  /** Changes that flags hide; of these, how many run in the last environment, were released, and that to all. */
  readonly hidden: number
  readonly arrived: number
  readonly released: number
  readonly whole: number
  /** Of the released: taken back at least once, of these by the kill switch, and taken back now. */
  readonly withdrawn: number
  readonly killed: number
  readonly withdrawnNow: number
  /** Flags of the stream that name a change which nobody finds on its trunk. */
  readonly lost: readonly string[]
  /** Of all changes, hidden or not, from begun until the first users got them. */
  readonly fromBegun: LeadQuantiles
  /** Of the hidden ones that arrived, from then until the first users got them, and until all did. */
  readonly toFirst: LeadQuantiles
  readonly toAll: LeadQuantiles
  /** Of all changes that were released: their way with this as its last part. They sum exactly to the time from begun until then. */
  readonly stages: readonly Stage[]
  /** Of each change. */
  readonly of: ReadonlyMap<ChangeOnWay, Release>
}

/** What comes after the last environment. */
export const releasedStage = 'released'

export const releasedMeans =
  'a change is released when the last environment of the way runs it and, where flags name it, one of them first gives somebody there something else than control: in state on, in state ramp with a share or a rule, not in the dark. A change that no flag names is released with its deployment. Released to all: when every flag that names it gives everybody something else. What nobody gets yet counts with the time it has waited. A flag that names a value stream and no change hides none'

type Way = { readonly stream: string; readonly order: readonly string[]; readonly told: Told; readonly asOf: number }

/** @returns undefined: no flag names a change of this stream */
export function releaseFlowOf(
  rows: readonly ChangeOnWay[],
  lineages: readonly StreamLineage[],
  { stream, order, told, asOf }: Way,
  { releases, asOf: flagsAsOf }: KnownReleases,
): ReleaseFlow | undefined {
  const hidden = new Map(lineages.map((lineage): [StreamLineage, Hidden] => [lineage, releases.hiding(lineage, flagsAsOf)]))
  const lost = releases.lost(stream, lineages, flagsAsOf)
  const flagsOf = ({ lineage, change }: ChangeOnWay) => hidden.get(lineage)?.get(change.commit) ?? []
  const end = order.at(-1)!
  const all = rows.map((row) => {
    const arrived = row.arrivals.at(-1)
    return { row, arrived, release: releases.of(flagsOf(row), end, arrived, flagsAsOf) }
  })
  const behind = all.filter(({ release }) => release.flags.length > 0)
  if (behind.length === 0 && lost.length === 0) return undefined
  const count = (is: (release: Release) => boolean) => behind.filter(({ release }) => is(release)).length
  const from = (of: (release: Release) => number | undefined) =>
    behind.flatMap(({ arrived, release }): readonly Led[] =>
      arrived === undefined ? [] : [{ begin: arrived, end: of(release), seen: flagsAsOf }],
    )
  return {
    hidden: behind.length,
    arrived: behind.filter(({ arrived }) => arrived !== undefined).length,
    released: count(({ first }) => first !== undefined),
    whole: count(({ whole }) => whole !== undefined),
    withdrawn: count(({ withdrawn }) => withdrawn.length > 0),
    killed: count(({ withdrawn }) => withdrawn.some((one) => one.killed)),
    withdrawnNow: count(({ withdrawn }) => withdrawn.some(({ until }) => until === undefined)),
    lost,
    fromBegun: quantilesOfLeads(
      all.map(({ row, arrived, release }) => ({
        begin: row.change.begun,
        end: release.first,
        seen: arrived === undefined ? asOf : flagsAsOf,
      })),
    ),
    toFirst: quantilesOfLeads(from(({ first }) => first)),
    toAll: quantilesOfLeads(from(({ whole }) => whole)),
    stages: stagesOf(
      all.map(({ row, release }) => withRelease(row, release)),
      [...order, releasedStage],
      told,
    ),
    of: new Map(all.map(({ row, release }) => [row, release])),
  }
}

/** The release is a place on its way like an environment, at which nothing worked on it: it waited behind its flag. */
export const withRelease = (row: ChangeOnWay, { first }: Release): ChangeOnWay => ({
  ...row,
  arrivals: [...row.arrivals, first],
  steps: [...row.steps, []],
})
