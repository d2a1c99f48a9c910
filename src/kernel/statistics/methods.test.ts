import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectOf, fixedTest } from './effect.ts'
import { boundaries, crossing, inflation, sequentialPower, type SequentialDesign } from './group-sequential.ts'
import { independence, interaction } from './interaction.ts'
import { MomentsOfMany, mergeMoments, noMoments, covariance } from './moments.ts'
import { holm } from './multiplicity.ts'
import { detectable, powerOf, sampleSize, unitsMissing } from './power.ts'
import { RepeatedP } from './repeated-p.ts'
import { sampleRatio } from './sample-ratio.ts'

const momentsOf = (rows: readonly (readonly number[])[]) => {
  const moments = new MomentsOfMany(rows[0]?.length ?? 2)
  for (const row of rows) moments.add(row)
  return moments.moments()
}
const rows = fc.array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 0, max: 99 })), { minLength: 2, maxLength: 40 })

describe('moments', () => {
  it('are the same in whichever parts and order they are merged', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const whole = momentsOf([...a, ...b, ...c])
        const parts = [c, a, b].map(momentsOf).reduce(mergeMoments, noMoments(2))
        expect(parts.count).toBe(whole.count)
        for (const [at, product] of whole.products.entries()) expect(parts.products[at]).toBeCloseTo(product, 4)
        for (const [at, mean] of whole.means.entries()) expect(parts.means[at]).toBeCloseTo(mean, 9)
      }),
    )
  })

  it('keep the digits of small differences between large numbers', () => {
    const large = momentsOf([[1e9 + 1], [1e9 + 2], [1e9 + 3]])
    expect(covariance(large, 0, 0)).toBe(1)
  })
})

describe('an effect', () => {
  it('turns its sign, and nothing else, when a metric does', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const turned = (all: typeof a) => momentsOf(all.map(([y, x]) => [-y, x]))
        const reading = { value: 0, before: 1 }
        const [effect, mirror] = [effectOf(momentsOf(a), momentsOf(b), reading), effectOf(turned(a), turned(b), reading)]
        if (typeof effect === 'string' || typeof mirror === 'string') {
          expect(mirror).toBe(effect)
          return
        }
        expect(mirror.effect).toBeCloseTo(-effect.effect, 9)
        expect(mirror.error / effect.error).toBeCloseTo(1, 6)
      }),
    )
  })

  it('says why there is none', () => {
    const same = momentsOf([[5], [5], [5]])
    expect(effectOf(same, same, { value: 0 })).toBe('no variance')
    expect(effectOf(momentsOf([[1]]), same, { value: 0 })).toBe('too few')
    expect(effectOf(momentsOf([[1], [-1]]), same, { value: 0 })).toBe('nothing to compare with')
    expect(
      effectOf(
        momentsOf([
          [1, 0],
          [2, 0],
        ]),
        momentsOf([
          [1, 1],
          [2, 1],
        ]),
        { value: 0, per: 1 },
      ),
    ).toBe('nothing to compare with')
  })

  it('of a level that is barely known has limits that hold it as often as they say, and 0 exactly as often as the difference may be none', () => {
    let state = 7
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const arm = (share: number) => {
      const hits = Array.from({ length: 300 }, () => (random() < share ? 1 : 0)).reduce((sum: number, hit) => sum + hit, 0)
      return { count: 300, means: [hits / 300], products: [hits - hits ** 2 / 300] }
    }
    let [held, below, above] = [0, 0, 0]
    const runs = 4_000
    for (let run = 0; run < runs; run++) {
      const [a, b] = [arm(0.08), arm(0.12)]
      const [relative, absolute] = [effectOf(a, b, { value: 0 }, { byDifference: true }), effectOf(a, b, { value: 0 }, { relative: false })]
      if (typeof relative === 'string' || typeof absolute === 'string') throw new Error('too few')
      const { low, high, p } = fixedTest(relative)
      expect(p).toBeCloseTo(fixedTest(absolute).p, 12)
      expect(low > 0 || high < 0).toBe(p < 0.05)
      if (low > 0.5) above++
      else if (high < 0.5) below++
      else held++
    }
    expect(held / runs).toBeGreaterThan(0.943)
    expect(held / runs).toBeLessThan(0.957)
    // As often on either side, which limits by the relative effect's own error are not.
    expect(Math.max(below, above) / runs).toBeLessThan(0.032)
  })

  it('is held against a margin when nothing may get worse', () => {
    const effect = { effect: -0.01, error: 0.01, degrees: Number.POSITIVE_INFINITY }
    expect(fixedTest(effect, { sides: 'greater' }).p).toBeGreaterThan(0.5)
    // z = (-0.01 + 0.03) / 0.01 = 2
    expect(fixedTest(effect, { sides: 'greater', over: -0.03 }).p).toBeCloseTo(0.02275, 5)
  })
})

