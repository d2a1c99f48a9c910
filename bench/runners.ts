/**
 * What is predicted of more or fewer runners, against a simulated CI of which it is known how it works: from 13 weeks, of the 13 after
 * them with the other number of runners. And whether it is refused where jobs wait for something else.
 *
 *     node bench/runners.ts [--seeds 12]
 */
import { parseArgs } from 'node:util'
import { quantile } from '../src/kernel/statistics/quantiles.ts'
import { Builds, type Run } from '../src/flow/builds/builds.ts'
import { poisson, waitingOf } from '../src/flow/simulation/closed-forms.ts'
import { uniform } from '../src/flow/simulation/random.ts'
import { exponential } from '../src/flow/simulation/times.ts'
import { expected } from '../src/flow/whatif/predict.ts'
import { poolOf } from '../src/flow/whatif/runners/calibrate.ts'
import { runPool } from '../src/flow/whatif/runners/pool.ts'
import { predictRunners } from '../src/flow/whatif/runners/predict.ts'
import { readChanges } from '../src/flow/whatif/views.ts'
import { runnersView } from '../src/flow/whatif/runners/view.ts'
import { ciBegan, simulatedCi } from '../src/flow/whatif/runners/testing.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '12' } } })
const seeds = Number(values.seeds)
const weeks = 13
const weekMs = 7 * 86_400_000
const middle = ciBegan + weeks * weekMs

console.log('pool   busy    waiting, simulated  by formula   off by')
for (const [runners, mean] of [
  [1, 0.8],
  [3, 2.1],
  [8, 6.4],
] as const) {
  const arrivals = poisson(2_000_000, 1, 1)
  const service = exponential(mean)
  const { begun } = runPool(
    Array.from(arrivals, (ready, n) => ({ ready, after: -1, gap: 0, ms: service(uniform(2, n, 0, 0)) })),
    runners,
  )
  const waited = begun.reduce((sum, time, n) => sum + time - arrivals[n]!, 0) / begun.length
  const told = waitingOf(runners, mean, 'exponential')
  const cells = [
    `M/M/${runners}`,
    `${Math.round((mean / runners) * 100)} %`,
    waited.toFixed(4),
    told.toFixed(4),
    percent(waited / told - 1, 2),
  ]
  console.log(cells.map((cell, at) => cell.padStart([5, 6, 20, 12, 9][at]!)).join('  '))
}

/** Runners and pushes in a working hour: from busy for a half of working hours to nearly all of them. */
const lines = [
  [2, 3],
  [2, 4.5],
  [4, 8],
  [4, 10],
  [10, 22],
] as const
type Kind = 'p50' | 'p85' | 'mean'
const kinds = ['p50', 'p85', 'mean'] as const
type Case = {
  readonly found: number
  readonly off: Record<Kind, number>
  readonly naive: Record<Kind, number>
  readonly inside: Record<Kind, boolean>
}

console.log(
  `\nrunners  pushes/h  change  right number  said  wait of jobs in the next ${weeks} weeks: error of p50, p85, mean (nothing changes)   limits hold p50, p85, mean`,
)
const all: Case[] = []
const took: number[] = []
for (const [runners, perHour] of lines) {
  for (const more of [+1, +2, -1]) {
    if (runners + more < 1) continue
    const cases: Case[] = []
    let refused = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const ci = (now: number) => simulatedCi({ weeks: 2 * weeks, seed: seed * 7, perHour, waitsFor: { runners: now } })
      const found = judge(ci(runners), ci(runners + more), more)
      if (found === undefined) refused++
      else cases.push(found)
    }
    all.push(...cases)
    print(String(runners), String(perHour), more > 0 ? `+${more}` : String(more), cases, cases.length + refused, runners)
  }
}
print('all', '', '', all, all.length, undefined)
const half = quantile(
  took.toSorted((a, b) => a - b),
  0.5,
)!
console.log(`a prediction: p50 ${Math.round(half)} ms`)

let wrong = 0
for (const waitsFor of ['nothing', 'the run before'] as const)
  for (let seed = 1; seed <= seeds; seed++) {
    const found = poolOf(simulatedCi({ weeks, seed, perHour: 4, waitsFor }), ciBegan, middle)
    if (typeof found !== 'string') wrong++
  }
console.log(`CIs whose jobs wait for no runner, and of which it was said: ${wrong} of ${2 * seeds}`)
process.exitCode = wrong > 0 ? 1 : 0

const past = { streams: new Map(), order: [], heard: new Map(), gates: new Map() }
const builds = new Builds(simulatedCi({ weeks, seed: 1, perHour: 10, waitsFor: { runners: 4 } }))
const query = { change: 'runners +2', days: 91 }
const parts = { past, builds, lineages: [], repositories: new Set<string>() }
for (const sentence of runnersView(parts, 'shop', readChanges(query.change), query, middle).sentences.slice(0, 2)) console.log(sentence)

/** Undefined: it cannot be said. */
function judge(before: readonly Run[], after: readonly Run[], more: number): Case | undefined {
  const began = performance.now()
  const pool = poolOf(before, ciBegan, middle)
  if (typeof pool === 'string') return undefined
  const { waits } = predictRunners(pool, pool.runners + more, [], weeks * weekMs, middle, 100)
  took.push(performance.now() - began)
  const truth = waitsIn(after, middle)
  const naive = waitsIn(
    before.filter(({ finished }) => finished! <= middle),
    0,
  )
  const told = (kind: Kind) => expected(waits.map(({ changed }) => changed[kind]))
  const of = <T>(make: (kind: Kind) => T) => ({ p50: make('p50'), p85: make('p85'), mean: make('mean') })
  return {
    found: pool.runners,
    off: of((kind) => Math.abs(told(kind).value / truth[kind] - 1)),
    naive: of((kind) => Math.abs(naive[kind] / truth[kind] - 1)),
    // Told in whole seconds.
    inside: of((kind) => truth[kind] >= told(kind).low - 1000 && truth[kind] <= told(kind).high + 1000),
  }
}

/** What jobs that were asked for since a moment waited. */
function waitsIn(runs: readonly Run[], since: number): Record<Kind, number> {
  const waits = runs
    .flatMap(({ jobs }) => jobs.flatMap(({ queued, started }) => (queued! >= since ? [started! - queued!] : [])))
    .toSorted((a, b) => a - b)
  return { p50: quantile(waits, 0.5)!, p85: quantile(waits, 0.85)!, mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length }
}

function percent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`
}

function print(runners: string, perHour: string, change: string, cases: readonly Case[], of: number, right: number | undefined): void {
  const half = (value: (one: Case) => number) =>
    percent(
      quantile(
        cases.map(value).toSorted((a, b) => a - b),
        0.5,
      ) ?? Number.NaN,
    )
  const found = right === undefined ? '' : `${cases.filter((one) => one.found === right).length}`
  const errors = kinds.map((kind) => `${half(({ off }) => off[kind])} (${half(({ naive }) => naive[kind])})`).join(', ')
  const held = kinds.map((kind) => percent(cases.filter(({ inside }) => inside[kind]).length / cases.length)).join(', ')
  console.log(
    `${runners.padStart(7)}  ${perHour.padStart(8)}  ${change.padStart(6)}  ${found.padStart(12)}  ${`${cases.length}/${of}`.padStart(7)}  ${errors.padEnd(60)}  ${held}`,
  )
}
