import type { Placed } from './placed.ts'

/** How likely a deployment of so many versions fails, beside one of which nothing is known. */
export type SizeRisk = (batch: number) => number

/** What nobody knows anything of: each size as likely. */
export const anySize: SizeRisk = () => 1

/** One, two or three, four to seven, eight or more. */
const stepOf = (batch: number) => Math.min(3, Math.floor(Math.log2(Math.max(1, batch))))
/** An assumption that size says nothing weighs as much as so many failures. */
const weight = 10

const counted = new WeakMap<readonly Placed[], readonly number[]>()

/** Of each step, how many were deployed. */
function countsOf(placed: readonly Placed[]): readonly number[] {
  const known = counted.get(placed)
  if (known) return known
  const counts = [0, 0, 0, 0]
  for (const { batch } of placed) counts[stepOf(batch)]!++
  counted.set(placed, counts)
  return counts
}

/**
 * Learns it from deployments of which it is known that they failed, against all that there were. By Bayes' rule with a Dirichlet prior
 * that has failures come as deployments do.
 * @param placed - all deployments to the environment, as far as was known
 */
export function learnSize(failed: readonly Placed[], placed: readonly Placed[]): SizeRisk {
  if (failed.length === 0) return anySize
  const counts = countsOf(placed)
  const hits = [0, 0, 0, 0]
  for (const { batch } of failed) hits[stepOf(batch)]!++
  const risks = counts.map((count, step) => {
    const share = count / placed.length
    return share === 0 ? 1 : (hits[step]! + weight * share) / ((failed.length + weight) * share)
  })
  return (batch) => risks[stepOf(batch)]!
}
