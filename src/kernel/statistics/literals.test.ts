import { describe, expect, it } from 'vitest'
import { mixtureRatio, sequenceRho, sequenceTest } from './confidence-sequence.ts'
import { bayesianReading, effectOf, fixedTest, type Effect, type Reading } from './effect.ts'
import { boundaries } from './group-sequential.ts'
import { MomentsOfMany, momentsOfSums, type Moments } from './moments.ts'
import { benjaminiHochberg, holm } from './multiplicity.ts'
import { sampleSize, sampleSizeOfRates, unitsMissing } from './power.ts'
import { sampleRatio, sampleRatioEvidence } from './sample-ratio.ts'

/** Numbers that others print, each with where it stands: what we say must be what they say. */
const within = (given: number, expected: number, allowed = 1e-5) => expect(Math.abs(given - expected)).toBeLessThanOrEqual(allowed)

const sumsOf = (count: number, sum: number, squares: number) => momentsOfSums(count, [sum], [squares])
/** As those who divide by n. */
const dividedByN = (count: number, sum: number, squares: number): Moments => ({
  count,
  means: [sum / count],
  products: [(squares / count - (sum / count) ** 2) * (count - 1)],
})
const rate = (hits: number, count: number) => dividedByN(count, hits, hits)

function told(a: Moments, b: Moments, reading: Reading = { value: 0 }, relative = true): Effect {
  const effect = effectOf(a, b, reading, { relative })
  if (typeof effect === 'string') throw new Error(effect)
  return effect
}

