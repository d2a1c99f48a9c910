import type { Instant } from '../../kernel/clock.ts'

/** One commit as its repository holds it. Text is bounded and free of control characters (`message` keeps line ends). */
export type Commit = {
  /** Full object name: 40 hex digits, 64 in a SHA-256 repository. */
  readonly sha: string
  /** The e-mail address is personal data: for telling the author, never for the ledger. */
  readonly author: { readonly name: string; readonly email: string }
  readonly authoredAt: Instant
  readonly committedAt: Instant
  /** First paragraph of the message on one line. */
  readonly summary: string
  readonly message: string
  /** In the order of the message; keys as written. */
  readonly trailers: readonly { readonly key: string; readonly value: string }[]
  /** Values of all `Fixes-Stop` trailers, separated by blanks. */
  readonly fixesStop: string | undefined
  /** Empty for a root commit, and for the last commit a shallow clone has. */
  readonly parents: readonly string[]
}

/** A file of the work tree that differs from the last commit: no part of any candidate. */
export type DirtyFile = { readonly path: string; readonly kind: 'changed' | 'untracked' }

/** A commit as a list shows it. */
export type CommitLine = { readonly commit: string; readonly author: string; readonly summary: string; readonly committedAt: Instant }

/** A file that two commits have differently. Line counts are null where it is not a text. */
export type FileLine = {
  readonly path: string
  /** Its path before it was moved. */
  readonly previous: string | null
  readonly kind: 'added' | 'changed' | 'removed' | 'renamed'
  readonly added: number | null
  readonly removed: number | null
}

/** What lies between two commits. Lists are cut, totals are not. */
export type Comparison = {
  /** Commits that only `to` has, newest first, at most 200. */
  readonly commits: CommitLine[]
  readonly commitsTotal: number
  /** Commits that only `from` has. */
  readonly lost: CommitLine[]
  readonly lostTotal: number
  /** At most 1000. */
  readonly files: FileLine[]
  readonly filesTotal: number
  readonly added: number
  readonly removed: number
}

/**
 * Where commits come from. Nothing here changes the repository: no ref, no index, no object, no file of its work tree.
 * `sha` is always a full object name, as `resolve` gives it. Errors every method may throw: `GIT_NOT_FOUND`,
 * `NOT_A_REPOSITORY`, `REPOSITORY_NOT_TRUSTED`, `GIT_FAILED`.
 */
export type Repository = {
  /** Top folder of the work tree; of a bare repository, the repository itself. */
  readonly root: string
  /** @throws ThreewaysError `REPOSITORY_EMPTY`, `REVISION_UNKNOWN`, `REVISION_AMBIGUOUS` */
  resolve(revision: string): Promise<Commit>
  /**
   * Writes the commit's own tree into `folder`, which must be absent or empty: what the author's settings, work tree and
   * index hold never enters. Attributes and filters that the commit itself names apply.
   * @throws ThreewaysError `FOLDER_NOT_EMPTY`, `REVISION_UNKNOWN`, `SUBMODULES_UNSUPPORTED`, `ATTRIBUTES_NOT_COMMITTED`,
   *   `LFS_NOT_INSTALLED`
   */
  checkout(sha: string, folder: string): Promise<void>
  /** Names without remote, local ones first, each once. Empty for a commit no branch reaches. */
  branchesContaining(sha: string): Promise<readonly string[]>
  /** False also when a shallow clone cannot tell. */
  isOnBranch(sha: string, branch: string): Promise<boolean>
  /** What is checked out; undefined when HEAD is detached. */
  currentBranch(): Promise<string | undefined>
  /**
   * Best guess at the branch that goes to production: what `origin` calls its head, a bare repository's own head,
   * `init.defaultBranch`, `main`, `master`, at last what is checked out.
   * @throws ThreewaysError `TRUNK_UNKNOWN`
   */
  trunk(): Promise<string>
  /** Untracked folders count once. Empty for a bare repository. */
  dirtyFiles(): Promise<readonly DirtyFile[]>
  /**
   * A text file of the commit; undefined when the commit has none there.
   * @param path - from the top folder, with `/`
   * @throws ThreewaysError `FILE_NOT_REGULAR`, `FILE_TOO_LARGE` (over 16 MiB)
   */
  readFile(sha: string, path: string): Promise<string | undefined>
  /**
   * Who wrote what `to` has and `from` has not, each once: authors and `Co-authored-by`. Without `from`, of `to` alone.
   * @throws ThreewaysError `REVISION_UNKNOWN`
   */
  authors(from: string | undefined, to: string): Promise<readonly Commit['author'][]>
  /**
   * Full names of the commits that are undone in `sha`: one of its last 200 commits says "This reverts commit …", and its
   * difference is exactly the other way round. What was brought back later does not count.
   */
  revertedIn(sha: string): Promise<readonly string[]>
  /** What `to` has that `from` has not, and the other way round. @throws ThreewaysError `REVISION_UNKNOWN` */
  compare(from: string, to: string): Promise<Comparison>
  /**
   * The difference of one file as unified text, at most 256 KiB, ending at a line.
   * @param previous - its path in `from`, where it was moved
   */
  patch(from: string, to: string, path: string, previous?: string): Promise<{ readonly text: string; readonly complete: boolean }>
}
