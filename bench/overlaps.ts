/**
 * Experiments that run at once, as the board of interactions reads them, by simulation: ten experiments (45 pairs), 200 units a day in both of a
 * pair, looked at every day for 28 days, through the product's own judgement.
 *
 * How many boards name a pair at any of 28 looks although nothing interacts: at most 5 %. How many would by Wald's test of each day,
 * adjusted for the pairs and not for the looks: why limits of every moment are kept. How often one pair that does interact is named.
 *
 *     node bench/overlaps.ts [boards] [seed]
 */
import { interaction } from '../src/kernel/statistics/interaction.ts'
import { benjaminiHochberg } from '../src/kernel/statistics/multiplicity.ts'
import type { Metric } from '../src/learning/experiment/metric.ts'
import { judged, leastUnits, questionOf, type Running, type Shared } from '../src/learning/experiment/overlap.ts'
import { seeded } from './canary/traffic.ts'

const boards = Number(process.argv[2] ?? 400)
const random = seeded(Number(process.argv[3] ?? 1))
const [days, daily, pairsOfTen] = [28, 200, 45]

const metric: Metric = { key: 'ordered', kind: { type: 'binary' }, role: 'decision', better: 'more', effect: 0.1, before: false }
const running = (experiment: string): Running => ({
  experiment,
  flag: experiment,
  environment: 'production',
  layer: null,
  arms: ['off', 'on'],
  metrics: [metric],
  narrowestAt: 5_000,
})
const names = Array.from({ length: pairsOfTen }, (_, at) => [running(`a${at}`), running(`b${at}`)] as const)

/** Named at any look. @param apart - of the first pair: by how much the share that orders is another one with both treatments */
function board(apart: number): {
  readonly interact: boolean
  readonly wrong: boolean
  readonly independent: boolean
  readonly naive: boolean
} {
  const cells = names.map(() => [0, 1, 2, 3].map(() => ({ units: 0, orders: 0 })))
  let [interact, wrong, independent, naive] = [false, false, true, false]
  for (let day = 0; day < days; day++) {
    for (const [at, four] of cells.entries()) {
      for (let unit = 0; unit < daily; unit++) {
        const which = Math.floor(random() * 4)
        four[which]!.units++
        if (random() < 0.2 + (at === 0 && which === 3 ? apart : 0)) four[which]!.orders++
      }
    }
    const shared = cells.map((four, at): Shared => {
      const made = four.map(({ units, orders }) => ({
        count: units,
        mean: orders / units,
        variance: (orders / units) * (1 - orders / units),
      }))
      const table = [made.slice(0, 2), made.slice(2)]
      return { pair: names[at]!, counts: table.map((row) => row.map(({ count }) => count)), cells: { [questionOf(metric)]: table } }
    })
    for (const { verdict, experiments } of judged(shared)) {
      const isPlanted = apart !== 0 && experiments[0] === 'a0'
      if (verdict === 'interact' && isPlanted) interact = true
      if (verdict === 'interact' && !isPlanted) wrong = true
      if (verdict === 'not independent') independent = false
    }
    const ps = shared.map(({ cells: of, counts }) =>
      counts.flat().every((count) => count >= leastUnits) ? (interaction(of[questionOf(metric)]!)?.p ?? 1) : 1,
    )
    if (benjaminiHochberg(ps).some((p) => p <= 0.05)) naive = true
  }
  return { interact, wrong, independent, naive }
}

const share = (count: number, of: number) => `${((100 * count) / of).toFixed(1)} %`
const nothing = Array.from({ length: boards }, () => board(0))
const wrong = nothing.filter((one) => one.wrong).length
console.log(
  `${boards} boards of ${pairsOfTen} pairs in which nothing interacts, looked at ${days} times, ${daily} units a day in each pair`,
)
console.log(`  name a pair at any look          ${share(wrong, boards)}, goal 5 % at most: ${wrong / boards <= 0.05 ? 'met' : 'MISSED'}`)
console.log(`  Wald's test of each day would    ${share(nothing.filter((one) => one.naive).length, boards)}`)
console.log(`  say that a pair is not independent ${share(nothing.filter((one) => !one.independent).length, boards)}`)
const few = Math.ceil(boards / 4)
for (const apart of [-0.05, -0.1]) {
  const found = Array.from({ length: few }, () => board(apart))
  console.log(
    `  one pair by ${(apart * 100).toFixed(0)} points of 20: named by ${share(found.filter((one) => one.interact).length, few)} of ${few} boards`,
  )
}
if (wrong / boards > 0.05) process.exitCode = 1
