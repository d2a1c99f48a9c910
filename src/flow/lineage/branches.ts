import type { Repository } from './repository.ts'

/** A branch that holds what the trunk has not. */
export type OpenBranch = {
  readonly name: string
  readonly commits: number
  /** When the first of them was written, and the last, ms. */
  readonly begun: number
  readonly touched: number
  /** Its newest commit. */
  readonly tip: number
}

type Known = {
  readonly changed: number
  /** Undefined: nobody knows which branch the trunk is. */
  readonly trunk: Uint8Array | undefined
  readonly ahead: Map<number, readonly number[]>
  branches?: readonly OpenBranch[]
}
const known = new WeakMap<Repository, Known>()

function knownOf(repository: Repository): Known {
  const before = known.get(repository)
  if (before?.changed === repository.changed) return before
  const tip = repository.trunkTip()
  const trunk = tip === undefined ? undefined : new Uint8Array(repository.graph.size)
  if (tip !== undefined) repository.graph.mark(tip, trunk!)
  const now: Known = { changed: repository.changed, trunk, ahead: new Map() }
  known.set(repository, now)
  return now
}

/** What a commit contains and the trunk does not, as far as its commits are here; none where nobody knows which branch the trunk is. */
export function aheadOf(repository: Repository, commit: number): readonly number[] {
  const { trunk, ahead } = knownOf(repository)
  const { graph } = repository
  if (trunk === undefined || !graph.isKnown(commit)) return []
  const before = ahead.get(commit)
  if (before !== undefined) return before
  const own: number[] = []
  // What one branch has, another may have too.
  graph.mark(commit, trunk.slice(), (one) => {
    if (graph.isKnown(one)) own.push(one)
  })
  ahead.set(commit, own)
  return own
}

/**
 * Branches with commits that are not on the trunk, as they stood when they were last looked at: work that nobody else has. One whose
 * commits are not here is not counted; one that was squashed into the trunk looks open until it is deleted.
 */
export function openBranches(repository: Repository): readonly OpenBranch[] {
  const now = knownOf(repository)
  now.branches ??= [...repository.places()].flatMap(([name, sha]) => openBranch(repository, name, sha)).toSorted(byAge)
  return now.branches
}

function openBranch(repository: Repository, name: string, sha: string): readonly OpenBranch[] {
  const { graph } = repository
  const tip = name.startsWith('refs/heads/') ? graph.find(sha) : undefined
  const own = tip === undefined ? [] : aheadOf(repository, tip)
  if (own.length === 0) return []
  const times = own.map((one) => graph.authored(one) * 1000)
  const [begun, touched] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))]
  return [{ name: name.slice('refs/heads/'.length), commits: own.length, begun, touched, tip: tip! }]
}

const byAge = (a: OpenBranch, b: OpenBranch) => a.begun - b.begun || (a.name < b.name ? -1 : 1)
