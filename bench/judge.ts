/**
 * How often the judge of canaries is wrong, by simulation: canaries that are no worse than their baseline and are rolled back all the
 * same (false alarms, goal at most 1 %), and bad ones that pass (misses). Each is looked at twenty times while its requests come, as
 * the watch does, and once at the end; a failure at any look is a rollback. Those that cannot be judged then wait for a person who does
 * not come, and are looked at ten times more.
 *
 *     node bench/judge.ts [canaries per line] [seed]
 */
import { judge, type Metric, type Verdict } from '../src/flow/deployment/judge.ts'
import { Growing, seeded, shapeNames, traffic, type Shape } from './canary/traffic.ts'

const trials = Number(process.argv[2] ?? 100)
const seed = Number(process.argv[3] ?? 1)
const looks = 20
const looksWaiting = 10
const metrics: readonly Metric[] = (['error_rate', 'p50_ms', 'p95_ms', 'p99_ms'] as const).map((name) => ({ name, critical: true }))
/** What a definition that names none has. */
const usual = metrics.filter(({ name }) => name === 'error_rate' || name === 'p95_ms')

type Canary = {
  readonly shape: Shape
  readonly requests: number
  readonly errorRate: number
  readonly moreErrors: number
  readonly slower: number
  readonly metrics?: readonly Metric[]
}

/** The verdict at the end of what was planned, or `fail` when it failed later, while it waited. */
function verdictOn({ shape, requests, errorRate, moreErrors, slower, metrics = usual }: Canary, random: () => number): Verdict {
  const [good, tried] = [traffic(shape, random, { errorRate }), traffic(shape, random, { errorRate: errorRate + moreErrors, slower })]
  const [baseline, canary] = [new Growing(), new Growing()]
  for (let index = 1; index <= looks + looksWaiting; index++) {
    baseline.add(good, requests / looks)
    canary.add(tried, requests / looks)
    const { verdict } = judge({ metrics, baseline, canary, look: { index, of: looks } })
    if (verdict === 'fail' || (index === looks && verdict === 'pass')) return verdict
  }
  return 'inconclusive'
}

function count(canary: Canary, salt: number): Record<Verdict, number> {
  const counts = { pass: 0, fail: 0, inconclusive: 0 }
  for (let n = 0; n < trials; n++) counts[verdictOn(canary, seeded(seed * 1_000_003 + salt * 10_007 + n))]++
  return counts
}

const percent = (n: number) => `${((100 * n) / trials).toFixed(1)} %`.padStart(8)

let salt = 0
let alarms = 0
let canaries = 0
console.log(`no worse: ${trials} canaries a line, ${looks} looks each, then waiting   rolled back   paused   passed`)
for (const shape of shapeNames) {
  for (const errorRate of [0, 0.001, 0.01]) {
    for (const requests of [200, 1000, 5000]) {
      for (const asked of [usual, metrics]) {
        const { pass, fail, inconclusive } = count({ shape, requests, errorRate, moreErrors: 0, slower: 1, metrics: asked }, salt++)
        alarms += fail
        canaries += trials
        const what = `${shape}, ${errorRate * 100} % errors, ${requests} requests, ${asked.length} metrics`
        console.log(`  ${what.padEnd(58)}${percent(fail)} ${percent(inconclusive)} ${percent(pass)}`)
      }
    }
  }
}
console.log(`${alarms} of ${canaries} rolled back for nothing: ${((100 * alarms) / canaries).toFixed(2)} % (goal: at most 1 %)`)

console.log(`\nworse:                                                        rolled back   paused   missed`)
const harms = [
  { what: '5 % errors', moreErrors: 0.05, slower: 1 },
  { what: '2 % errors', moreErrors: 0.02, slower: 1 },
  { what: '20 % slower', moreErrors: 0, slower: 1.2 },
  { what: '50 % slower', moreErrors: 0, slower: 1.5 },
  { what: 'twice as slow', moreErrors: 0, slower: 2 },
]
for (const { what, ...harm } of harms) {
  for (const requests of [200, 500, 1000, 5000]) {
    const { pass, fail, inconclusive } = count({ shape: 'log-normal', requests, errorRate: 0.001, ...harm }, salt++)
    console.log(`  ${`${what}, ${requests} requests`.padEnd(58)}${percent(fail)} ${percent(inconclusive)} ${percent(pass)}`)
  }
}
if (alarms > canaries / 100) process.exitCode = 1
