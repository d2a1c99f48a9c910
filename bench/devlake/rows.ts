/**
 * The rows that both are given: deployments as they are, what went back as incidents, merges as requests.
 */
import { readPast } from '../delivery-history/past.ts'
import { openRepository } from '../git/opened.ts'
import type { SharedHistory } from '../git/shared.ts'
import { carriedTo, type Deployment } from '../../src/flow/lineage/carried.ts'
import { trunkChanges } from '../../src/flow/lineage/changes.ts'
import { resolve } from '../../src/flow/lineage/resolve.ts'
import { lowerBound } from '../../src/flow/measures/attribution/attribute.ts'
import { groundsOf } from '../../src/flow/measures/attribution/blame.ts'
import { wentBack } from '../../src/flow/measures/attribution/failures.ts'
import type { Past } from '../../src/flow/measures/past.ts'
import type { Placed } from '../../src/flow/measures/attribution/placed.ts'

/** Times in milliseconds. */
export type DeployedRow = {
  readonly id: string
  readonly service: string
  readonly environment: string
  readonly at: number
  readonly version: string
}

/** What went back in production, told as an incident to whom does not see it. */
export type IncidentRow = {
  readonly id: string
  /** Whose tickets it is among. */
  readonly project: string
  readonly created: number
  readonly resolved: number
  /** Deployments that were undone. */
  readonly undone: ReadonlySet<string>
  /** The latest successful one to production in the project before it: DevLake's rule. Undefined: there was none. */
  readonly linked: DeployedRow | undefined
  /** Other services went back with it. */
  readonly isOfMany: boolean
}

export type RequestRow = {
  readonly id: string
  readonly service: string
  /** The merge. */
  readonly commit: string
  readonly created: number
  readonly merged: number
  /** The first deployment on record that contains the merge, and it is not the first of all. */
  readonly deployed: { readonly id: string; readonly at: number } | undefined
}

export type Rows = {
  readonly deployments: readonly DeployedRow[]
  readonly requests: readonly RequestRow[]
  /** One project has all services: what is undone in many of them at once is one incident. */
  readonly ofEstate: readonly IncidentRow[]
  /** Each service is a project: so it is one for each. */
  readonly ofServices: readonly IncidentRow[]
}

export const estate = 'estate'

/** @param asOf - what happened later is not known, milliseconds */
export async function readRows({ table, repositories }: SharedHistory, asOf: number): Promise<Rows> {
  const past = knownBy(await readPast(table), asOf)
  const deployments = [...past.streams.values()].flatMap(({ stream, deployments: own }) =>
    own.map(({ deployment, environment, at, version }) => ({ id: deployment, service: stream, environment, at, version })),
  )
  deployments.sort((a, b) => a.at - b.at)
  const production = deployments.filter(({ environment }) => environment === 'production')
  const requests: RequestRow[] = []
  for (const [service, folder] of repositories) {
    const own = production.filter((one) => one.service === service)
    requests.push(...(await requestsOf(service, folder, own)).filter(({ merged }) => merged <= asOf))
  }
  const placed = groundsOf(past).in('production')
  const failures = wentBack(placed, Number.POSITIVE_INFINITY).map(({ id, detected, resolved, among }) => {
    const undone = new Set(among)
    const backs = placed.filter((one) => one.undid.some((it) => undone.has(it.deployment)))
    return { id, detected, resolved: resolved!, undone, backs, isOfMany: backs.length > 1 }
  })
  return {
    deployments,
    requests,
    ofEstate: failures.map(({ id, detected, resolved, undone, isOfMany }) => ({
      id,
      project: estate,
      created: detected,
      resolved,
      undone,
      linked: latestBefore(production, detected),
      isOfMany,
    })),
    ofServices: failures.flatMap(({ backs, isOfMany }) => backs.map((back) => incidentOf(back, production, isOfMany))),
  }
}

const knownBy = ({ streams, ...rest }: Past, asOf: number): Past => ({
  ...rest,
  streams: new Map(
    [...streams].map(([stream, { deployments }]) => [stream, { stream, deployments: deployments.filter(({ at }) => at <= asOf) }]),
  ),
})

function incidentOf({ deployment, stream, at, undid }: Placed, production: readonly DeployedRow[], isOfMany: boolean): IncidentRow {
  const own = production.filter(({ service }) => service === stream)
  const undone = new Set(undid.map((one) => one.deployment))
  return { id: deployment, project: stream, created: at, resolved: at, undone, linked: latestBefore(own, at), isOfMany }
}

const latestBefore = (deployments: readonly DeployedRow[], at: number): DeployedRow | undefined =>
  deployments[lowerBound(deployments, at) - 1]

async function requestsOf(service: string, folder: string, production: readonly DeployedRow[]): Promise<readonly RequestRow[]> {
  const repository = await openRepository(folder)
  const { graph } = repository
  // What a deployment says ran before it is not in their tables: a deployment that is not on record carries nothing.
  const deployments = production.map(({ id, at, version }): Deployment => ({ deployment: id, at, version, previous: null, commit: null }))
  const { carriers, by } = carriedTo(graph, deployments, (version, commit) => resolve(repository, version, commit))
  return trunkChanges(graph, repository.trunkTip()!)
    .filter(({ commit }) => graph.isMerge(commit))
    .map(({ commit, begun, merged }): RequestRow => {
      const carrier = carriers[by[commit]!]
      const isLinked = carrier?.deployment !== undefined && carrier.doubt !== 'first'
      const sha = graph.sha(commit)
      return {
        id: `${service}#${sha}`,
        service,
        commit: sha,
        created: begun,
        merged,
        deployed: isLinked ? { id: carrier.deployment!, at: carrier.at } : undefined,
      }
    })
}

/**
 * A request's time as DevLake has it, in minutes: from its first commit until it was merged and from there until it was deployed, each
 * rounded up; what did not happen, and what would be negative, takes none.
 */
export function cycleMinutes({ created, merged, deployed }: RequestRow): number {
  const minutes = (from: number, to: number) => Math.max(0, Math.ceil((to - from) / 60_000))
  return minutes(created, merged) + (deployed === undefined ? 0 : minutes(merged, deployed.at))
}
