import { isOurs } from '../../../ledger/catalogue.ts'
import { firstThat } from '../../../kernel/search.ts'
import { quantile } from '../../../kernel/statistics/quantiles.ts'
import { keyOf, type Run } from '../../builds/builds.ts'
import { runPool, type PoolJob, type Ran } from './pool.ts'

const secondMs = 1000
/** A job that is asked for so soon after another of its run was over waited for that one. */
const followsMs = 10 * secondMs
/** Who waits no longer than that above what it takes a runner to begin waited for none. */
const noWaitMs = 30 * secondMs
const enoughJobs = 50
const enoughWaits = 10
/** So often a number of jobs must have run at once to be that of the runners: clocks of two of them differ. */
const oftenAtPeak = 3
const explains = 0.8
/** Of a run with more jobs it is not looked at which waited for which. */
const mostOfRun = 1000

/** Jobs that share runners, and how many runners there are. */
export type Pool = {
  readonly jobs: readonly PoolJob[]
  /** Of which run each job is, by its key. */
  readonly runs: readonly string[]
  readonly runners: number
  /** From asked for until begun, as it was seen, of the jobs of which it is known; in the order of jobs, NaN where it is not. */
  readonly waited: Float64Array
  /** What it takes a free runner to begin. */
  readonly overhead: number
  /** Of the time of all runners, how much they were busy. */
  readonly utilisation: number
  /** The same history simulated with so many runners. */
  readonly asItWas: Ran
}

type Known = { readonly run: string; readonly queued: number | undefined; readonly started: number; readonly finished: number }

/**
 * What runners did for some runs, as their jobs tell it.
 * @param runs - of which it is assumed that they share runners, and that no others use them
 * @returns in words, why their history does not say how long jobs wait for a runner
 */
export function poolOf(runs: Iterable<Run>, since: number, asOf: number): Pool | string {
  const known = knownJobs(runs, since, asOf)
  const asked = known.filter(({ queued }) => queued !== undefined)
  if (asked.length < enoughJobs) return `of ${asked.length} jobs it is known how long they waited; it takes ${enoughJobs}`
  const runners = peakOf(known)
  const overhead = overheadOf(known, freeOver(known, runners))
  // It is kept for the job from when it is free until that begins.
  const kept = known.map(({ queued, started, finished }) => ({
    started: queued === undefined ? started : Math.max(queued, started - overhead),
    finished,
  }))
  const free = freeOver(kept, runners)
  const waits = known.flatMap(({ queued, started }, at) => {
    if (queued === undefined || started - queued <= overhead + noWaitMs) return []
    return [{ wait: started - queued - overhead, free: free(queued, kept[at]!.started) }]
  })
  if (waits.length < enoughWaits)
    return `${waits.length} of ${asked.length} jobs waited for longer than it takes to begin; that there are ${runners} runners at least is all that it says`
  const sum = (of: (one: (typeof waits)[number]) => number) => waits.reduce((so, one) => so + of(one), 0)
  const idle = sum((one) => one.free) / sum((one) => one.wait)
  if (1 - idle < explains)
    return `for ${Math.round(idle * 100)} % of the time that jobs waited, fewer than the ${runners} ran that ran at most: they waited for something else than a runner`
  return fitted(known, runners, overhead, asOf)
}

/** Holds only where the same jobs on so many runners wait about as long as they did. */
function fitted(known: readonly Known[], runners: number, overhead: number, asOf: number): Pool | string {
  const jobs = jobsOf(known, overhead)
  const asItWas = runPool(jobs, runners)
  const waited = Float64Array.from(known, ({ queued, started }) => (queued === undefined ? Number.NaN : started - queued))
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const seen = meanOf([...waited].filter((wait) => !Number.isNaN(wait)))
  const simulated = meanOf(waitsIn({ jobs, waited }, asItWas, overhead))
  if (Math.abs(simulated - seen) > noWaitMs + seen / 2)
    return `${runners} runners, first come first served, would have had jobs wait ${minutes(simulated)} in the mean, and they waited ${minutes(seen)}`
  const begin = known.reduce((first, { started }) => Math.min(first, started), asOf)
  const worked = jobs.reduce((all, { ms }) => all + ms, 0)
  return { jobs, runs: known.map(({ run }) => run), runners, waited, overhead, utilisation: worked / (runners * (asOf - begin)), asItWas }
}