describe('the numbers of gbstats (growthbook/growthbook, packages/stats/tests/frequentist/test_tests.py)', () => {
  const [a, b] = [sumsOf(3407, 1396.87, 52377.9767), sumsOf(3461, 2422.7, 134698.29)]
  const fewer = sumsOf(3000, 1396.87, 52377.9767)

  it.each([
    ['relative', told(a, b), [0.70732, 0.37879, -0.03526, 1.44989, 0.06191]],
    ['absolute', told(a, b, { value: 0 }, false), [0.29, 0.12478, 0.04538, 0.53462, 0.02016]],
    ['of rates', told(rate(14, 28), rate(16, 30)), [0.06667, 0.2717, -0.47767, 0.61101, 0.80707]],
  ])('t test, %s', (_, effect, expected) => {
    const { low, high, p } = fixedTest(effect)
    for (const [at, given] of [effect.effect, effect.error, low, high, p].entries()) within(given, expected[at]!)
  })

  it('t test, one-sided', () => {
    const relative = told(fewer, b)
    const absolute = told(fewer, b, { value: 0 }, false)
    within(relative.effect, 0.5033610858562358)
    within(relative.error, 0.3334122146400735)
    within(fixedTest(relative, { sides: 'greater' }).low, -0.045136675850396046)
    within(fixedTest(relative, { sides: 'greater' }).p, 0.06558262868467746)
    within(fixedTest(relative, { sides: 'less' }).high, 1.0518588475628676)
    within(fixedTest(relative, { sides: 'less' }).p, 0.9344173713153225)
    within(absolute.effect, 0.23437666666666668)
    within(absolute.error, 0.12983081254184736)
    within(fixedTest(absolute, { sides: 'greater' }).low, 0.020791480063255735)
    within(fixedTest(absolute, { sides: 'greater' }).p, 0.03554272489873023)
    within(fixedTest(absolute, { sides: 'less' }).high, 0.44796185327007765)
    within(fixedTest(absolute, { sides: 'less' }).p, 0.9644572751012698)
  })

  it('confidence sequence', () => {
    within(sequenceRho(0.05, 1000), 0.0890850975)
    const { low, high, p } = sequenceTest(told(fewer, b), { alpha: 0.05, narrowestAt: 1000 })
    within(low, -0.55844)
    within(high, 1.56516)
    expect(p).toBe(1)
    const ofRates = told(rate(1396, 3000), rate(2422, 3461))
    within(ofRates.effect, 0.50386)
    within(ofRates.error, 0.03386)
    const rates = sequenceTest(ofRates, { alpha: 0.05, narrowestAt: 5000 })
    within(rates.low, 0.40098)
    within(rates.high, 0.60675)
    within(rates.p, 0)
  })

  it('confidence sequence, one-sided', () => {
    const given = { alpha: 0.05, narrowestAt: 5000 }
    const [relative, absolute] = [told(fewer, b), told(fewer, b, { value: 0 }, false)]
    within(sequenceTest(relative, { ...given, sides: 'greater' }).low, -0.42356454602790883)
    within(sequenceTest(relative, { ...given, sides: 'less' }).high, 1.4302867177403806)
    within(sequenceTest(absolute, { ...given, sides: 'greater' }).low, -0.12656844172804982)
    within(sequenceTest(absolute, { ...given, sides: 'less' }).high, 0.5953217750613832)
    // Theirs is a bisection that ends early; ours is the closed form.
    within(sequenceTest(absolute, { ...given, sides: 'greater' }).p, 0.46316491943359384, 2e-4)
  })

  it('CUPED, with a confidence sequence', () => {
    const both = (n: number, after: number[], before: number[]) => momentsOfSums(n, [after[0]!, before[0]!], [after[1]!, 1, before[1]!])
    const effect = told(both(3000, [1396.87, 52377.9767], [16.87, 527.9767]), both(3461, [2422.7, 134698.29], [22.7, 1348.29]), {
      value: 0,
      before: 1,
    })
    within(effect.effect, 0.50338)
    within(effect.error, 0.33341)
    const { low, high, p } = sequenceTest(effect, { alpha: 0.05, narrowestAt: 5000 })
    // Theirs takes the treatment's level as it is in one derivative, ours as adjusted: a difference of 1e-5 of the reach.
    within(low, -0.50969, 2e-5)
    within(high, 1.51646, 2e-5)
    expect(p).toBe(1)
  })

  it('a ratio with CUPED', () => {
    // value, per, before, perBefore
    const control = momentsOfSums(
      100,
      [485.112236689623, 679.9093275844917, 192.59138069991536, 290.1398399750233],
      [
        2715.484666118136, 3602.146836776702, 1113.6215759318352, 1559.2878434944676, 4939.424001640236, 1460.3181079276983,
        2130.9404074446747, 460.076026390857, 634.239482353647, 920.9461385038898,
      ],
    )
    const treatment = momentsOfSums(
      100,
      [514.7757826608777, 705.4090874383759, 206.94157227402536, 302.54389139107326],
      [
        2994.897482705013, 3918.1561431600717, 1237.0953021125997, 1701.0287270040265, 5291.36604146392, 1604.0759503266522,
        2292.081739775257, 514.2903702246757, 698.4173425817908, 994.4506208125663,
      ],
    )
    const effect = told(control, treatment, { value: 0, per: 1, before: 2, perBefore: 3 })
    within(effect.effect, -0.0007)
    within(effect.error, 0.00391)
    within(fixedTest(effect).low, -0.00841)
    within(fixedTest(effect).high, 0.007)
    within(fixedTest(effect).p, 0.85771)
    const sequence = sequenceTest(effect, { alpha: 0.05, narrowestAt: 5000 })
    within(sequence.low, -0.02063)
    within(sequence.high, 0.01923)
    expect(sequence.p).toBe(1)
  })

  it('Bayesian reading (tests/bayesian/test_tests.py)', () => {
    const rates = bayesianReading(told(rate(49, 100), rate(51, 100)))
    const means = told(sumsOf(10, 100, 1002.25), sumsOf(10, 105, 1111.5))
    const plain = bayesianReading(means)
    const informed = bayesianReading(means, { prior: { mean: 0.1, variance: 0.1 } })
    const expected = [
      [rates, [0.04082, 0.14725, -0.24779, 0.32943, 0.60918, 0.0814, 0.04058]],
      [plain, [0.05, 0.03572, -0.02, 0.12, 0.91923, 0.05131, 0.00131]],
      [informed, [0.05063, 0.03549, -0.01893, 0.12019, 0.92315, 0.05186, 0.00123]],
    ] as const
    for (const [{ mean, error, low, high, chanceToWin, lossOfControl, lossOfTreatment }, numbers] of expected) {
      const given = [mean, error, low, high, chanceToWin, lossOfControl, lossOfTreatment]
      for (const [at, number] of numbers.entries()) within(given[at]!, number)
    }
    const { lossOfControl, lossOfTreatment } = bayesianReading({ effect: 0.1, error: 0.05 })
    within(lossOfControl, 0.1004245351, 1e-10)
    within(lossOfTreatment, 0.0004245351, 1e-10)
    expect(bayesianReading({ effect: 0.01, error: 4.5e-9 })).toMatchObject({ lossOfControl: 0.01, lossOfTreatment: 0 })
  })

  it('what is still missing in the middle (tests/test_midexperimentpower.py), whose search ends at 1e-5 of the power', () => {
    const { error } = told(sumsOf(500, 500, 1500), sumsOf(500, 525, 1551.25))
    const missing = (reading?: Parameters<typeof unitsMissing>[2]) =>
      unitsMissing({ alpha: 0.05, sides: 2, power: 0.8 }, { error, count: 1000, difference: 0.05 }, reading)!
    within(missing() / 25.45703125, 1, 3e-5)
    within(missing({ by: 'sequence', narrowestAt: 5000 }) / 55.66796875, 1, 3e-5)
    within(missing({ by: 'bayes', prior: { mean: 0.05, variance: 0.001 } }) / 13.9404296875, 1, 3e-5)
  })
})

