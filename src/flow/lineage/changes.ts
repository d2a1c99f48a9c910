import type { CommitGraph } from './graph.ts'
import type { Request, Requests } from './requests.ts'

/** One step of the trunk: a commit by itself, or a merge with all that it brought. */
export type TrunkChange = {
  /** On the trunk. */
  readonly commit: number
  /** It, and what it brought in beside the trunk. */
  readonly commits: readonly number[]
  /** The pull or merge request that it came with, where its host told of it. */
  readonly request: Request | undefined
  /** When the first of it was written, or its request was opened, ms: a squash keeps no other time. Not after it was merged, whatever the clocks of those who wrote it said. */
  readonly begun: number
  /** When it came into the trunk, ms. */
  readonly merged: number
  /** Undefined: not known of all of them. Merges have none of their own. */
  readonly lines: number | undefined
  readonly files: number | undefined
}

/** The changes of a trunk, oldest first: every commit that the newest one contains belongs to exactly one. */
export function trunkChanges(
  graph: CommitGraph,
  tip: number,
  requests: Pick<Requests, 'of'> = { of: () => undefined },
): readonly TrunkChange[] {
  const trunk: number[] = []
  for (let at: number | undefined = tip; at !== undefined && graph.isKnown(at); at = graph.firstParent(at)) trunk.push(at)
  const marks = new Uint8Array(graph.size)
  return trunk.toReversed().map((commit) => {
    const commits: number[] = []
    graph.mark(commit, marks, (one) => {
      if (graph.isKnown(one)) commits.push(one)
    })
    const merged = graph.committed(commit) * 1000
    const request = requests.of(graph.sha(commit), graph.subject(commit))
    const written = commits.reduce((first, one) => Math.min(first, graph.authored(one) * 1000), merged)
    const begun = Math.min(written, request?.opened ?? written)
    return { commit, commits, request, begun, merged, lines: sumOf(graph, commits, graph.lines), files: sumOf(graph, commits, graph.files) }
  })
}

/** What a change is about: a merge says only that it is one; where it brought one commit, that one says it. */
export function subjectOf(graph: CommitGraph, { commit, commits }: TrunkChange): string {
  const own = graph.subject(commit)
  const [brought, another] = commits.filter((one) => one !== commit && !graph.isMerge(one))
  if (!graph.isMerge(commit) || brought === undefined || another !== undefined || !own.startsWith('Merge ')) return own
  const [number] = /#\d{1,9}\b/.exec(own) ?? []
  return `${graph.subject(brought)}${number === undefined ? '' : ` (${number})`}`
}

function sumOf(graph: CommitGraph, commits: readonly number[], of: (commit: number) => number | undefined): number | undefined {
  let sum = 0
  for (const commit of commits) {
    if (graph.isMerge(commit)) continue
    const one = of(commit)
    if (one === undefined) return undefined
    sum += one
  }
  return sum
}
