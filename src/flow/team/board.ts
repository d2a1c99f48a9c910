import type { Builds } from '../builds/builds.ts'
import { constraintView } from '../constraint/views.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import type { ToldFailures } from '../measures/attribution/read.ts'
import { definitions } from '../measures/keys/definitions.ts'
import { keysOfGroups } from '../measures/keys/groups.ts'
import type { StreamKeys } from '../measures/keys/schemas.ts'
import type { Past } from '../measures/past.ts'
import type { FlowQuery } from '../measures/schemas.ts'
import type { Releases } from '../releases/releases.ts'
import type { Owners } from './owners.ts'
import type { TeamsBoard } from './board-schemas.ts'

/** All that the board is made of. */
export type Told = {
  readonly past: Past
  readonly failures: ToldFailures
  readonly owners: Owners
  readonly lineages: ReadonlyMap<string, readonly StreamLineage[]>
  readonly builds: Builds
  readonly releases: Releases
}

/** How each team's value streams flow, taken together. Teams stand by name: what one of them does is not what another does. */
export function teamsBoard(told: Told, query: FlowQuery, nowMs: number): TeamsBoard {
  const { past, failures, owners, lineages, builds, releases } = told
  const at = query.asOf === undefined ? nowMs : Date.parse(query.asOf)
  const owned = owners.at(at)
  const streamsOf = new Map(
    [...Map.groupBy(owned, ({ team }) => team)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([team, all]) => [team, all.map(({ stream }) => stream)] as const),
  )
  const { known, groups } = keysOfGroups(past, failures, query, nowMs, streamsOf)
  const held = (stream: string) => {
    const { of, constraint, cannotSay } = constraintView(past, stream, query, nowMs, lineages.get(stream), builds, releases)
    return { stream, of, constraint, cannotSay }
  }
  const rows = [...groups].map(([team, { pooled, streams }]) => {
    const slowest = slowestOf(streams)
    return { team, streams: [...streamsOf.get(team)!], ...pooled, slowest: slowest === undefined ? null : held(slowest) }
  })
  const mine = new Set(owned.map(({ stream }) => stream))
  const unowned = [...past.streams.values()].filter(({ stream, deployments }) => !mine.has(stream) && deployments[0]!.at <= at).length
  const all = [...groups.values()].flatMap(({ streams }) => streams)
  const since = all.map((one) => one.since).toSorted()[0] ?? null
  const until =
    all
      .map((one) => one.until)
      .toSorted()
      .at(-1) ?? null
  return { definitions: { ...definitions }, since, until, known, unowned, rows }
}

/** By the median of the lead time of its versions, which all streams have; of those to which half never came, one with the most on the way. */
function slowestOf(streams: readonly StreamKeys[]): string | undefined {
  const timed = streams.flatMap(({ stream, lead }) => (lead === null || lead.count === 0 ? [] : [{ stream, lead }]))
  const [slowest] = timed.toSorted(
    (a, b) =>
      (b.lead.p50.value ?? Number.MAX_VALUE) - (a.lead.p50.value ?? Number.MAX_VALUE) ||
      b.lead.count - b.lead.ended - (a.lead.count - a.lead.ended),
  )
  return slowest?.stream
}
