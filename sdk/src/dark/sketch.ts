/** Between two neighbours of a sketch: 4 percent, so that a quantile is right to 2. */
const growth = 1.04
const smallest = 0.001
const bucketsMax = 700

/** How often a value fell into which bucket: `[bucket, count]`, where a bucket ends at 0.001 * 1.04^bucket; of durations in ms. */
export type Sketch = readonly (readonly [bucket: number, count: number])[]

/** Counts durations in a bounded number of buckets, whatever comes. */
export function makeSketch() {
  const counts = new Map<number, number>()
  return {
    /** @param ms - what is no number from 0 on counts as 0 */
    add(ms: number): void {
      const bucket = bucketOf(ms)
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
    },
    take(): Sketch {
      const taken = [...counts].toSorted(([a], [b]) => a - b)
      counts.clear()
      return taken
    },
  }
}

/** From 0 to 700. What is no number from 0.001 on is in the first, what is above 8 * 10^8 in the last. */
export function bucketOf(value: number): number {
  if (!(value > smallest)) return 0
  return Math.min(bucketsMax, Math.ceil(Math.log(value / smallest) / Math.log(growth)))
}

/** The duration that the share `at` (0 … 1) is not above, in ms; undefined of nothing. */
export function quantileOf(sketch: Sketch, at: number): number | undefined {
  const total = sketch.reduce((sum, [, count]) => sum + count, 0)
  let seen = 0
  for (const [bucket, count] of sketch) if ((seen += count) >= at * total) return bucket === 0 ? 0 : smallest * growth ** (bucket - 0.5)
  return undefined
}