const minutes = (ms: number) => `${(ms / 60_000).toFixed(1)} min`

/** From asked for until begun, of those of which it is known how long they waited. */
export const waitsIn = ({ jobs, waited }: Pick<Pool, 'jobs' | 'waited'>, { ready, begun }: Ran, overhead: number): readonly number[] =>
  jobs.flatMap((_, at) => (Number.isNaN(waited[at]!) ? [] : [begun[at]! - ready[at]! + overhead]))

function knownJobs(runs: Iterable<Run>, since: number, asOf: number): readonly Known[] {
  const known: Known[] = []
  for (const one of runs) {
    if (isOurs(one.source)) continue
    const run = keyOf(one)
    for (const { queued, started, finished = one.finished } of one.jobs)
      if (started !== undefined && finished !== undefined && finished >= started && finished <= asOf && started >= since)
        known.push({ run, queued, started, finished })
  }
  // Of one moment by name: in whichever order runs were told of, it is the same.
  return known.sort((a, b) => a.started - b.started || (a.run < b.run ? -1 : a.run > b.run ? 1 : 0))
}

type Span = { readonly started: number; readonly finished: number }

/** How many ran at once, over time: when one begins or is over, and how many then run. */
function levelsOf(known: readonly Span[]) {
  const turns = known
    .flatMap(({ started, finished }) =>
      finished > started ? [{ at: started, step: 1 } as const, { at: finished, step: -1 } as const] : [],
    )
    // Of one moment, what ends makes room first.
    .toSorted((a, b) => a.at - b.at || a.step - b.step)
  let level = 0
  return turns.map(({ at, step }) => ({ at, step, level: (level += step) }))
}

function peakOf(known: readonly Span[]): number {
  const reached: number[] = []
  for (const { step, level } of levelsOf(known)) if (step === 1) reached[level] = (reached[level] ?? 0) + 1
  return Math.max(
    1,
    reached.findLastIndex((count) => count >= oftenAtPeak),
  )
}

/** For how long in a span a runner was free. */
function freeOver(known: readonly Span[], runners: number): (begin: number, end: number) => number {
  const turns = levelsOf(known)
  const times = Float64Array.from(turns, ({ at }) => at)
  const free = new Float64Array(turns.length)
  for (let at = 1; at < turns.length; at++) free[at] = free[at - 1]! + (turns[at - 1]!.level < runners ? times[at]! - times[at - 1]! : 0)
  const until = (moment: number) => {
    const at = firstThat(times.length, (place) => times[place]! > moment) - 1
    if (at < 0) return moment - (times[0] ?? moment)
    return free[at]! + (turns[at]!.level < runners ? moment - times[at]! : 0)
  }
  return (begin, end) => until(end) - until(begin)
}

/** What it takes to begin for those that had a free runner all along; where none had, the shortest waits say it. */
function overheadOf(known: readonly Known[], free: (begin: number, end: number) => number): number {
  const waits = known.flatMap(({ queued, started }) =>
    queued === undefined ? [] : [{ wait: started - queued, free: free(queued, started) }],
  )
  const at = (some: typeof waits, share: number) =>
    quantile(
      some.map(({ wait }) => wait).toSorted((a, b) => a - b),
      share,
    )
  const unhindered = waits.filter((one) => one.free >= one.wait)
  return at(unhindered, 0.5) ?? at(waits, 0.05)!
}

/** Each with what it waited for: a job of its run that was just over, or nothing but a runner. */
function jobsOf(known: readonly Known[], overhead: number): readonly PoolJob[] {
  const ofRun = Map.groupBy(known.keys(), (at) => known[at]!.run)
  return known.map(({ run, queued, started, finished }, at) => {
    const ready = queued ?? started
    const others = ofRun.get(run)!
    let after = -1
    for (const other of others.length > mostOfRun ? [] : others) {
      const over = known[other]!.finished
      if (other === at || over > ready || ready - over > followsMs || known[other]!.started >= started) continue
      if (after === -1 || over > known[after]!.finished) after = other
    }
    const gap = after === -1 ? 0 : ready - known[after]!.finished
    return { ready, after, gap, ms: finished - started + (queued === undefined ? 0 : overhead) }
  })
}
