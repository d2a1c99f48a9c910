/** What a candidate is told. */
export type Task = {
  /** Aborted when the time is up: pass it on to whatever can be ended. */
  readonly signal: AbortSignal
  readonly dark: true
  /** For a candidate that works elsewhere (a worker): milliseconds of processor time that it took there. */
  readonly spent: (ms: number) => void
}

/** Thrown by a candidate that cannot be had now: the rehearsal does not count. */
export class NotNow extends Error {
  override readonly name = 'NotNow'
}

/** How a feature is rehearsed. */
export type Rehearsal<R> = {
  /** What there is now. What it gives or throws is what the caller gets: the same object, at once. */
  readonly control: () => R
  /** What is to be. Begins in a turn of its own after control has settled. It must not change anything that anybody can see. */
  readonly candidate: (task: Task) => unknown
  /** Makes answers comparable: sorts, leaves out times. Must not change what it is given. */
  readonly normalize?: (answer: Awaited<R>) => unknown
  /** Whether two (normalised) answers are the same. [default: by content] */
  readonly compare?: (control: unknown, candidate: unknown) => boolean
  /** Names of members that do not count, wherever they are. */
  readonly ignore?: readonly string[]
  /** Share of rehearsals (0 … 1) in which control runs a second time instead of the candidate, to learn what differs anyway. Only if control may run twice. [default: 0] */
  readonly noise?: number
  /** Milliseconds after which the candidate is given up. [default: 1,000] */
  readonly timeoutMs?: number
}
