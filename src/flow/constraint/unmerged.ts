import { aheadOf, openBranches } from '../lineage/branches.ts'
import type { OpenRequest } from '../lineage/requests.ts'
import type { StreamLineage } from '../lineage/streams.ts'
import { remembered } from '../measures/remembered.ts'

/** Work that was begun and is not on the trunk. Milliseconds. */
export type Unmerged = {
  /** `#12` of a request, else the name of a branch. */
  readonly name: string
  readonly begun: number
  readonly opened: number | undefined
  readonly reviewed: number | undefined
}

export type UnmergedWork = {
  readonly requests: readonly Unmerged[]
  readonly branches: readonly Unmerged[]
  /** Branches that nobody touched in the window, and for which nobody asked: whether they are to come, nobody knows. */
  readonly untouched: number
}

type Look = { readonly since: number; readonly asOf: number }

/**
 * What of a stream was begun and was not merged at a moment: requests that are open, as their host told of them, and branches that
 * hold what the trunk has not and that somebody wrote to since the window began. A branch is known by its commits: what was deleted
 * unmerged since, is not. What was given up by then is not waited for.
 */
export function unmergedOf(lineage: StreamLineage, { since, asOf }: Look): UnmergedWork {
  const { repository } = lineage
  const carried = new Set(lineage.changes().flatMap(({ request }) => request?.number ?? []))
  const requests = repository.requests
    .openAt(asOf)
    .filter((request) => !carried.has(request.number))
    .flatMap((request) => requested(lineage, request, asOf))
  const branches = branchesOf(lineage, 'own').flatMap(({ name, times }) => {
    const told = times.filter((at) => at <= asOf)
    return told.length === 0 ? [] : [{ name, begun: told[0]!, touched: told.at(-1)!, opened: undefined, reviewed: undefined }]
  })
  const touched = branches.filter((branch) => branch.touched >= since)
  return {
    requests,
    branches: touched.map(({ touched: _, ...branch }) => branch),
    untouched: branches.length - touched.length,
  }
}

function requested(lineage: StreamLineage, request: OpenRequest, asOf: number): readonly Unmerged[] {
  const { repository, source, owns } = lineage
  const { number, head, base, opened, reviewed } = request
  if (base !== undefined && base !== repository.trunkName()) return []
  const tip = head === undefined ? undefined : repository.graph.find(head)
  const own = tip === undefined ? [] : aheadOf(repository, tip)
  // Of a part of a repository it is only what touches it, and of what is not here nobody knows what that is.
  if (source.paths.length > 0 && !own.some(owns)) return []
  const begun = own.reduce((first, one) => Math.min(first, repository.graph.authored(one) * 1000), Math.min(opened, asOf))
  return [{ name: `#${number}`, begun, opened, reviewed }]
}

/** Of each branch that is the stream's and that no request is about, when its commits were written, ascending. */
const branchesOf = remembered(({ repository, source, owns }: StreamLineage) => {
  const { graph, requests } = repository
  const seen = new Set<number>()
  return openBranches(repository).flatMap(({ name, tip }) => {
    const own = aheadOf(repository, tip)
    const isTold = seen.has(tip) || requests.isHead(graph.sha(tip))
    seen.add(tip)
    // What has a beginning of its own, as the pages of a project have, is not going to the trunk.
    if (isTold || own.some((one) => graph.parents(one).length === 0)) return []
    if (source.paths.length > 0 && !own.some(owns)) return []
    return [{ name, times: own.map((one) => graph.authored(one) * 1000).toSorted((a, b) => a - b) }]
  })
})
