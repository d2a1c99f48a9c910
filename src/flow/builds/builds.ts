import { isOurs } from '../../ledger/catalogue.ts'

/** Something that was asked for, begun and ended. Milliseconds; undefined: nobody said. */
type Execution = {
  readonly name: string | undefined
  readonly queued: number | undefined
  readonly started: number | undefined
  readonly finished: number | undefined
  readonly outcome: string | undefined
  /** Counts from 1. */
  readonly attempt: number
}

/** A job of a run, or a step of ours. */
export type Job = Execution & {
  readonly job: string
  /** Of our own steps: the stage they are of; undefined: they make the candidate. */
  readonly stage: string | undefined
}

/** One run of a pipeline, with what is known of its jobs. */
export type Run = Execution & {
  readonly source: string
  readonly run: string
  readonly repository: string | undefined
  readonly commit: string | undefined
  readonly stream: string | undefined
  readonly environment: string | undefined
  /** Of our own: `delivery` or `rollback`. */
  readonly kind: string | undefined
  readonly jobs: readonly Job[]
}

/** Every run that is known, as of one moment of the ledger: when more is known, it is another one. */
export class Builds {
  readonly runs: readonly Run[]
  private commits: ReadonlyMap<string, readonly Run[]> | undefined
  private heard: ReadonlyMap<string, number> | undefined

  constructor(runs: readonly Run[]) {
    this.runs = runs
  }

  /** Deliveries and runs of a commit; going back to it builds nothing. @param commit - its full name */
  of(commit: string, repository: string): readonly Run[] {
    this.commits ??= byCommit(this.runs)
    const runs = this.commits.get(commit) ?? []
    // Who has one commit in two repositories has it built in both.
    return runs.filter((run) => run.repository === undefined || run.repository === repository)
  }

  repositories(): ReadonlySet<string> {
    return new Set(this.runs.flatMap(({ repository }) => repository ?? []))
  }

  /** Until when something is known of some of them, in milliseconds: of ours until now, of others until their sources last told of any. */
  horizonOf(runs: readonly Run[], nowMs: number): number {
    this.heard ??= heardOf(this.runs)
    return Math.max(
      0,
      ...[...new Set(runs.map(({ source }) => source))].map((source) => (isOurs(source) ? nowMs : this.heard!.get(source)!)),
    )
  }
}

export const noBuilds = new Builds([])

/** What is worked out of a history and of the builds of one moment: the same for as long as neither changes. */
export function together<History extends object>(
  lineages: History,
  builds: Builds,
): { readonly lineages: History; readonly builds: Builds } {
  const known = pairs.get(lineages) as { readonly lineages: History; readonly builds: Builds } | undefined
  if (known?.builds === builds) return known
  const pair = { lineages, builds }
  pairs.set(lineages, pair)
  return pair
}

const pairs = new WeakMap<object, object>()

const lastOf = ({ queued = 0, started = 0, finished = 0 }: Execution) => Math.max(queued, started, finished)

function heardOf(runs: readonly Run[]): ReadonlyMap<string, number> {
  const heard = new Map<string, number>()
  for (const run of runs)
    heard.set(
      run.source,
      run.jobs.reduce((last, job) => Math.max(last, lastOf(job)), Math.max(heard.get(run.source) ?? 0, lastOf(run))),
    )
  return heard
}

function byCommit(runs: readonly Run[]): ReadonlyMap<string, readonly Run[]> {
  const found = new Map<string, Run[]>()
  for (const run of runs) {
    if (run.commit === undefined || run.kind === 'rollback') continue
    const there = found.get(run.commit)
    if (there === undefined) found.set(run.commit, [run])
    else there.push(run)
  }
  return found
}

/** Times as they were told, in order. What is said to have ended before it began, or begun before it was asked for, is not known. */
export function timesOf(told: { readonly queued: string | null; readonly started: string | null; readonly finished: string | null }) {
  const finished = timeOf(told.finished)
  const begun = timeOf(told.started)
  const started = begun !== undefined && finished !== undefined && begun > finished ? undefined : begun
  const asked = timeOf(told.queued)
  const limit = started ?? finished
  return { queued: asked !== undefined && limit !== undefined && asked > limit ? undefined : asked, started, finished }
}

function timeOf(told: string | null): number | undefined {
  const at = told === null ? Number.NaN : Date.parse(told)
  return Number.isNaN(at) ? undefined : at
}
