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
