/**
 * How long a fault that a deployment brought takes to be seen. Log-logistic: the share that is seen by `t` is 1 / (1 + (median / t)^shape).
 * Its tail is as heavy as that of faults is, and nothing is ever impossible.
 */
export type Hazard = {
  /** Milliseconds. */
  readonly median: number
  readonly shape: number
  /** Failures that it was learnt from; 0: the default. */
  readonly learnt: number
}

/**
 * Half of the faults are seen within an hour and nine tenths within 16 hours. An assumption, which weighs as much as ten failures of
 * which the deployment is known, and less with each of them.
 */
export const defaultHazard: Hazard = { median: 60 * 60_000, shape: 0.8, learnt: 0 }
const weight = 10

/** How long a fault takes to begin, where somebody saw when it began: most do with the first requests. An assumption. */
export const onset: Hazard = { median: 10 * 60_000, shape: 0.8, learnt: 0 }
/** What takes less was not seen, it was known before. */
const leastMs = 30_000

/** @param delays - from a deployment until its fault was seen, milliseconds, where it is known which deployment it was */
export function learnHazard(delays: readonly number[]): Hazard {
  const logs = delays.filter((ms) => ms >= 0).map((ms) => Math.log(Math.max(leastMs, ms)))
  const n = logs.length
  if (n === 0) return defaultHazard
  const prior = Math.log(defaultHazard.median)
  const mean = (weight * prior + sum(logs)) / (weight + n)
  // The variance of the logarithm of a log-logistic time is (π / shape)² / 3.
  const priorVariance = (Math.PI / defaultHazard.shape) ** 2 / 3
  const spread = weight * (priorVariance + (prior - mean) ** 2) + sum(logs.map((log) => (log - mean) ** 2))
  const shape = Math.PI / Math.sqrt((3 * spread) / (weight + n))
  return { median: Math.exp(mean), shape, learnt: n }
}

/** How often something is so, out of cases of which it is known and an assumption that weighs as much as ten of them. */
export const learnShare = (assumed: number, hits: number, of: number): number => (weight * assumed + hits) / (weight + of)

/** Nothing is for sure. */
const most = 0.9

/**
 * Share of the times that many services went back at once which come of no deployment. Nobody says so; but if what comes of something
 * other shows in many, all of it is among them: the rarer they are beside single ones, the larger a part of them it is. An assumption
 * that one in three is of many weighs as much as ten times.
 * @param others - share of all failures that come of no deployment @param many - times that many went back @param all - that any did
 */
export const learnMany = (others: number, many: number, all: number): number =>
  Math.min(most, (others * (weight + all)) / (weight / 3 + many))

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)

/** Density per millisecond that a fault is seen so long after it was deployed. */
export function seenAfter({ median, shape }: Hazard, ms: number): number {
  const x = Math.max(leastMs, ms) / median
  return ((shape / median) * x ** (shape - 1)) / (1 + x ** shape) ** 2
}
