import type { Repository } from './repository.ts'

/** A branch that holds what the trunk has not. */
export type OpenBranch = {
  readonly name: string
  readonly commits: number
  /** When the first of them was written, and the last, ms. */
  readonly begun: number
  readonly touched: number
}

const known = new WeakMap<Repository, { readonly changed: number; readonly branches: readonly OpenBranch[] }>()

/**
 * Branches with commits that are not on the trunk, as they stood when they were last looked at: work that nobody else has. One whose
 * commits are not here is not counted; one that was squashed into the trunk looks open until it is deleted.
 */
export function openBranches(repository: Repository): readonly OpenBranch[] {
  const before = known.get(repository)
  if (before?.changed === repository.changed) return before.branches
  const { graph } = repository
  const tip = repository.trunkTip()
  const trunk = new Uint8Array(graph.size)
  if (tip !== undefined) graph.mark(tip, trunk)
  const branches = [...repository.places()].flatMap(([name, sha]): readonly OpenBranch[] => {
    const commit = graph.find(sha)
    if (tip === undefined || !name.startsWith('refs/heads/') || commit === undefined || !graph.isKnown(commit)) return []
    const own: number[] = []
    // What one branch has, another may have too.
    graph.mark(commit, trunk.slice(), (one) => own.push(one))
    const times = own.filter((one) => graph.isKnown(one)).map((one) => graph.authored(one) * 1000)
    if (times.length === 0) return []
    const [begun, touched] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))]
    return [{ name: name.slice('refs/heads/'.length), commits: own.length, begun, touched }]
  })
  const told = branches.toSorted((a, b) => a.begun - b.begun || (a.name < b.name ? -1 : 1))
  known.set(repository, { changed: repository.changed, branches: told })
  return told
}
