/**
 * The statistics of experiments, by simulation and by the clock.
 *
 * Calibration: experiments in which nothing happens, looked at every day for 28 days, 250 users an arm and day, through the product's own
 * sums and analysis: how many find something (at most 5 %), read as group sequential, as a confidence sequence, and naively. Then the
 * effect that a test at the end alone sees in 80 of 100: how many see it (at least 75 %, group sequential). Then the effect that the plan
 * says it sees in 80 of 100, with its looks (80 %). Of quantiles: p50 to p99 of smooth values, of few values with many each, of values that
 * leave a gap where the quantile is, and of arms that have only the quantile in common.
 *
 * Scale: 165 experiments, four fifths of 1,000,000 users in each, 20 metrics, 30 days. What users did is simulated and lies in columns of
 * this process; the sums of every arm of every day, their merging and 30 daily analyses of each experiment are done and measured. Reading
 * users out of a database is not in it, nor are quantiles.
 *
 *     node bench/experiments.ts [experiments a line] [seed] [users] [only lines of calibration with this in their name]
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { betaQuantile, fTail, incompleteBeta } from '../src/kernel/statistics/beta.ts'
import { chiSquareBelow, chiSquareQuantile, chiSquareTail } from '../src/kernel/statistics/chi-square.ts'
import { incompleteGamma, logGamma } from '../src/kernel/statistics/gamma.ts'
import { normalQuantile, normalTail } from '../src/kernel/statistics/normal.ts'
import { clopperPearson } from '../src/kernel/statistics/proportions.ts'
import { studentQuantile, studentTail } from '../src/kernel/statistics/student.ts'
import { Accumulator } from '../src/learning/experiment/sums.ts'
import { isAsked, type Found, type Strength } from './experiments/calibration.ts'
import { armsOf, days, estateOf, metrics, type Estate, type Worked } from './experiments/estate.ts'
import { scanInteractions } from './experiments/interactions.ts'
import { kinds } from './experiments/users.ts'
import type { Task } from './experiments/worker.ts'
import { seeded } from './canary/traffic.ts'

const runs = Number(process.argv[2] ?? 1000)
const seed = Number(process.argv[3] ?? 1)
const users = Number(process.argv[4] ?? 1_000_000)
const only = process.argv[5]
const experiments = 165
const threads = Math.min(2, availableParallelism())
const missed: string[] = []

function goal(isMet: boolean, what: string): string {
  if (!isMet) missed.push(what)
  return isMet ? '' : '   MISSED'
}

/** All tasks over two threads, answers in the order of the tasks. */
async function inThreads<Answer>(tasks: readonly Task[], workerData?: Estate): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const one = async () => {
    const worker = new Worker(path.join(import.meta.dirname, 'experiments', 'worker.ts'), { workerData })
    try {
      while (next < tasks.length) {
        const at = next++
        answers[at] = await new Promise<Answer>((resolve, reject) => {
          worker.removeAllListeners('message').removeAllListeners('error')
          worker.on('message', resolve).on('error', reject)
          worker.postMessage(tasks[at], [])
        })
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: threads }, one))
  return answers
}

const percent = (hits: number) => `${((100 * hits) / runs).toFixed(1)} %`.padStart(8)
/** By chance alone a share is no further off than this in 95 of 100. */
const offBy = (share: number): number => 1.96 * Math.sqrt((share * (1 - share)) / runs)
const within = (share: number): string => `± ${(100 * offBy(share)).toFixed(1)}`

const strengths: readonly { readonly strength: Strength; readonly title: string; readonly isMet: (found: Found) => boolean }[] = [
  {
    strength: 'nothing',
    title: `nothing to find (5 ${within(0.05)})`,
    isMet: ({ sequential, always }) => Math.max(sequential, always) / runs <= 0.05 + offBy(0.05),
  },
  {
    strength: 'end',
    title: `what the end alone sees in 80 % (75 ${within(0.75)})`,
    isMet: ({ sequential }) => sequential / runs >= 0.75 - offBy(0.75),
  },
  {
    strength: 'plan',
    title: `what the plan sees in 80 % (80 ${within(0.8)})`,
    isMet: ({ sequential }) => sequential / runs >= 0.8 - offBy(0.8),
  },
]

async function calibration(): Promise<void> {
  for (const { strength, title, isMet } of strengths) {
    const tasks = kinds.flatMap((users, kind): (Task & { readonly what: 'calibrate' })[] =>
      isAsked(users, strength) && users.name.includes(only ?? '') ? [{ what: 'calibrate', kind, runs, seed, strength }] : [],
    )
    const found = await inThreads<Found>(tasks)
    console.log(`\n${title.padEnd(44)} sequential   sequence   at end    naive   mean day   effect`)
    for (const [at, { kind }] of tasks.entries()) {
      const { sequential, always, naive, end, day, shift } = found[at]!
      const { name } = kinds[kind]!
      const late = `${day.toFixed(1).padStart(9)}   ${shift === 0 ? '' : shift.toFixed(4)}`
      console.log(
        `  ${name.padEnd(42)} ${percent(sequential)}   ${percent(always)} ${percent(end)} ${percent(naive)}  ${late}${goal(isMet(found[at]!), `${title}: ${name}`)}`,
      )
    }
  }
}

