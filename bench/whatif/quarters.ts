import { quantile } from '../../src/kernel/statistics/quantiles.ts'
import { passingOf } from '../../src/flow/constraint/passing.ts'
import { calibrate, gatesIn } from '../../src/flow/whatif/calibrate.ts'
import { estateOf } from '../../src/flow/whatif/estate.ts'
import { drawWeeks, runLine, type Input } from '../../src/flow/whatif/line.ts'
import { outcomesOf } from '../../src/flow/whatif/outcomes.ts'
import { firstsIn } from '../../src/flow/whatif/visits.ts'
import type { BenchStream } from './govuk.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** What has not arrived by then counts as so long. */
const capMs = 28 * dayMs
const order = ['integration', 'staging', 'production']
const steps = 400

export type Settings = { readonly replications: number; readonly rows: boolean }

/** Earth mover's distance of two samples, in hours: the area between their quantile functions. */
function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let step = 0; step < steps; step++) sum += Math.abs(at(a, step) - at(b, step))
  return sum / steps / hourMs
}
const at = (sorted: Float64Array, step: number) => sorted[Math.floor(((step + 0.5) / steps) * sorted.length)]!

/** Of several futures, the one in the middle: at each share the median of what they say. */
function middle(futures: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) =>
    quantile(
      futures.map((one) => at(one, step)).toSorted((x, y) => x - y),
      0.5,
    )!,
  )
}

const begin = (quarter: number) => Date.UTC(2023, 3 + 3 * quarter, 1)

/** Twelve quarters from the third of 2023 on, each predicted from what was before it. */
export function quarters(streams: readonly BenchStream[], { replications, rows }: Settings): void {
  const told: { stream: string; quarter: string; naive: number; forecast: number; replay: number }[] = []
  for (const { stream, ...all } of streams) {
    const deployments = all.deployments.filter(({ environment }) => order.includes(environment))
    const passings = passingOf(order, deployments)
    for (let quarter = 1; quarter <= 12; quarter++) {
      const [since, until] = [begin(quarter), begin(quarter + 1)]
      const leads = (from: number, to: number, asOf: number) =>
        Float64Array.from(
          (asOf === until
            ? passings
            : passingOf(
                order,
                deployments.filter((one) => one.at <= asOf),
              )
          ).flatMap(({ at: [came, , went] }) =>
            came! >= from && came! < to ? [Math.min(capMs, Math.min(went!, asOf === until ? went! : asOf) - came!)] : [],
          ),
        ).toSorted()
      const real = leads(since, until, until)
      const before = leads(begin(quarter - 1), since, since - 1)
      if (real.length < 30 || before.length < 30) continue
      const calibration = calibrate(order, { deployments, gates: all.gates }, estateOf(streams, stream), since - 1)
      const end = until + capMs
      const arrived = Float64Array.from(
        [...firstsIn(order[0]!, deployments).values()].filter((one) => one >= since && one < end),
        (one) => one - since,
      )
      const asItWas: Input = { arrivals: arrived, gates: order.slice(1).map((to, leg) => gatesIn(all.gates, order[leg]!, to, since, end)) }
      const futures = (input: (seed: number) => Input) =>
        middle(
          Array.from({ length: replications }, (_, seed) => {
            const ran = runLine(order, input(seed), outcomesOf(calibration, seed), [], seed, end - since)
            const own = ran.arrivals.filter((one) => one < until - since)
            return own.map((one, entity) => Math.min(capMs, ran.ended[entity * 2 + 1]! - one)).toSorted()
          }).filter(({ length }) => length > 0),
        )
      told.push({
        stream,
        quarter: `${new Date(since).getUTCFullYear()}Q${new Date(since).getUTCMonth() / 3 + 1}`,
        naive: distance(before, real),
        forecast: distance(
          futures((seed) => drawWeeks(order, calibration.weeks.slice(-26), 17, seed)),
          real,
        ),
        replay: distance(
          futures(() => asItWas),
          real,
        ),
      })
    }
  }
  const median = (values: readonly number[]) =>
    quantile(
      values.toSorted((a, b) => a - b),
      0.5,
    )!
  const of = (key: 'naive' | 'forecast' | 'replay') => median(told.map((one) => one[key]))
  const better = (key: 'forecast' | 'replay') => Math.round((told.filter((one) => one[key] < one.naive).length / told.length) * 100)
  if (rows)
    for (const one of told)
      console.log(
        [one.stream.padEnd(26), one.quarter, ...[one.naive, one.forecast, one.replay].map((hours) => hours.toFixed(2).padStart(8))].join(
          '  ',
        ),
      )
  console.log(
    `held-out quarters: ${told.length} of ${new Set(told.map(({ stream }) => stream)).size} streams (at least 30 versions in it and in the one before)`,
  )
  console.log(`  earth mover's distance of lead times, hours, median: as the quarter before ${of('naive').toFixed(2)}`)
  for (const [key, name] of [
    ['forecast', 'simulated from before alone'],
    ['replay', 'simulated with the arrivals and switches of the quarter'],
  ] as const)
    console.log(`    ${name.padEnd(56)} ${of(key).toFixed(2)}  (${(of(key) / of('naive')).toFixed(2)} x, better in ${better(key)} %)`)
}