describe('looking a few times', () => {
  const design: SequentialDesign = { alpha: 0.05, sides: 2, spending: { kind: 'obrien-fleming' } }

  it('never alarms more often than allowed, whenever the looks are', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 })
    const spending = fc.constantFrom<SequentialDesign['spending']>(
      { kind: 'obrien-fleming' },
      { kind: 'pocock' },
      { kind: 'power', power: 3 },
    )
    fc.assert(
      fc.property(gaps, spending, fc.constantFrom<1 | 2>(1, 2), (steps, spending, sides) => {
        const whole = steps.reduce((sum, step) => sum + step, 0)
        let sum = 0
        const shares = steps.map((step) => (sum += step) / whole)
        const looks = boundaries({ alpha: 0.05, sides, spending }, shares)
        const { above, below } = crossing(looks, sides, 0).at(-1)!
        expect(above + below).toBeCloseTo(0.05, 9)
      }),
      { numRuns: 30 },
    )
  })

  it('spends what is left when the last look comes early, and nothing when more came than was planned', () => {
    const [, early] = boundaries(design, [0.5, 0.8], true)
    const [, , over, later] = boundaries(design, [0.5, 0.8, 1.1, 1.3])
    expect(early!.spent).toBeCloseTo(0.05, 12)
    expect(over!.spent).toBeCloseTo(0.05, 12)
    expect(later!.z).toBe(Number.POSITIVE_INFINITY)
    expect(() => boundaries(design, [0.5, 0.5])).toThrow(RangeError)
  })

  it('costs little', () => {
    const looks = Array.from({ length: 28 }, (_, at) => (at + 1) / 28)
    expect(inflation(design, looks, 0.8)).toBeLessThan(1.06)
    expect(sequentialPower(design, looks, 2.8016)).toBeGreaterThan(0.77)
    expect(sequentialPower(design, [1], 2.8016)).toBeCloseTo(0.8, 4)
  })

  it('has a p that agrees with the boundary at every step of Holm', () => {
    const shares = [0.2, 0.45, 0.8]
    const looks = new RepeatedP(design, 3)
    const p = shares.map((share) => looks.next(share)).at(-1)!.pOf
    for (const questions of [1, 2, 3]) {
      const { z } = boundaries({ ...design, alpha: 0.05 / questions }, shares).at(-1)!
      expect(p(z + 1e-9)).toBeLessThanOrEqual(0.05 / questions)
      expect(p(z - 1e-6)).toBeGreaterThan(0.05 / questions)
      expect(p(-z)).toBeCloseTo(p(z), 12)
    }
    const { z } = boundaries({ ...design, alpha: 2e-4 }, shares).at(-1)!
    expect(p(z) / 2e-4).toBeCloseTo(1, 1)
    expect(p(0)).toBe(1)
    expect(p(50)).toBeLessThan(1e-6)
  })
})

describe('planning', () => {
  it('agrees with itself: the power of the size planned is the power wanted', () => {
    const design = { alpha: 0.05, sides: 2, power: 0.8 } as const
    const each = sampleSize(design, { difference: 0.2, control: 4, treatment: 9, ratio: 2 })
    const error = Math.sqrt(4 / each + 9 / (2 * each))
    expect(powerOf(design, 0.2, error)).toBeCloseTo(0.8, 5)
    expect(detectable(design, error)).toBeCloseTo(0.2, 10)
    expect(unitsMissing(design, { error: 0.01, count: 10, difference: 1 })).toBe(0)
    expect(unitsMissing(design, { error: 1, count: 10, difference: 1e-9 })).toBeUndefined()
  })
})

describe('two experiments at once', () => {
  const cell = (mean: number) => ({ count: 1000, mean, variance: 4 })

  it('do not interact while effects add up', () => {
    expect(
      interaction([
        [cell(1), cell(2)],
        [cell(3), cell(4)],
      ]),
    ).toEqual({ statistic: 0, degrees: 1, p: 1 })
  })

  it('interact when they do not: (0.4 / √(4·4/1000))² = 10', () => {
    const wald = interaction([
      [cell(1), cell(2)],
      [cell(3), cell(4.4)],
    ])!
    expect(wald.statistic).toBeCloseTo(10, 9)
    expect(wald.p).toBeCloseTo(0.0015654, 7)
    const more = interaction([
      [cell(1), cell(2), cell(2)],
      [cell(3), cell(4.4), cell(4)],
      [cell(3), cell(4), cell(4)],
    ])!
    expect(more.degrees).toBe(4)
    expect(
      interaction([
        [cell(1), { ...cell(1), count: 1 }],
        [cell(1), cell(1)],
      ]),
    ).toBeUndefined()
  })

  it('are assigned independently or not', () => {
    expect(
      independence([
        [100, 100],
        [50, 50],
      ])!.p,
    ).toBe(1)
    // R: chisq.test(matrix(c(12, 5, 3, 10), 2), correct = FALSE)
    expect(
      independence([
        [12, 3],
        [5, 10],
      ])!.statistic,
    ).toBeCloseTo(6.651584, 5)
    expect(
      independence([
        [12, 0],
        [5, 0],
      ]),
    ).toBeUndefined()
  })
})

describe('bad input', () => {
  it('is refused', () => {
    expect(() => sampleRatio({ counts: [1, 2], weights: [1] })).toThrow(RangeError)
    expect(() => sampleRatio({ counts: [1, Number.NaN], weights: [1, 1] })).toThrow(RangeError)
    expect(() => sampleRatio({ counts: [1, 2], weights: [1, 0] })).toThrow(RangeError)
    expect(sampleRatio({ counts: [0, 0], weights: [1, 1] }).p).toBe(1)
  })

  it('leaves no question of Holm without an answer', () => {
    expect(holm([])).toEqual([])
    expect(holm([0.9, 0.01, 0.9])).toEqual([1, 0.03, 1])
  })
})
