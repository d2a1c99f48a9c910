import { firstThat } from '../../kernel/search.ts'
import type { ContentOf } from '../../ledger/event.ts'
import type { commitsRecorded } from '../history/events.ts'

export type RecordedCommit = ContentOf<typeof commitsRecorded>['commits'][number]

const none = -1

/**
 * The commits of one repository, as numbers. Batches may come in any order, twice and overlapping: what a commit is follows from its
 * name, so that the graph is the same. The numbers are those of arrival and mean nothing.
 *
 * A commit that is only named, as somebody's parent or by a tag, has a number and is not known.
 */
export class CommitGraph {
  private readonly numbers = new Map<string, number>()
  private readonly names: string[] = []
  private room = 1024
  private flags = new Uint8Array(this.room)
  private first = new Int32Array(this.room).fill(none)
  private second = new Int32Array(this.room).fill(none)
  /** Parents from the third on: hardly any commit has them. */
  private readonly others = new Map<number, readonly number[]>()
  private times = new Float64Array(2 * this.room)
  private counts = new Int32Array(3 * this.room).fill(none)
  private readonly subjects: string[] = []
  private readonly touched: (readonly string[] | undefined)[] = []
  /** Paths stand in many commits: each is kept once. */
  private readonly paths = new Map<string, string>()
  private readonly spoken = new Map<number, { readonly reverts: readonly string[]; readonly picked: readonly string[] }>()
  private knownCount = 0
  private sorted: readonly string[] = []

  /** Named ones count. Numbers go from 0 to before this. */
  get size(): number {
    return this.names.length
  }

  /** Known ones. */
  get commits(): number {
    return this.knownCount
  }

  add(commits: readonly RecordedCommit[]): void {
    for (const commit of commits) this.addOne(commit)
  }

  private addOne({ sha, parents, authored, committed, subject, files, added, deleted, paths, reverts, picked }: RecordedCommit): void {
    const here = this.number(sha)
    // From a shallow clone it comes without its files.
    if (files !== undefined) {
      this.counts[3 * here + 2] = files
      if (added !== undefined) this.counts[3 * here] = added
      if (deleted !== undefined) this.counts[3 * here + 1] = deleted
      this.touched[here] ??= paths?.map((path) => this.keptOnce(path)) ?? []
    }
    if (this.isKnown(here)) return
    const numbers = parents.map((parent) => this.number(parent))
    this.flags[here] = 1
    this.knownCount++
    this.first[here] = numbers[0] ?? none
    this.second[here] = numbers[1] ?? none
    if (numbers.length > 2) this.others.set(here, numbers.slice(2))
    this.times[2 * here] = authored
    this.times[2 * here + 1] = committed
    this.subjects[here] = subject
    if (reverts !== undefined || picked !== undefined) this.spoken.set(here, { reverts: reverts ?? [], picked: picked ?? [] })
  }

  /** @returns undefined: nobody named it */
  find(sha: string): number | undefined {
    return this.numbers.get(sha)
  }

  /** Known commits whose names begin so; at most two, which is as good as many. */
  beginningWith(prefix: string): readonly number[] {
    if (this.sorted.length !== this.size) this.sorted = this.names.toSorted()
    const found: number[] = []
    for (
      let at = firstThat(this.sorted.length, (at) => this.sorted[at]! >= prefix);
      found.length < 2 && this.sorted[at]?.startsWith(prefix);
      at++
    ) {
      const commit = this.numbers.get(this.sorted[at]!)!
      if (this.isKnown(commit)) found.push(commit)
    }
    return found
  }

  sha = (commit: number): string => this.names[commit]!
  isKnown = (commit: number): boolean => this.flags[commit] === 1
  /** Seconds since 1970. */
  authored = (commit: number): number => this.times[2 * commit]!
  committed = (commit: number): number => this.times[2 * commit + 1]!
  subject = (commit: number): string => this.subjects[commit] ?? ''
  /** Undefined: not known, as of merges. */
  lines = (commit: number): number | undefined => {
    const [added, deleted] = [this.counts[3 * commit]!, this.counts[3 * commit + 1]!]
    return added === none ? undefined : added + deleted
  }
  files = (commit: number): number | undefined => (this.counts[3 * commit + 2] === none ? undefined : this.counts[3 * commit + 2])
  /** Undefined: not known, as of merges. */
  pathsOf = (commit: number): readonly string[] | undefined => this.touched[commit]
  /** @returns undefined for a first commit, and for one that is not known */
  firstParent = (commit: number): number | undefined => (this.first[commit] === none ? undefined : this.first[commit])

  parents(commit: number): readonly number[] {
    if (this.first[commit] === none) return []
    if (this.second[commit] === none) return [this.first[commit]!]
    return [this.first[commit]!, this.second[commit]!, ...(this.others.get(commit) ?? [])]
  }

  isMerge = (commit: number): boolean => this.second[commit] !== none

  /** What commits say they revert or were picked from, by their numbers. */
  said(): ReadonlyMap<number, { readonly reverts: readonly string[]; readonly picked: readonly string[] }> {
    return this.spoken
  }

  /**
   * Marks a commit and all before it that are not marked yet, and calls `see` with each. Marked ones are not gone behind, so that
   * marking many commits takes as long as there are commits.
   */
  mark(from: number, marks: Uint8Array, see: (commit: number) => void = () => {}): void {
    if (marks[from] === 1) return
    const open = [from]
    marks[from] = 1
    const come = (parent: number) => {
      if (marks[parent] === 1) return
      marks[parent] = 1
      open.push(parent)
    }
    for (let commit = open.pop(); commit !== undefined; commit = open.pop()) {
      see(commit)
      const [first, second] = [this.first[commit]!, this.second[commit]!]
      if (first === none) continue
      come(first)
      if (second === none) continue
      come(second)
      for (const other of this.others.get(commit) ?? []) come(other)
    }
  }

  contains(descendant: number, ancestor: number): boolean {
    const marks = new Uint8Array(this.size)
    this.mark(descendant, marks)
    return marks[ancestor] === 1
  }

  private number(sha: string): number {
    const known = this.numbers.get(sha)
    if (known !== undefined) return known
    const here = this.names.push(sha) - 1
    this.numbers.set(sha, here)
    if (here === this.room) this.grow()
    return here
  }

  private grow(): void {
    const more = (old: Int32Array, size: number) => {
      const grown = new Int32Array(size).fill(none)
      grown.set(old)
      return grown
    }
    this.room *= 2
    this.first = more(this.first, this.room)
    this.second = more(this.second, this.room)
    this.counts = more(this.counts, 3 * this.room)
    const [flags, times] = [this.flags, this.times]
    this.flags = new Uint8Array(this.room)
    this.flags.set(flags)
    this.times = new Float64Array(2 * this.room)
    this.times.set(times)
  }

  private keptOnce(path: string): string {
    const known = this.paths.get(path)
    if (known !== undefined) return known
    this.paths.set(path, path)
    return path
  }
}
