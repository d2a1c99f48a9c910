/** Between two neighbours of a sketch: 4 percent, so that a quantile is right to 2. */
const growth = 1.04
const smallest = 0.001
const bucketsMax = 700

/** How often a duration fell into which bucket: `[bucket, count]`, where a bucket ends at 0.001 ms * 1.04^bucket. */
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

function bucketOf(ms: number): number {
  if (!(ms > smallest)) return 0
  return Math.min(bucketsMax, Math.ceil(Math.log(ms / smallest) / Math.log(growth)))
}

/** The duration that the share `at` (0 … 1) is not above, in ms; undefined of nothing. */
export function quantileOf(sketch: Sketch, at: number): number | undefined {
  const total = sketch.reduce((sum, [, count]) => sum + count, 0)
  let seen = 0
  for (const [bucket, count] of sketch) if ((seen += count) >= at * total) return bucket === 0 ? 0 : smallest * growth ** (bucket - 0.5)
  return undefined
}