async function scale(): Promise<void> {
  const estate = estateOf(users)
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  const worked = await inThreads<Worked>(
    Array.from({ length: experiments }, (_, experiment) => ({ what: 'work', experiment })),
    estate,
  )
  const seconds = (performance.now() - began) / 1000
  const busy = process.cpuUsage(cpu).user / 1e6
  const sum = (of: (each: Worked) => number) => worked.reduce((all, each) => all + of(each), 0)
  const inEach = armsOf(users, 0).reduce((count, arm) => count + (arm === 0 ? 0 : 1), 0)
  const values = experiments * metrics.length * inEach
  console.log(`\n${experiments} experiments, ${metrics.length} metrics, ${days} days, ${users} users, ${threads} threads`)
  console.log(
    `  all of it                        ${seconds.toFixed(1)} s, ${busy.toFixed(1)} s of processors, goal 60 s${goal(seconds <= 60, 'analysis of 165 experiments')}`,
  )
  console.log(
    `  sums, one thread                 ${(values / sum((each) => each.sumsMs) / 1000).toFixed(1)} million values a second (${values} in all)`,
  )
  console.log(
    `  analysis, one thread             ${(sum((each) => each.analysisMs) / sum((each) => each.analyses)).toFixed(2)} ms a look at ${metrics.length} metrics`,
  )
  console.log(
    `  experiments that found something ${sum((each) => each.found)} of ${experiments}, three decisions each, where there is nothing`,
  )
  const assignments = Array.from({ length: experiments }, (_, at) => ({ experiment: `e${at}`, arms: armsOf(users, at) }))
  const [scanned, before] = [performance.now(), process.cpuUsage()]
  const pairs = scanInteractions(estate.columns[0]!.value!, assignments)
  const took = (performance.now() - scanned) / 1000
  const { user } = process.cpuUsage(before)
  const told = `${took.toFixed(1)} s, ${(user / 1e6).toFixed(1)} s of one processor`
  console.log(
    `  ${(experiments * (experiments - 1)) / 2} pairs for interaction      ${told}, goal 10 s; ${pairs.length} stand out${goal(took <= 10, 'interaction scan')}`,
  )
}

function accumulators(): void {
  console.log('\none unit after the other into an accumulator, checked, one thread')
  for (const users of kinds) {
    if (!('draw' in users)) continue
    const { name, metric, draw } = users
    const random = seeded(3)
    const units = Array.from({ length: 100_000 }, () => draw(random, 0))
    const accumulator = new Accumulator(metric)
    const began = performance.now()
    for (let round = 0; round < 10; round++) for (const unit of units) accumulator.add(unit)
    const perSecond = (10 * units.length) / (performance.now() - began) / 1000
    console.log(`  ${name.padEnd(32)} ${perSecond.toFixed(1)} million units a second`)
  }
}

function numerics(): void {
  const functions: Record<string, (a: number, b: number, c: number) => number> = {
    normalTail,
    normalQuantile,
    logGamma,
    gammaBelow: (a, x) => incompleteGamma(a, x).below,
    gammaAbove: (a, x) => incompleteGamma(a, x).above,
    betaBelow: (a, b, x) => incompleteBeta(a, b, x).below,
    betaAbove: (a, b, x) => incompleteBeta(a, b, x).above,
    studentTail,
    studentQuantile,
    chiSquareTail,
    chiSquareBelow,
    chiSquareQuantile,
    fTail,
    betaQuantile,
  }
  const file = path.join(import.meta.dirname, '..', 'src', 'kernel', 'statistics', 'reference.csv')
  const rows = readFileSync(file, 'utf8').trim().split('\n')
  console.log(`\ngreatest relative error against ${rows.length} values of 330 digits' arithmetic, goal 1e-10`)
  for (const [name, of] of Object.entries(functions)) {
    let worst = 0
    for (const row of rows.filter((row) => row.startsWith(`${name},`))) {
      const numbers = row.split(',').slice(1).map(Number)
      const [expected, given] = [numbers.at(-1)!, of(numbers[0]!, numbers[1]!, numbers[2]!)]
      if (given !== expected) worst = Math.max(worst, Math.abs(given / expected - 1))
    }
    console.log(`  ${name.padEnd(18)} ${worst.toExponential(1)}${goal(worst <= 1e-10, name)}`)
  }
  const { low, high } = clopperPearson({ hits: 8, of: 100 }, 0.025)
  console.log(`  8 of 100 lie between ${low.toFixed(7)} and ${high.toFixed(7)} (Clopper and Pearson; SciPy: 0.0351716 and 0.1515576)`)
}

if (only === undefined) {
  numerics()
  accumulators()
  await scale()
}
await calibration()
if (missed.length > 0) {
  console.log(`\nmissed: ${missed.join('; ')}`)
  process.exitCode = 1
}
