/** The greatest sum of weights that flagd allows. */
export const weightMax = 2_147_483_647

/** floor(hash * total / 2^32) without losing a bit: two halves where the product is more than a double keeps. */
export function bucketOf(hash: number, total: number): number {
  if (total <= 2_097_152) return Math.floor((hash * total) / 4_294_967_296)
  const high = hash * Math.floor(total / 65_536)
  const low = hash * (total % 65_536)
  return Math.floor((high + Math.floor(low / 65_536)) / 65_536)
}

/** From a hash to the place of the arm whose weight it falls into; -1 when all weights are 0. */
export type Choose = (hash: number) => number

/** Up to this many arms, going through them is quicker than anything else. */
const fewArms = 4

/**
 * Prepares a choice between arms of fixed weights. Many arms (a flag's 10,000 slots come as runs of slots, and an arm has many) get a
 * guide: for each value of the hash's first eight bits the first arm that it can lead to, so that the choice costs the same however
 * often a ramp has moved.
 */
export function chooser(weights: readonly number[]): Choose {
  const ends = new Float64Array(weights.length)
  let total = 0
  for (const [arm, weight] of weights.entries()) ends[arm] = total += weight
  if (total === 0) return () => -1
  const guide = weights.length > fewArms ? guideTo(ends, total) : undefined
  return (hash) => {
    const bucket = bucketOf(hash, total)
    let arm = guide === undefined ? 0 : guide[hash >>> 24]!
    while (ends[arm]! <= bucket) arm++
    return arm
  }
}

function guideTo(ends: Float64Array, total: number): Uint32Array {
  const guide = new Uint32Array(256)
  for (let first = 0, arm = 0; first < 256; first++) {
    while (ends[arm]! <= bucketOf(first * 2 ** 24, total)) arm++
    guide[first] = arm
  }
  return guide
}
