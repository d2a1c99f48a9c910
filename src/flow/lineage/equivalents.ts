import type { CommitGraph } from './graph.ts'

/** How one commit stands for another that it does not contain. */
export type Likeness = 'cherry-pick of' | 'picked as' | 'rebased as' | 'squashed into'

export type Equivalent = { readonly commit: number; readonly as: Likeness; /** From 0 to 1. */ readonly confidence: number }

/** A merged request: the newest commit of its branch, and the one that brought it into the trunk. */
export type Merged = { readonly head: string; readonly merge: string }

/** It says so itself; it might have been changed on the way. */
const saidConfidence = 0.95
/** Author's time and subject are the same, which a rebase keeps. */
const sameConfidence = 0.8
/** The request says which branch; what was pushed after might not be in it. */
const squashConfidence = 0.9

/** Commits that bring what this one brings, under another name. */
export function equivalentsOf(graph: CommitGraph, commit: number, merged: Iterable<Merged> = []): readonly Equivalent[] {
  const found = new Map<number, Equivalent>()
  const add = (other: number | undefined, as: Likeness, confidence: number) => {
    if (other !== undefined && other !== commit && graph.isKnown(other) && !found.has(other))
      found.set(other, { commit: other, as, confidence })
  }
  const name = graph.sha(commit)
  for (const [other, { picked }] of graph.said()) if (picked.includes(name)) add(other, 'picked as', saidConfidence)
  for (const from of graph.said().get(commit)?.picked ?? []) add(graph.find(from), 'cherry-pick of', saidConfidence)
  for (const { head, merge } of merged) if (brings(graph, head, merge, commit)) add(graph.find(merge), 'squashed into', squashConfidence)
  if (!graph.isMerge(commit)) for (const other of twinsOf(graph, commit)) add(other, 'rebased as', sameConfidence)
  return [...found.values()].toSorted((a, b) => b.confidence - a.confidence || (graph.sha(a.commit) < graph.sha(b.commit) ? -1 : 1))
}

function twinsOf(graph: CommitGraph, commit: number): readonly number[] {
  const [authored, subject] = [graph.authored(commit), graph.subject(commit)]
  const twins: number[] = []
  for (let other = 0; other < graph.size; other++) {
    if (graph.authored(other) === authored && graph.isKnown(other) && graph.subject(other) === subject && !graph.isMerge(other))
      twins.push(other)
  }
  return twins
}

/** Whether the branch has the commit, and what came into the trunk has it not under its own name. */
function brings(graph: CommitGraph, head: string, merge: string, commit: number): boolean {
  const [branch, trunk] = [graph.find(head), graph.find(merge)]
  if (branch === undefined || trunk === undefined || branch === trunk) return false
  return graph.contains(branch, commit) && !graph.contains(trunk, commit)
}

/**
 * Commits that say they revert this one, and are not reverted themselves.
 * @param isThere - what had not been committed yet reverted nothing
 */
export function revertsOf(graph: CommitGraph, commit: number, isThere: (commit: number) => boolean = () => true): readonly number[] {
  const of = (name: string) =>
    [...graph.said()].filter(([other, { reverts }]) => reverts.includes(name) && isThere(other)).map(([other]) => other)
  return of(graph.sha(commit)).filter((revert) => of(graph.sha(revert)).length === 0)
}
