import type { Job, Run } from '../../builds/builds.ts'
import { uniform } from '../../simulation/random.ts'
import { exponential } from '../../simulation/times.ts'

const minute = 60_000
const hour = 60 * minute

/** What a simulated CI is like. */
export type SimulatedCi = {
  readonly weeks: number
  readonly seed: number
  /** Pushes in a working hour; a tenth of that in others. */
  readonly perHour: number
  /**
   * What jobs wait for: one of so many runners that take the first that came; nothing, for there is a machine for each; or until the
   * run before theirs is over.
   */
  readonly waitsFor: { readonly runners: number } | 'nothing' | 'the run before'
  /** Time of a job is multiplied by it. @defaultValue 1 */
  readonly factor?: number
}

type Planned = { readonly name: string; readonly run: number; readonly ms: number; readonly after: readonly number[]; ready: number }

/**
 * Runs of a CI of which it is known how it works, as a host would tell of them, in whole seconds: each push has two test jobs, a check, and
 * a package made when these are over. Kept apart from what predicts: runners are told here by when each is free.
 */
export function simulatedCi({ weeks, seed, perHour, waitsFor, factor = 1 }: SimulatedCi): readonly Run[] {
  const pushes = pushesOf(weeks, seed, perHour)
  const jobs = pushes.flatMap((at, run) => plan(at, run, seed, factor))
  const times =
    waitsFor === 'the run before' ? oneAfterAnother(jobs, pushes) : onRunners(jobs, waitsFor === 'nothing' ? 100 : waitsFor.runners)
  return pushes.map((at, run) => runOf(at, run, jobs, times))
}

function pushesOf(weeks: number, seed: number, perHour: number): readonly number[] {
  const pushes: number[] = []
  const between = exponential(hour / perHour)
  for (let at = 0, n = 0; at < weeks * 168 * hour; n++) {
    at += between(uniform(seed, n, 0, 0))
    const [day, hourOfDay] = [Math.floor(at / (24 * hour)) % 7, Math.floor(at / hour) % 24]
    const isWork = day < 5 && hourOfDay >= 8 && hourOfDay < 18
    if (isWork || uniform(seed, n, 0, 1) < 0.1) pushes.push(at)
  }
  return pushes
}

function plan(at: number, run: number, seed: number, factor: number): readonly Planned[] {
  const time = (job: number, mean: number) => (mean / 2 + exponential(mean / 2)(uniform(seed, run, 1 + job, 0))) * factor
  const base = run * 4
  const first = ['lint', 'tests (1)', 'tests (2)'].map((name, job) => ({
    name,
    run,
    ms: time(job, (job === 0 ? 2 : 7) * minute),
    after: [],
    ready: at,
  }))
  const last = { name: 'package', run, ms: time(3, 3 * minute), after: [base, base + 1, base + 2], ready: Number.POSITIVE_INFINITY }
  return [...first, last]
}

type Times = readonly { readonly started: number; readonly finished: number }[]

/** The job that may begin first takes the runner that is free first; it takes some seconds to begin. */
function onRunners(jobs: readonly Planned[], runners: number): Times {
  const times: { started: number; finished: number }[] = []
  const free: number[] = Array.from({ length: Math.min(runners, jobs.length) }, () => 0)
  const open = new Set<number>()
  let next = 0
  for (let done = 0; done < jobs.length; done++) {
    // What was pushed before anything open may begin is open too.
    let first = [...open].reduce((a, b) => (a === -1 || jobs[b]!.ready < jobs[a]!.ready ? b : a), -1)
    while (next < jobs.length && (first === -1 || jobs[next]!.ready <= jobs[first]!.ready || jobs[next]!.after.length > 0)) {
      if (jobs[next]!.after.length === 0) {
        open.add(next)
        if (first === -1 || jobs[next]!.ready < jobs[first]!.ready) first = next
      }
      next++
    }
    const { ready, ms } = jobs[first]!
    const runner = free.reduce((a, at, b) => (at < free[a]! ? b : a), 0)
    const started = Math.max(ready, free[runner]!) + 4_000
    times[first] = { started, finished: started + ms }
    free[runner] = started + ms
    open.delete(first)
    const package_ = Math.floor(first / 4) * 4 + 3
    if (first === package_ || !jobs[package_]!.after.every((each) => times[each] !== undefined)) continue
    jobs[package_]!.ready = Math.max(...jobs[package_]!.after.map((each) => times[each]!.finished))
    open.add(package_)
  }
  return times
}

/** Machines enough, but one run at a time. */
function oneAfterAnother(jobs: readonly Planned[], pushes: readonly number[]): Times {
  const times: { started: number; finished: number }[] = []
  let free = 0
  for (const [run, at] of pushes.entries()) {
    const begin = Math.max(at, free) + 4_000
    for (let job = run * 4; job < run * 4 + 3; job++) times[job] = { started: begin, finished: begin + jobs[job]!.ms }
    const tested = Math.max(...times.slice(run * 4, run * 4 + 3).map(({ finished }) => finished))
    jobs[run * 4 + 3]!.ready = tested
    times[run * 4 + 3] = { started: tested + 4_000, finished: tested + 4_000 + jobs[run * 4 + 3]!.ms }
    free = times[run * 4 + 3]!.finished
  }
  return times
}

const whole = (ms: number) => Math.floor(ms / 1000) * 1000
/** Where a simulated history begins: a Monday. */
export const ciBegan = Date.UTC(2025, 0, 6)

function runOf(at: number, run: number, planned: readonly Planned[], times: Times): Run {
  const own = [0, 1, 2, 3].map((job) => run * 4 + job)
  const jobs = own.map((job): Job => {
    const { name, ready } = planned[job]!
    const { started, finished } = times[job]!
    const told = { queued: ciBegan + whole(ready), started: ciBegan + whole(started), finished: ciBegan + whole(finished) }
    return { name, stage: undefined, outcome: 'success', attempt: 1, ...told }
  })
  return {
    source: '/ci',
    run: String(run),
    name: 'CI',
    repository: 'acme/shop',
    commit: String(run).padStart(40, '0'),
    stream: 'shop',
    environment: undefined,
    kind: undefined,
    outcome: 'success',
    attempt: 1,
    queued: ciBegan + whole(at),
    started: Math.min(...jobs.map(({ started }) => started!)),
    finished: Math.max(...jobs.map(({ finished }) => finished!)),
    jobs,
  }
}
