/** How long something takes: from a number between 0 and 1 to a time, the longer the higher the number. */
export type Times = (at: number) => number

export const constant =
  (ms: number): Times =>
  () =>
    ms

export const exponential =
  (mean: number): Times =>
  (at) =>
    -mean * Math.log(1 - at)

/**
 * As it was seen: each of the times as likely as the others.
 * @throws RangeError when there is none
 */
export function empirical(seen: readonly number[], factor = 1): Times {
  if (seen.length === 0) throw new RangeError('no times to draw from')
  const sorted = Float64Array.from(seen).toSorted()
  return (at) => sorted[Math.floor(at * sorted.length)]! * factor
}
