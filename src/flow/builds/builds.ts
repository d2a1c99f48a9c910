import { isOurs } from '../../ledger/catalogue.ts'
import { Columns, spanOf } from './columns.ts'

/** Something that was asked for, begun and ended. Milliseconds; undefined: nobody said. */
export type Execution = {
  readonly queued: number | undefined
  readonly started: number | undefined
  readonly finished: number | undefined
  readonly outcome: string | undefined
  /** Counts from 1. */
  readonly attempt: number
}

/** A job of a run, or a step of ours. */
export type Job = Execution & {
  /** Where nobody gave it a name, what it is known by. */
  readonly name: string
  /** Of our own steps: the stage they are of; undefined: they make the candidate. */
  readonly stage: string | undefined
}

/** One run of a pipeline, with what is known of its jobs. */
export type Run = Execution & {
  readonly name: string | undefined
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

/** What a run is called by those who tell of it. */
export type RunName = Pick<Run, 'source' | 'run'>

export const keyOf = ({ source, run }: RunName): string => `${source}\u0000${run}`

/** Every run that is known, or some of them, as of one moment of the ledger: when more is known, it is another one. */
export class Builds {
  readonly #base: Columns
  readonly #told: readonly Run[]
  /** Of those in columns, those that were told of again. */
  readonly #hidden: ReadonlySet<number>
  readonly #only: Uint32Array | undefined
  #commits: ReadonlyMap<string, readonly Run[]> | undefined
  #heard: ReadonlyMap<string, number> | undefined

  /**
   * @param told - of each what is known now; they stand for those of the same name in `base`
   * @param only - of `base` only these. @defaultValue all
   */
  constructor(told: readonly Run[], base = new Columns(), only?: Uint32Array) {
    this.#told = told
    this.#base = base
    this.#hidden = new Set(told.flatMap((run) => base.placeOf(run) ?? []))
    this.#only = only
  }

  get count(): number {
    return (this.#only?.length ?? this.#base.count - this.#hidden.size) + this.#told.length
  }

  /** One after the other: each is made when it is asked for, and is the same to nobody else. */
  *[Symbol.iterator](): Generator<Run, void> {
    for (const place of this.#places()) yield this.#base.at(place)
    yield* this.#told
  }

  /** At least those of which anything is known to have happened, to a job of theirs too, from `since` until before `until`. */
  *touching(since: number, until: number): Generator<Run, void> {
    for (const place of this.#places()) {
      const [first, last] = this.#base.span(place)
      if (first < until && last >= since) yield this.#base.at(place)
    }
    yield* this.#told
  }

  /**
   * The runs and jobs among these, without making an object of each run.
   * @param see - is told the name of the pipeline, and of the job or null of the run itself
   */
  executions(since: number, until: number, see: (pipeline: string | undefined, job: string | null, told: Execution) => void): void {
    for (const place of this.#places()) {
      const [first, last] = this.#base.span(place)
      if (first < until && last >= since) this.#base.executions(place, see)
    }
    for (const run of this.#told) {
      see(run.name, null, run)
      for (const job of run.jobs) see(run.name, job.name, job)
    }
  }

  /** Of some streams: whoever tells of them says so, or they are of a repository that one of them is built from. */
  ofStreams(streams: ReadonlySet<string>, repositories: ReadonlySet<string>): Builds {
    const isOf = (said: string | undefined, repository: string | undefined) =>
      said === undefined ? repository !== undefined && repositories.has(repository) : streams.has(said)
    const places: number[] = []
    for (const place of this.#places()) if (isOf(this.#base.word(place, 'stream'), this.#base.word(place, 'repository'))) places.push(place)
    const told = this.#told.filter((run) => isOf(run.stream, run.repository))
    return new Builds(told, this.#base, Uint32Array.from(places))
  }

  /** Deliveries and runs of a commit; going back to it builds nothing. @param commit - its full name */
  of(commit: string, repository: string): readonly Run[] {
    this.#commits ??= byCommit(this.#told)
    const before = this.#base.ofCommit(commit).filter((place) => !this.#hidden.has(place))
    const runs = [...before.map((place) => this.#base.at(place)), ...(this.#commits.get(commit) ?? [])]
    // Who has one commit in two repositories has it built in both.
    return runs.filter((run) => run.kind !== 'rollback' && (run.repository === undefined || run.repository === repository))
  }

  repositories(): ReadonlySet<string> {
    const found = new Set(this.#told.map(({ repository }) => repository))
    for (const place of this.#places()) found.add(this.#base.word(place, 'repository'))
    return new Set([...found].filter((repository) => repository !== undefined))
  }

  /** Until when something is known of some of them, in milliseconds: of ours until now, of others until their sources last told of any. */
  horizonOf(some: Builds, nowMs: number): number {
    this.#heard ??= this.#lastHeard()
    return Math.max(0, ...[...some.#lastHeard().keys()].map((source) => (isOurs(source) ? nowMs : this.#heard!.get(source)!)))
  }

  *#places(): Generator<number, void> {
    if (this.#only !== undefined) yield* this.#only
    else for (let place = 0; place < this.#base.count; place++) if (!this.#hidden.has(place)) yield place
  }

  /** Of each source, the last that it told of. */
  #lastHeard(): ReadonlyMap<string, number> {
    const heard = new Map<string, number>()
    const hear = (source: string, last: number) => heard.set(source, Math.max(heard.get(source) ?? 0, last))
    for (const place of this.#places()) hear(this.#base.word(place, 'source')!, this.#base.span(place)[1])
    for (const run of this.#told) for (const one of [run, ...run.jobs]) hear(run.source, spanOf(one)[1])
    return heard
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

function byCommit(runs: readonly Run[]): ReadonlyMap<string, readonly Run[]> {
  const found = new Map<string, Run[]>()
  for (const run of runs) {
    if (run.commit === undefined) continue
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
