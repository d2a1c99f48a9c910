import { normalQuantile } from './normal.ts'

/**
 * The value below which a share of the values lies; between two of them, in proportion (the usual definition, R's type 7).
 * @param sorted - ascending @param share - from 0 to 1 @returns undefined when there is no value: no data is not zero
 */
export function quantile(sorted: ArrayLike<number>, share: number): number | undefined {
  const last = sorted.length - 1
  if (last < 0) return undefined
  const at = share * last
  const below = Math.floor(at)
  const value = sorted[below]!
  return below === last ? value : value + (at - below) * (sorted[below + 1]! - value)
}

/**
 * Limits between which the quantile of the population lies with a probability of 1 - 2·tail, whatever its distribution: the order
 * statistics at np ± z·√(np(1-p)) (Conover, 3.2). `high` is infinite when the sample is too small to hold it.
 *
 * @param effect - design effect: so many values that hang together count as one
 */
export function quantileLimits(
  sorted: Float64Array,
  share: number,
  tail: number,
  effect = 1,
): { readonly low: number; readonly high: number } {
  const n = sorted.length
  const reach = normalQuantile(tail) * Math.sqrt(n * share * (1 - share) * effect)
  const low = Math.floor(n * share - reach) - 1
  const high = Math.ceil(n * share + reach)
  return { low: sorted[low] ?? 0, high: sorted[high] ?? Number.POSITIVE_INFINITY }
}
