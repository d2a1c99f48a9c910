import { normalQuantile } from '../../src/kernel/statistics/normal.ts'
import type { Metric } from '../../src/learning/experiment/metric.ts'
import type { UnitValues } from '../../src/learning/experiment/sums.ts'
import { seeded } from '../canary/traffic.ts'
import type { Draw } from './requests.ts'

/** Draws users of one kind of metric. `shift` is added to what a user of the treatment does, in units of the metric's own mean. */
export type Users = {
  readonly name: string
  readonly metric: Metric
  /** Standard deviation of what a user does, over its mean: what the effect looked for is worked out of. Absent where none is looked for. */
  readonly variation?: number
  readonly draw: (random: () => number, shift: number) => UnitValues
}

/** The same of a quantile. */
export type Requesters = {
  readonly name: string
  readonly metric: Metric & { readonly kind: { readonly type: 'quantile' } }
  readonly requests: Draw
  /** How treatment differs where its quantile does not. [default: in nothing] */
  readonly unlike?: Draw
  /** Values are as dense as the quantile's error says: it can be planned. */
  readonly isSmooth?: boolean
}

const metricOf = <Kind extends Metric['kind']>(kind: Kind, before = false): Metric & { readonly kind: Kind } => ({
  key: 'm',
  kind,
  role: 'decision',
  better: 'more',
  effect: 0.01,
  before,
})

/** Box and Muller. */
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Knuth's, for small means. */
function poisson(random: () => number, mean: number): number {
  let product = random()
  let count = 0
  for (const end = Math.exp(-mean); product > end; count++) product *= random()
  return count
}

/** Nine of ten buy nothing; the others as a lognormal of 20 in the middle, capped at 200. */
const revenueOf = (random: () => number): number => (random() < 0.9 ? 0 : Math.min(200, 20 * Math.exp(normal(random))))

/** So many requests of a user, who is a fast or a slow one: lognormal, 100 ms in the middle. */
const latency: Draw = (random, shift) => {
  const own = Math.exp(0.5 * normal(random)) * (1 + shift)
  return Array.from({ length: 1 + poisson(random, 3) }, () => 100 * own * Math.exp(0.4 * normal(random)))
}

const inTens: Draw = (random, shift) => latency(random, shift).map((ms) => Math.max(10, Math.round(ms / 10) * 10))

/** How many results a search had, say. */
const counted: Draw = (random, shift) => {
  const own = 3 * Math.exp(0.4 * normal(random)) * (1 + shift)
  return Array.from({ length: 1 + poisson(random, 3) }, () => poisson(random, own))
}

/** A cache that answers a share of all in some 50 ms, the others take some 400: the quantile is between both. Fewer are found in it. */
const cached =
  (share: number): Draw =>
  (random, shift) => {
    const own = 0.6 * normal(random)
    return Array.from({ length: 1 + poisson(random, 3) }, () => {
      const isFound = own + 0.8 * normal(random) < normalQuantile(1 - share) - shift
      return (isFound ? 50 : 400) * Math.exp(0.2 * normal(random))
    })
  }

/** Half of the values are 50 or 100, half 150 or more: the median is on either side of a gap. */
const inFifties: Draw = (random, shift) => latency(random, shift).map((ms) => Math.ceil(ms / 50) * 50)

/** Wider apart by half, about the value that is the quantile. */
const widerAbout =
  (value: number): Draw =>
  (random) =>
    latency(random, 0).map((ms) => value * (ms / value) ** 1.5)

/** Of the lognormal of all users' requests. */
const quantileOfLatency = (share: number): number => 100 * Math.exp(normalQuantile(1 - share) * Math.hypot(0.5, 0.4))

/** By a large sample of its own: mean and variation of the revenue. */
function momentsOf(draw: (random: () => number) => number): { readonly mean: number; readonly variation: number } {
  const random = seeded(42)
  const values = Float64Array.from({ length: 2_000_000 }, () => draw(random))
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { mean, variation: Math.sqrt(variance) / mean }
}
const revenue = momentsOf(revenueOf)

export const kinds: readonly (Users | Requesters)[] = [
  {
    name: 'normal',
    metric: metricOf({ type: 'revenue', cap: 1e9 }),
    variation: 0.3,
    draw: (random, shift) => ({ value: 10 + 3 * normal(random) + 10 * shift }),
  },
  {
    name: 'binary, 10 %',
    metric: metricOf({ type: 'binary' }),
    variation: 3,
    draw: (random, shift) => ({ value: random() < 0.1 * (1 + shift) ? 1 : 0 }),
  },
  {
    name: 'count, 1.5',
    metric: metricOf({ type: 'count' }),
    variation: Math.sqrt(1.5) / 1.5,
    draw: (random, shift) => ({ value: poisson(random, 1.5 * (1 + shift)) }),
  },
  {
    name: 'revenue, capped',
    metric: metricOf({ type: 'revenue', cap: 1e6 }),
    variation: revenue.variation,
    draw: (random, shift) => ({ value: revenueOf(random) + revenue.mean * shift }),
  },
  {
    name: 'ratio',
    metric: metricOf({ type: 'ratio' }),
    draw: (random) => {
      const per = 1 + poisson(random, 4)
      const rate = random() ** 2
      let value = 0
      for (let view = 0; view < per; view++) if (random() < rate) value++
      return { value, per }
    },
  },
  {
    name: 'CUPED',
    metric: metricOf({ type: 'revenue', cap: 1e9 }, true),
    draw: (random) => {
      const before = 10 + 3 * normal(random)
      return { before, value: before + 2 * normal(random) }
    },
  },
  ...[0.5, 0.9, 0.95, 0.99].flatMap((share): Requesters[] => {
    const metric = metricOf({ type: 'quantile', share } as const)
    const name = `p${100 * share}`
    return [
      { name: `${name}, lognormal`, metric, requests: latency, isSmooth: true },
      { name: `${name}, in steps of 10`, metric, requests: inTens },
      { name: `${name}, counts`, metric, requests: counted },
      { name: `${name}, in a gap`, metric, requests: cached(share) },
      { name: `${name}, one arm wider`, metric, requests: latency, unlike: widerAbout(quantileOfLatency(share)) },
    ]
  }),
  { name: 'p50, in steps of 50, at a gap', metric: metricOf({ type: 'quantile', share: 0.5 } as const), requests: inFifties },
]
