import { normalQuantile, normalTail } from '../../../kernel/statistics/normal.ts'
import { wilson } from '../../../kernel/statistics/proportions.ts'

/** A deployment, the changes that it brought, and how likely it brought a failure. */
export type Batch = { readonly size: number; readonly failed: number }

/** Deployments of about the same size. */
export type Bucket = {
  /** Changes, both included. */
  readonly from: number
  readonly to: number
  readonly deployments: number
  /** Expected number. */
  readonly failed: number
  readonly share: number
  readonly low: number
  readonly high: number
  /** Odds of failing held against those of the smallest size with enough deployments; undefined: it is that one, or fewer than one failed in either. */
  readonly odds: { readonly ratio: number; readonly low: number; readonly high: number } | undefined
}

export type BatchOdds = {
  readonly buckets: readonly Bucket[]
  /** How likely so strong a trend with size is by chance, two-sided; undefined: all failed alike, or are of one size. */
  readonly trend: { readonly z: number; readonly p: number } | undefined
}

/** Held against fewer, everything is possible. */
const enough = 10
const tail = 0.025

/**
 * How failing goes with size: buckets that double (1, 2–3, 4–7 …), their shares with Wilson's limits, odds ratios with Woolf's limits on
 * counts raised by a half (Haldane 1956, Anscombe 1956), and the test of Cochran and Armitage for a trend with the logarithm of the size.
 * That one goes with the other does not say that it causes it.
 * @param batches - of sizes of 1 or more
 */
export function oddsByBatch(batches: readonly Batch[]): BatchOdds {
  const byPower = new Map<number, { deployments: number; failed: number }>()
  for (const { size, failed } of batches) {
    const power = Math.floor(Math.log2(size))
    const bucket = byPower.get(power) ?? { deployments: 0, failed: 0 }
    byPower.set(power, { deployments: bucket.deployments + 1, failed: bucket.failed + failed })
  }
  const sizes = merged(
    [...byPower].toSorted(([a], [b]) => a - b).map(([power, count]) => ({ from: 2 ** power, to: 2 ** (power + 1) - 1, ...count })),
  )
  const base = sizes.find(({ deployments }) => deployments >= enough)
  const buckets = sizes.map((one): Bucket => {
    const { failed, deployments } = one
    const says = base !== undefined && base !== one && failed >= 1 && base.failed >= 1
    return {
      ...one,
      share: failed / deployments,
      ...wilson({ hits: failed, of: deployments }, tail),
      odds: says ? oddsRatio(one, base) : undefined,
    }
  })
  return { buckets, trend: trendOf(batches) }
}

type Size = Count & { readonly from: number; readonly to: number }

/** The largest are few: they are taken together until there are enough. */
function merged(sizes: readonly Size[]): readonly Size[] {
  const last = sizes.at(-1)
  const before = sizes.at(-2)
  if (last === undefined || before === undefined || last.deployments >= enough) return sizes
  const one = { from: before.from, to: last.to, deployments: before.deployments + last.deployments, failed: before.failed + last.failed }
  return merged([...sizes.slice(0, -2), one])
}

type Count = { readonly deployments: number; readonly failed: number }

function oddsRatio(one: Count, base: Count) {
  const [a, b] = [one.failed + 0.5, one.deployments - one.failed + 0.5]
  const [c, d] = [base.failed + 0.5, base.deployments - base.failed + 0.5]
  const log = Math.log((a * d) / (b * c))
  const reach = normalQuantile(tail) * Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
  return { ratio: Math.exp(log), low: Math.exp(log - reach), high: Math.exp(log + reach) }
}

function trendOf(batches: readonly Batch[]): BatchOdds['trend'] {
  const n = batches.length
  const rate = batches.reduce((sum, { failed }) => sum + failed, 0) / n
  const scores = batches.map(({ size }) => Math.log2(size))
  const mean = scores.reduce((sum, score) => sum + score, 0) / n
  const spread = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
  const variance = rate * (1 - rate) * spread
  if (!(variance > 0)) return undefined
  const together = batches.reduce((sum, { failed }, index) => sum + (failed - rate) * (scores[index]! - mean), 0)
  const z = together / Math.sqrt(variance)
  return { z, p: 2 * normalTail(Math.abs(z)) }
}
