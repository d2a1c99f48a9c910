import { doubtOf, type Carried, type Carrier, type Deployment } from '../../src/flow/lineage/carried.ts'
import type { CommitGraph } from '../../src/flow/lineage/graph.ts'

/** How commits are linked when deployments are missing, beside how they are with all of them. In commits. */
export type Verdict = {
  /** To the deployment that carried it, also where only the next one tells of it. */
  right: number
  /** To the one after it that contains it. */
  next: number
  later: number
  none: number
  /** Linked to one that came after the one that carried it; of these, marked as possibly earlier. */
  earlier: number
  marked: number
  /** Whose deployment was deleted; of these, marked in any way. */
  missing: number
  missingMarked: number
}

/**
 * @param whole - with all deployments; what was there when the record begins is left out
 * @param part - with some of them
 */
export function judge(graph: CommitGraph, whole: Carried, deployments: readonly Deployment[], part: Carried): Verdict {
  const verdict: Verdict = { right: 0, next: 0, later: 0, none: 0, earlier: 0, marked: 0, missing: 0, missingMarked: 0 }
  const places = new Map(deployments.map(({ deployment }, at) => [deployment, at]))
  const there = new Set(part.carriers.flatMap(({ deployment }) => deployment ?? []))
  const contained = containment(graph, whole, deployments)
  for (let commit = 0; commit < graph.size; commit++) {
    const carrier = whole.carriers[whole.by[commit]!]
    if (carrier?.deployment === undefined || carrier.doubt !== undefined) continue
    const truth = places.get(carrier.deployment)!
    const link = part.by[commit] === -1 ? undefined : part.carriers[part.by[commit]!]
    const isMarked = link !== undefined && doubtOf(link, graph.committed(commit) * 1000).doubt !== undefined
    if (!there.has(carrier.deployment)) {
      verdict.missing++
      if (isMarked) verdict.missingMarked++
    }
    const how =
      link === undefined ? 'none' : isOf(link, deployments[truth]!) ? 'right' : isOf(link, contained(truth, commit)) ? 'next' : 'later'
    verdict[how]++
    if (how !== 'next' && how !== 'later') continue
    verdict.earlier++
    if (isMarked) verdict.marked++
  }
  return verdict
}

/** Whether a carrier is this deployment, or stands for it while it is missing. */
function isOf({ deployment, version, at, after = Number.NEGATIVE_INFINITY }: Carrier, of: Deployment | undefined): boolean {
  if (of === undefined) return false
  return deployment === undefined ? version === of.version && of.at >= after && of.at <= at : deployment === of.deployment
}

/** The next deployment after one that contains a commit, too. */
function containment(graph: CommitGraph, { carriers }: Carried, deployments: readonly Deployment[]) {
  const commits = new Map(carriers.map(({ deployment, commit }) => [deployment, commit]))
  const kept = new Map<number, Uint8Array>()
  const marksOf = (commit: number) => {
    const known = kept.get(commit)
    if (known !== undefined) return known
    const marks = new Uint8Array(graph.size)
    graph.mark(commit, marks)
    kept.set(commit, marks)
    return marks
  }
  return (truth: number, commit: number): Deployment | undefined => {
    for (const later of deployments.slice(truth + 1, truth + 50)) {
      const deployed = commits.get(later.deployment)
      if (deployed !== undefined && marksOf(deployed)[commit] === 1) return later
    }
    return undefined
  }
}
