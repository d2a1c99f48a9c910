/**
 * Quantiles of a stream that is too long to keep, within a stated share of themselves: counts in buckets whose bounds grow by a constant
 * factor (DDSketch: Masson, Rim and Lee, PVLDB 12, 2019). Plain data; merging adds counts, so it is exactly commutative and associative.
 * Not negative values only: latencies, sizes, amounts.
 */
export type QuantileSketch = {
  /** Relative error of every quantile, 0.01 for 1 %. */
  readonly accuracy: number
  readonly zeros: number
  /** Bucket and count, ascending by bucket. Bucket i holds (g^(i-1), g^i] with g = (1 + accuracy)/(1 - accuracy). */
  readonly buckets: readonly (readonly [bucket: number, count: number])[]
}

export const noSketch = (accuracy = 0.01): QuantileSketch => ({ accuracy, zeros: 0, buckets: [] })

/** Smaller is taken for 0: a nanosecond where values are seconds. */
const least = 1e-9

/** Collects values into a {@link QuantileSketch}. */
export class SketchOfMany {
  readonly #accuracy: number
  readonly #perLog: number
  #zeros = 0
  readonly #counts = new Map<number, number>()

  constructor(accuracy = 0.01) {
    if (!(accuracy > 0 && accuracy < 0.5)) throw new RangeError(`an accuracy of ${accuracy}`)
    this.#accuracy = accuracy
    this.#perLog = 1 / Math.log(growth(accuracy))
  }

  /** @param value - finite, not negative; not checked here */
  add(value: number): void {
    if (value < least) {
      this.#zeros++
      return
    }
    const bucket = Math.ceil(Math.log(value) * this.#perLog)
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
  }

  /** One value less, that was added before. */
  remove(value: number): void {
    if (value < least) {
      this.#zeros--
      return
    }
    const bucket = Math.ceil(Math.log(value) * this.#perLog)
    const count = (this.#counts.get(bucket) ?? 0) - 1
    if (count === 0) this.#counts.delete(bucket)
    else this.#counts.set(bucket, count)
  }

  sketch(): QuantileSketch {
    return { accuracy: this.#accuracy, zeros: this.#zeros, buckets: [...this.#counts].sort(([a], [b]) => a - b) }
  }
}

const growth = (accuracy: number): number => (1 + accuracy) / (1 - accuracy)

/** @throws RangeError when their accuracies differ: buckets would not be the same */
export function mergeSketches(a: QuantileSketch, b: QuantileSketch): QuantileSketch {
  if (a.accuracy !== b.accuracy) throw new RangeError(`a sketch within ${a.accuracy} and one within ${b.accuracy}`)
  const counts = new Map(a.buckets)
  for (const [bucket, count] of b.buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  return { accuracy: a.accuracy, zeros: a.zeros + b.zeros, buckets: [...counts].sort(([x], [y]) => x - y) }
}

export const sketchCount = ({ zeros, buckets }: QuantileSketch): number => buckets.reduce((sum, [, count]) => sum + count, zeros)

/** The value below which a share of all lies, within the sketch's accuracy of it. @returns undefined of nothing */
export function sketchQuantile(sketch: QuantileSketch, share: number): number | undefined {
  const all = sketchCount(sketch)
  if (all === 0) return undefined
  const rank = Math.max(0, Math.min(1, share)) * (all - 1)
  let passed = sketch.zeros
  if (rank < passed) return 0
  for (const [bucket, count] of sketch.buckets) {
    passed += count
    if (rank < passed) return middleOf(bucket, sketch.accuracy)
  }
  return middleOf(sketch.buckets.at(-1)![0], sketch.accuracy)
}

/** The point of a bucket that is the same share away from both its ends. */
const middleOf = (bucket: number, accuracy: number): number => (2 * growth(accuracy) ** bucket) / (growth(accuracy) + 1)
