/** A commit, as somebody's repository has it. Who wrote it is not asked: people are not measured. */
export type ToldCommit = {
  readonly sha: string
  /** The first is the one that it went on from. A parent may be unknown: a shallow clone is cut off there. */
  readonly parents: readonly string[]
  /** Seconds since 1970. */
  readonly authored: number
  readonly committed: number
  /** One line. */
  readonly subject: string
  /** How many files it changed. Undefined: it is a merge, whose commits say it, or nobody can tell. */
  readonly files?: number | undefined
  /** Lines. Undefined: the same, or the contents of the files are not there. */
  readonly added?: number | undefined
  readonly deleted?: number | undefined
  /** Files; or, where there are too many, the folders that hold them, with a `/` at the end. */
  readonly paths?: readonly string[] | undefined
  /** Commits that its message says it reverts, or was picked from. */
  readonly reverts?: readonly string[] | undefined
  readonly picked?: readonly string[] | undefined
}

/** Where the branches and tags of a repository stand. */
export type ToldRefs = {
  /** By full name (`refs/tags/v1`), a tag by the commit it stands for. */
  readonly refs: ReadonlyMap<string, string>
  readonly head: string | undefined
  /** Full name of the branch that goes to production. */
  readonly trunk: string | undefined
}

/** What is known of a repository already. */
export type KnownRepository = {
  readonly repository: string
  readonly commits: number
  /** Known commits that no known commit goes on from. */
  readonly tips: readonly string[]
  /** Commits without a part of what is before them: their parents are named and not known. */
  readonly cut: readonly string[]
  readonly refs: Readonly<Record<string, string>>
  readonly head?: string | undefined
  readonly trunk?: string | undefined
}
