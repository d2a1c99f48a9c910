import { chiSquareTail } from './chi-square.ts'
import { logGamma } from './gamma.ts'

/** What was counted in each arm, and what each should have: shares or weights, in the same order. */
export type Split = { readonly counts: readonly number[]; readonly weights: readonly number[] }

function shares({ counts, weights }: Split): readonly number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  if (counts.length !== weights.length || counts.length < 2) throw new RangeError(`${counts.length} counts, ${weights.length} weights`)
  if (!(sum > 0) || weights.some((weight) => !(weight > 0))) throw new RangeError('a weight is not above 0')
  if (counts.some((count) => !(count >= 0 && count < Number.POSITIVE_INFINITY))) throw new RangeError('a count is no number of units')
  return weights.map((weight) => weight / sum)
}

/**
 * Do the arms have the sizes that they should? Pearson's χ² at one moment. An alarm at p < 0.001, for which 50.5 to 49.5 is not seen
 * before some 300,000 units.
 * @throws RangeError when counts and weights do not fit
 */
export function sampleRatio(split: Split): { readonly chiSquare: number; readonly p: number } {
  const expected = shares(split)
  const all = split.counts.reduce((sum, count) => sum + count, 0)
  if (all === 0) return { chiSquare: 0, p: 1 }
  const chiSquare = expected.reduce((sum, share, at) => sum + (split.counts[at]! - share * all) ** 2 / (share * all), 0)
  return { chiSquare, p: chiSquareTail(chiSquare, expected.length - 1) }
}

/**
 * The same for looking at every moment: the logarithm of the Bayes factor of a Dirichlet prior about the shares against the shares
 * themselves (Lindon and Malek, NeurIPS 2022). P that it ever exceeds ln(1/alpha) while all is right is at most alpha, so p is
 * 1 over the greatest factor so far.
 *
 * @param concentration - how near the shares other splits are believed to be; 100 sees 1 % off best at some 10⁴ to 10⁵ units
 * @throws RangeError when counts and weights do not fit
 */
export function sampleRatioEvidence(split: Split, concentration = 100): { readonly logFactor: number; readonly p: number } {
  const expected = shares(split)
  const all = split.counts.reduce((sum, count) => sum + count, 0)
  let logFactor = logGamma(concentration) - logGamma(concentration + all)
  for (const [at, share] of expected.entries()) {
    const count = split.counts[at]!
    logFactor += logGamma(concentration * share + count) - logGamma(concentration * share) - count * Math.log(share)
  }
  return { logFactor, p: Math.min(1, Math.exp(-logFactor)) }
}
