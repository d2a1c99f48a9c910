import type { Execution, Job, Run, RunName } from './builds.ts'

/** Words, each kept once. 0 stands for none. */
class Words {
  readonly #places = new Map<string, number>()
  readonly #words: (string | undefined)[] = [undefined]

  keep(word: string | undefined): number {
    if (word === undefined) return 0
    const known = this.#places.get(word)
    if (known !== undefined) return known
    const place = this.#words.push(word) - 1
    this.#places.set(word, place)
    return place
  }

  /** 0: nobody ever said it. */
  find(word: string): number {
    return this.#places.get(word) ?? 0
  }

  at(place: number): string | undefined {
    return this.#words[place]
  }
}

/** Rows of so many numbers and so many words. They grow as they are added to. */
class Rows {
  numbers: Float64Array
  words: Uint32Array
  count = 0
  readonly wide: number
  readonly long: number

  constructor(wide: number, long: number) {
    this.wide = wide
    this.long = long
    this.numbers = new Float64Array(wide * 64)
    this.words = new Uint32Array(long * 64)
  }

  /** @returns the number of the row */
  add(numbers: readonly number[], words: readonly number[]): number {
    if (this.numbers.length === this.count * this.wide) {
      const [before, said] = [this.numbers, this.words]
      this.numbers = new Float64Array(before.length * 2)
      this.numbers.set(before)
      this.words = new Uint32Array(said.length * 2)
      this.words.set(said)
    }
    // One by one: to set a few from a list costs many times as much.
    for (let at = 0; at < this.wide; at++) this.numbers[this.count * this.wide + at] = numbers[at]!
    for (let at = 0; at < this.long; at++) this.words[this.count * this.long + at] = words[at]!
    return this.count++
  }
}

const noTime = Number.NaN
const timeAt = (value: number) => (Number.isNaN(value) ? undefined : value)
/** Where the words of a run stand in its row; behind them, where its jobs are, and the run before it that has the same of a word. */
const said = { source: 0, run: 1, name: 2, repository: 3, commit: 4, stream: 5, environment: 6, kind: 7, outcome: 8 } as const
const [jobsFrom, jobCount, beforeOfRun, beforeOfCommit] = [9, 10, 11, 12]
/** Of the numbers of a run: behind its times and its attempt the first and the last that is known of it or of a job. */
const [firstOf, lastOf] = [4, 5]

/**
 * Runs with their jobs, in columns: of hundreds of thousands of jobs, an object for each is many times as large. What is added stays as
 * it is. A run is made an object when it is looked at.
 */
export class Columns {
  readonly #words = new Words()
  readonly #runs = new Rows(6, 13)
  readonly #jobs = new Rows(4, 3)
  /** Of a word, the last run that has it, and one more: 0 is none. */
  readonly #ofRun = new Map<number, number>()
  readonly #ofCommit = new Map<number, number>()

  get count(): number {
    return this.#runs.count
  }

  add(run: Run): void {
    const from = this.#jobs.count
    let [first, last] = spanOf(run)
    for (const job of run.jobs) {
      this.#jobs.add(numbersOf(job), [this.#words.keep(job.name), this.#words.keep(job.stage), this.#words.keep(job.outcome)])
      const [begin, end] = spanOf(job)
      first = Math.min(first, begin)
      last = Math.max(last, end)
    }
    const words = (Object.keys(said) as (keyof typeof said)[]).map((name) => this.#words.keep(run[name]))
    const [named, commit] = [words[said.run]!, words[said.commit]!]
    const before = [this.#ofRun.get(named) ?? 0, this.#ofCommit.get(commit) ?? 0]
    const place = this.#runs.add([...numbersOf(run), first, last], [...words, from, run.jobs.length, ...before])
    this.#ofRun.set(named, place + 1)
    if (commit !== 0) this.#ofCommit.set(commit, place + 1)
  }

  at(place: number): Run {
    const word = (at: number) => this.#words.at(this.#said(place, at))
    const from = this.#said(place, jobsFrom)
    return {
      ...executionAt(this.#runs, place),
      source: word(said.source)!,
      run: word(said.run)!,
      name: word(said.name),
      repository: word(said.repository),
      commit: word(said.commit),
      stream: word(said.stream),
      environment: word(said.environment),
      kind: word(said.kind),
      outcome: word(said.outcome),
      jobs: Array.from({ length: this.#said(place, jobCount) }, (_, n) => this.#jobAt(from + n)),
    }
  }

  /** A run and its jobs, one after the other. */
  executions(place: number, see: (pipeline: string | undefined, job: string | null, told: Execution) => void): void {
    const pipeline = this.word(place, 'name')
    see(pipeline, null, { ...executionAt(this.#runs, place), outcome: this.word(place, 'outcome') })
    const from = this.#said(place, jobsFrom)
    for (let at = from; at < from + this.#said(place, jobCount); at++) {
      const words = at * this.#jobs.long
      const [name, outcome] = [this.#words.at(this.#jobs.words[words]!), this.#words.at(this.#jobs.words[words + 2]!)]
      see(pipeline, name!, { ...executionAt(this.#jobs, at), outcome })
    }
  }

  /** Undefined: it is not there. */
  placeOf({ source, run }: RunName): number | undefined {
    const origin = this.#words.find(source)
    const places = this.#chain(this.#ofRun.get(this.#words.find(run)), beforeOfRun)
    return places.find((place) => this.#said(place, said.source) === origin)
  }

  /** As they were added. */
  ofCommit(commit: string): readonly number[] {
    return this.#chain(this.#ofCommit.get(this.#words.find(commit)), beforeOfCommit).toReversed()
  }

  /** What a run says of it; undefined: nothing. */
  word(place: number, of: keyof typeof said): string | undefined {
    return this.#words.at(this.#said(place, said[of]))
  }

  /** The first and the last that is known of a run or of its jobs, in milliseconds; Infinity and -Infinity: nothing. */
  span(place: number): readonly [first: number, last: number] {
    const { numbers, wide } = this.#runs
    return [numbers[place * wide + firstOf]!, numbers[place * wide + lastOf]!]
  }

  #said(place: number, at: number): number {
    return this.#runs.words[place * this.#runs.long + at]!
  }

  #chain(last: number | undefined, before: number): number[] {
    const places: number[] = []
    for (let next = last ?? 0; next !== 0; next = this.#said(next - 1, before)) places.push(next - 1)
    return places
  }

  #jobAt(at: number): Job {
    const [name, stage, outcome] = [0, 1, 2].map((n) => this.#words.at(this.#jobs.words[at * this.#jobs.long + n]!))
    return { ...executionAt(this.#jobs, at), name: name!, stage, outcome }
  }
}

type Times = Pick<Run, 'queued' | 'started' | 'finished' | 'attempt'>

const numbersOf = ({ queued = noTime, started = noTime, finished = noTime, attempt }: Times) => [queued, started, finished, attempt]

function executionAt({ numbers, wide }: Rows, place: number): Times {
  const at = place * wide
  return {
    queued: timeAt(numbers[at]!),
    started: timeAt(numbers[at + 1]!),
    finished: timeAt(numbers[at + 2]!),
    attempt: numbers[at + 3]!,
  }
}

/** From the first to the last time that is known. */
export function spanOf({ queued, started, finished }: Times): readonly [first: number, last: number] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const at of [queued, started, finished]) {
    if (at === undefined) continue
    first = Math.min(first, at)
    last = Math.max(last, at)
  }
  return [first, last]
}
