/** What a host of repositories shows beside a commit. Of the same context the last one counts, so telling it twice is safe. */
export type CommitStatus = {
  readonly commit: string
  /** Names what is told, such as `threeways/shop/production`. */
  readonly context: string
  readonly state: 'pending' | 'running' | 'success' | 'failure' | 'error'
  /** One sentence; hosts cut it where theirs ends. */
  readonly description: string
  /** Where more is to be seen; undefined: the page has no address that others can reach. */
  readonly url: string | undefined
}

/** How telling went. `later` is worth another try; `never` is not, whoever asks. */
export type Told =
  | { readonly told: true }
  | {
      readonly told: 'later'
      readonly why: string
      /** Not before, epoch ms, of everything this host is told: it said so, or does not answer. */ readonly notBefore?: number
    }
  | { readonly told: 'never'; readonly why: string }

/** Tells a host of a status. Never throws: what the network did is told as `later`. */
export type TellStatus = (status: CommitStatus, signal: AbortSignal) => Promise<Told>

/** A host that is told how the commits of some value streams stand. */
export type StatusTarget = {
  /** Names it in the outbox and the log. */
  readonly name: string
  readonly streams: readonly string[]
  /** Address of the page as others reach it, without a slash at its end. */
  readonly page: string | undefined
  readonly tell: TellStatus
}
