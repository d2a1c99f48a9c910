import { firstThat } from '../search.ts'

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

/** Buckets that hold something, and where a share of all lies among them. Undefined of nothing. */
function placesIn(buckets: Buckets) {
  const held = buckets.filter(([, count]) => count > 0)
  if (held.length === 0) return undefined
  /** How many lie in a bucket and below. */
  const passed = new Float64Array(held.length)
  for (const [at, [, count]] of held.entries()) passed[at] = (passed[at - 1] ?? 0) + count
  const all = passed.at(-1)!
  const wantedOf = (share: number) => Math.max(0, Math.min(1, share)) * all
  return {
    held,
    /** Index of the bucket. */
    find(share: number): number {
      const wanted = wantedOf(share)
      return firstThat(passed.length - 1, (at) => passed[at]! >= wanted)
    },
    partAt(share: number, at: number): number {
      const before = at === 0 ? 0 : passed[at - 1]!
      return (wantedOf(share) - before) / (passed[at]! - before)
    },
  }
}

/**
 * Values are taken to lie evenly in their bucket, so that a quantile moves with every value: of bounds alone it would stand still, or jump
 * by 4 %, and have no error that could be believed.
 * @returns undefined of nothing
 */
export function positionOf(buckets: Buckets, share: number): Position | undefined {
  const places = placesIn(buckets)
  if (places === undefined) return undefined
  const at = places.find(share)
  return { bucket: places.held[at]![0], part: places.partAt(share, at) }
}

/** The values of {@link positionOf}, for whoever asks for many shares. @returns a function whose answer is undefined of nothing */
export function quantilesIn(buckets: Buckets): (share: number) => number | undefined {
  const places = placesIn(buckets)
  if (places === undefined) return () => undefined
  const lows = Float64Array.from(places.held, ([bucket]) => valueAt({ bucket, part: 0 }))
  return (share) => {
    const at = places.find(share)
    return lows[at]! * (1 + places.partAt(share, at) * (growth - 1))
  }
}

/** What lies there; 0 in the lowest bucket, of which nothing is known but that it is small. */
export function valueAt({ bucket, part }: Position): number {
  if (bucket === 0) return 0
  const low = smallest * growth ** (bucket - 1)
  return low + part * (growth - 1) * low
}

/** How many lie at or below. */
export const belowOf = (buckets: Buckets, { bucket, part }: Position): number =>
  buckets.reduce((sum, [at, count]) => sum + (at < bucket ? count : at === bucket ? part * count : 0), 0)