describe('group sequential boundaries', () => {
  const equal = (looks: number) => Array.from({ length: looks }, (_, at) => (at + 1) / looks)

  it.each([
    ['obrien-fleming', [2.9626, 1.9686]],
    ['obrien-fleming', [3.7103, 2.5114, 1.993]],
    ['obrien-fleming', [4.3326, 2.9631, 2.359, 2.0141]],
    ['obrien-fleming', [4.8769, 3.357, 2.6803, 2.2898, 2.031]],
    ['pocock', [2.438, 2.4268, 2.4102, 2.3966, 2.386]],
  ] as const)('of %s, two-sided 5 %, are those of the tables of Lan and DeMets: %j', (kind, expected) => {
    const looks = boundaries({ alpha: 0.05, sides: 2, spending: { kind } }, equal(expected.length))
    for (const [at, { z }] of looks.entries()) within(z, expected[at]!, 5.1e-5)
  })

  it('of the square of the share', () => {
    const looks = boundaries({ alpha: 0.05, sides: 2, spending: { kind: 'power', power: 2 } }, equal(5))
    for (const [at, expected] of [3.0902, 2.7141, 2.4728, 2.2799, 2.114].entries()) within(looks[at]!.z, expected, 5.1e-5)
  })

  it('give the intervals of spotify/confidence (tests/frequentist/test_ztest.py), to the digits that its tests ask for', () => {
    const reach = (alpha: number, sides: 1 | 2, shares: number[]) =>
      boundaries({ alpha, sides, spending: { kind: 'power', power: 2 } }, shares).at(-1)!.z
    const absolute = (a: Moments, b: Moments) => told(a, b, { value: 0 }, false)
    const two = absolute(dividedByN(1250, 2510, 6304), dividedByN(1250, 2492, 6163))
    within(two.effect + reach(0.01, 2, [0.25]) * two.error, 0.121, 1.5e-3)
    within(two.effect - reach(0.01, 2, [0.25]) * two.error, -0.151, 1.5e-3)
    within(two.effect, -0.0149, 1.5e-3)
    const one = absolute(dividedByN(1250, 2510, 6304), dividedByN(1250, -2492, 6163))
    within(one.effect - reach(0.01, 1, [0.25]) * one.error, -4.129515314002298, 1.5e-3)
    within(one.effect, -4.001416, 1.5e-3)
    // Two comparisons share the alpha.
    const early = absolute(dividedByN(500, 1000, 3000), dividedByN(1000, 1000, 6000))
    within(early.effect - reach(0.025, 2, [0.15]) * early.error, -1.327445, 1.5e-3)
    within(early.effect + reach(0.025, 2, [0.15]) * early.error, -0.6725549, 1.5e-3)
    const late = absolute(dividedByN(1000, 2000, 6000), dividedByN(2000, 2000, 12000))
    within(late.effect - reach(0.025, 2, [0.15, 0.3]) * late.error, -1.209182, 1.5e-3)
    within(late.effect + reach(0.025, 2, [0.15, 0.3]) * late.error, -0.7908185, 1.5e-3)
  })
})

