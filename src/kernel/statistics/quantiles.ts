import { normalQuantile } from './normal.ts'

/** Nearest rank. NaN when there is nothing. @param sorted - ascending @param share - 0 to 1 */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
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
