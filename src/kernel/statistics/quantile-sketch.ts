/**
 * How often values fell into which bucket, ascending by bucket: plain data, and adding counts up merges it exactly. Bucket i holds
 * (0.001·1.04^(i−1), 0.001·1.04^i], and 0 what is not above 0.001: as applications tell it (`sdk/src/dark/sketch.ts`).
 */
export type Buckets = readonly (readonly [bucket: number, count: number])[]

export const smallest = 0.001
export const growth = 1.04

/** Where a share of all lies: a bucket, and how much of it is at or below. */
export type Position = { readonly bucket: number; readonly part: number }

export const countOf = (buckets: Buckets): number => buckets.reduce((sum, [, count]) => sum + count, 0)

/**
 * Values are taken to lie evenly in their bucket, so that a quantile moves with every value: of bounds alone it would stand still, or jump
 * by 4 %, and have no error that could be believed.
 * @returns undefined of nothing
 */
export function positionOf(buckets: Buckets, share: number): Position | undefined {
  const wanted = Math.max(0, Math.min(1, share)) * countOf(buckets)
  let passed = 0
  for (const [bucket, count] of buckets) {
    if (count > 0 && wanted <= passed + count) return { bucket, part: (wanted - passed) / count }
    passed += count
  }
  const last = buckets.at(-1)
  return last === undefined ? undefined : { bucket: last[0], part: 1 }
}

/** What lies there; 0 in the lowest bucket, of which nothing is known but that it is small. */
export function valueAt({ bucket, part }: Position): number {
  if (bucket === 0) return 0
  const low = smallest * growth ** (bucket - 1)
  return low + part * (growth - 1) * low
}

/** Where a value lies: the other way round. */
export function positionFor(value: number): Position {
  const bucket = value > smallest ? Math.ceil(Math.log(value / smallest) / Math.log(growth)) : 0
  const low = smallest * growth ** (bucket - 1)
  return { bucket, part: bucket === 0 ? 1 : Math.min(1, Math.max(0, (value / low - 1) / (growth - 1))) }
}

/** How many lie at or below. */
export const belowOf = (buckets: Buckets, { bucket, part }: Position): number =>
  buckets.reduce((sum, [at, count]) => sum + (at < bucket ? count : at === bucket ? part * count : 0), 0)