describe('other published numbers', () => {
  it('splits: Kohavi, Tang and Xu, Trustworthy Online Controlled Experiments, and the examples of lukasvermeer.nl', () => {
    const half = (a: number, b: number) => sampleRatio({ counts: [a, b], weights: [1, 1] })
    within(half(821_588, 815_482).chiSquare, 22.7744, 5e-5)
    within(half(821_588, 815_482).p, 1.82e-6, 5e-9)
    within(half(502, 498).p, 0.899, 5e-4)
    within(half(600, 400).p / 2.54e-10, 1, 1e-3)
    within(half(9463, 7681).chiSquare, 185.2266, 5e-5)
    within(half(9463, 7681).p / 3.5e-42, 1, 1e-3)
  })

  it('splits, watched: Lindon and Malek, with a concentration of 100', () => {
    const evidence = (a: number, b: number) => sampleRatioEvidence({ counts: [a, b], weights: [1, 1] }).logFactor
    within(evidence(600, 400), 17.0989, 5e-5)
    within(evidence(5200, 4800), 5.6136, 5e-5)
    within(evidence(502, 498), -1.1939, 5e-5)
  })

  it('the mixture sequential probability ratio test', () => {
    within(mixtureRatio(0.1, 2000, 1, 0.01), 28.4033, 5e-5)
    within(1 / mixtureRatio(0.1, 2000, 1, 0.01), 0.03521, 5e-6)
    within(mixtureRatio(0.1, 1000, 1, 0.01), 3.27872, 5e-6)
  })

  it('sample sizes', () => {
    const design = { alpha: 0.05, sides: 2, power: 0.8 } as const
    within(sampleSize(design, { difference: 0.01, control: 0.1 * 0.9, treatment: 0.11 * 0.89 }), 14_748.05, 5e-3)
    within(sampleSizeOfRates(design, 0.1, 0.11), 14_750.79, 5e-3)
    within(sampleSize(design, { difference: 0.05, control: 1 }), 6279.1, 5e-3)
  })

  it('many questions: growthbook/growthbook, packages/shared/test/experiments.test.ts', () => {
    const adjusted = benjaminiHochberg([0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138])
    for (const [at, p] of [0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415].entries()) within(adjusted[at]!, p)
    expect(holm([0.025, 0.03])).toEqual([0.05, 0.05])
    expect(benjaminiHochberg([0.025, 0.03])).toEqual([0.03, 0.03])
  })

  it('CUPED and a ratio of eight users each', () => {
    const of = (...columns: number[][]) => {
      const moments = new MomentsOfMany(columns.length)
      for (const at of columns[0]!.keys()) moments.add(columns.map((column) => column[at]!))
      return moments.moments()
    }
    const [before, after] = [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8, 16.1],
    ]
    const same = of(after, before)
    within(1 - told(same, same, { value: 0, before: 1 }, false).explained, 0.00116071, 5e-9)
    const clicks = of([1, 0, 2, 1, 3, 0, 1, 2], [4, 2, 5, 3, 8, 1, 4, 6])
    const ratio = told(clicks, clicks, { value: 0, per: 1 }, false)
    within(ratio.control, 0.3030303, 5e-8)
    within(ratio.error / Math.SQRT2, 0.034846035, 5e-9)
  })
})
