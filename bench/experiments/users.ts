import type { Metric } from '../../src/learning/experiment/metric.ts'
import { makeSketch } from '../../sdk/src/dark/sketch.ts'
import type { Buckets } from '../../src/kernel/statistics/quantile-sketch.ts'
import type { UnitValues } from '../../src/learning/experiment/sums.ts'
import { seeded } from '../canary/traffic.ts'

/** Draws users of one kind of metric. `shift` is added to what a user of the treatment does, in units of the metric's own mean. */
export type Users = {
  readonly name: string
  readonly metric: Metric
  /** Standard deviation of what a user does, over its mean: what the effect looked for is worked out of. Absent where none is looked for. */
  readonly variation?: number
  /** Share of experiments that should see that effect. [default: 0.75] */
  readonly sees?: number
  readonly draw: (random: () => number, shift: number) => UnitValues
}

/** The same of a quantile: what a user's requests came to, as the SDK tells it. `shift` is how much slower each is. */
export type Requesters = Omit<Users, 'draw'> & { readonly requests: (random: () => number, shift: number) => Buckets }

const metricOf = (kind: Metric['kind'], before = false): Metric => ({
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

const latency = (random: () => number): number[] => {
  const own = Math.exp(0.5 * normal(random))
  return Array.from({ length: 1 + poisson(random, 3) }, () => 100 * own * Math.exp(0.4 * normal(random)))
}

function bucketed(values: readonly number[], shift = 0): Buckets {
  const sketch = makeSketch()
  for (const value of values) sketch.add(value * (1 + shift))
  return sketch.take()
}

/** By a large sample of its own: √users times the standard error of a quantile, over the quantile. */
function requestVariation(draw: (random: () => number) => readonly number[], share: number): number {
  const random = seeded(42)
  const samples = Array.from({ length: 400 }, () => {
    const values = Float64Array.from(Array.from({ length: 1_000 }, () => draw(random)).flat()).sort()
    return values[Math.floor(share * values.length)]!
  })
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length
  const variance = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (samples.length - 1)
  return Math.sqrt(variance * 1_000) / mean
}

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
  {
    name: 'quantile, p90',
    metric: metricOf({ type: 'quantile', share: 0.9 }),
    variation: requestVariation(latency, 0.9),
    // Judged by values and by shares, whichever is less sure: errors are told a tenth too large.
    sees: 0.55,
    requests: (random, shift) => bucketed(latency(random), shift),
  },
  {
    name: 'quantile, p99',
    metric: metricOf({ type: 'quantile', share: 0.99 }),
    requests: (random) => bucketed(latency(random)),
  },
  {
    // Half of the values are 50 or 100, half 150 or more: the median is on either side of a gap.
    name: 'quantile, p50 at a gap',
    metric: metricOf({ type: 'quantile', share: 0.5 }),
    requests: (random) => bucketed(latency(random).map((ms) => Math.ceil(ms / 50) * 50)),
  },
]
