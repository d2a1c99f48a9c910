import type { Instant } from '../../kernel/clock.ts'
import { digestOf } from '../../kernel/digest.ts'

type Common = {
  /** Names what is told among all that its source tells: telling it again is telling it once. */
  readonly id: string
  readonly at: Instant
  readonly by?: string | undefined
}

type InEnvironment = Common & {
  /** The value stream: one service, or what is deployed together. */
  readonly stream: string
  readonly environment: string
}

/** A version that came to run somewhere, or did not. */
export type ToldDeployment = InEnvironment & {
  readonly kind: 'deployment'
  readonly version: string
  /** What ran before, where that is known. */
  readonly previous?: string | undefined
  readonly commit?: string | undefined
  /** Names it among all of its source, where that tells of it in several ways. @defaultValue its id */
  readonly deployment?: string | undefined
  /** It was tried and did not succeed: what ran before runs on, or nothing does. @defaultValue false */
  readonly failed?: boolean | undefined
}

export type ToldGate = InEnvironment & { readonly kind: 'gate'; readonly way: 'into' | 'onwards'; readonly open: boolean }

export type ToldIncident = InEnvironment & {
  readonly kind: 'incident'
  readonly phase: 'detected' | 'resolved'
  /** Names the incident, the same when it begins and when it ends. */
  readonly incident: string
  /** When it began, where that was before it was detected. */
  readonly began?: Instant | undefined
  /** What was running and is suspected, where whoever tells it knows. */
  readonly version?: string | undefined
  readonly summary?: string | undefined
}

/** A pull request or merge request. */
export type ToldChange = Common & {
  readonly kind: 'change'
  readonly phase: 'created' | 'updated' | 'reviewed' | 'merged' | 'abandoned'
  readonly repository: string
  readonly number: number
  readonly title?: string | undefined
  /** Commits: the newest of its branch, and, merged, the one that brought it in. */
  readonly head?: string | undefined
  readonly merge?: string | undefined
  /** The branch that it goes to. */
  readonly base?: string | undefined
  readonly draft?: boolean | undefined
  /** Of a review: whether it says yes. */
  readonly approved?: boolean | undefined
}

type Run = Common & {
  /** Names the run, the same in all of its phases. */
  readonly run: string
  readonly name: string
  readonly repository?: string | undefined
  readonly commit?: string | undefined
  readonly stream?: string | undefined
  readonly environment?: string | undefined
  readonly attempt?: number | undefined
  readonly url?: string | undefined
}
export type Outcome = 'success' | 'failure' | 'cancel' | 'error'
type Finished = { readonly phase: 'finished'; readonly outcome: Outcome }

/** A run of somebody's pipeline. */
export type ToldRun = Run & { readonly kind: 'run' } & ({ readonly phase: 'queued' | 'started' } | Finished)

/** A job in a run. CDEvents has no word for one that waits, so when it began to wait is told with its start. */
export type ToldTask = Run & {
  readonly kind: 'task'
  /** Names it among all of its run. */
  readonly task: string
} & ({ readonly phase: 'started'; readonly queued?: Instant | undefined } | Finished)

/** Where branches and tags came to stand. */
export type ToldRefs = Common & {
  readonly kind: 'refs'
  readonly repository: string
  /** Commits by full name: `refs/heads/main`. */
  readonly refs: Readonly<Record<string, string>>
  readonly gone?: readonly string[] | undefined
  /** Full name of the branch that goes to production. */
  readonly trunk?: string | undefined
}

/** Something that others can fetch under a name. */
export type ToldRelease = Common & {
  readonly kind: 'release'
  readonly repository: string
  readonly tag: string
  readonly stream: string
  readonly preliminary?: boolean | undefined
}

/** What a connector found in somebody else's records. It translates and does not judge. */
export type Told = ToldDeployment | ToldGate | ToldIncident | ToldChange | ToldRun | ToldTask | ToldRefs | ToldRelease

/**
 * Names a fact by what it is of and what it says: told again it is the same event, told otherwise another, and the tables bring them
 * together (docs/decisions/0032).
 */
export function identified<One extends Omit<Told, 'id'>>(of: string, one: One): Told {
  return { ...one, id: `${of}-${digestOf(one).slice(7, 23)}` } as unknown as Told
}
