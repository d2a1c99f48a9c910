import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectOf, fixedTest } from './effect.ts'
import { boundaries, crossing, inflation, sequentialPower, type SequentialDesign } from './group-sequential.ts'
import { independence, interaction } from './interaction.ts'
import { MomentsOfMany, mergeMoments, noMoments, covariance } from './moments.ts'
import { holm } from './multiplicity.ts'
import { detectable, powerOf, sampleSize, unitsMissing } from './power.ts'
import { quantileEffect, requestsAsOne } from './quantile-effect.ts'
import { belowOf, countOf, growth, positionFor, positionOf, smallest, valueAt, type Buckets } from './quantile-sketch.ts'
import { quantile } from './quantiles.ts'
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
        if (typeof effect === 'string' || typeof mirror === 'string') return expect(mirror).toBe(effect)
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

describe('a quantile of values in buckets', () => {
  const bucketOf = (value: number) => Math.max(0, Math.ceil(Math.log(value / smallest) / Math.log(growth)))
  const bucketsOf = (values: Iterable<number>): Buckets => {
    const counts = new Map<number, number>()
    for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1)
    return [...counts].sort(([a], [b]) => a - b)
  }

  it('is in the bucket of the value that has it, in the buckets that applications tell', () => {
    const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 100 }), (all, percent) => {
        const sorted = Float64Array.from(all).sort()
        const buckets = bucketsOf(all)
        const position = positionOf(buckets, percent / 100)!
        const rank = Math.ceil((percent / 100) * all.length - 1e-9) - 1
        expect(position.bucket).toBe(bucketOf(sorted[rank]!))
        if (position.bucket > 0) expect(Math.abs(valueAt(position) / sorted[rank]! - 1)).toBeLessThan(0.0401)
        expect(belowOf(buckets, position)).toBeCloseTo((percent / 100) * all.length, 9)
        expect(countOf(buckets)).toBe(all.length)
        if (position.bucket > 0) expect(belowOf(buckets, positionFor(valueAt(position)))).toBeCloseTo((percent / 100) * all.length, 6)
      }),
    )
  })

  it('moves with every value, and not from bound to bound', () => {
    const at = [0.4, 0.5, 0.6].map((share) => valueAt(positionOf([[300, 1000]], share)!))
    expect(at[1]! - at[0]!).toBeCloseTo(at[2]! - at[1]!, 9)
    expect(at[1]! / at[0]!).toBeGreaterThan(1.003)
    expect(valueAt(positionOf(bucketsOf(Array.from({ length: 4001 }, (_, at) => 100 + at / 10)), 0.9)!)).toBeCloseTo(460, 0)
  })

  it('knows nothing of nothing, and takes what is very small for nothing', () => {
    expect(positionOf([], 0.5)).toBeUndefined()
    expect(
      valueAt(
        positionOf(
          [
            [0, 10],
            [700, 1],
          ],
          0.5,
        )!,
      ),
    ).toBe(0)
    expect(valueAt(positionOf([[5, 1]], 7)!)).toBeCloseTo(0.001 * 1.04 ** 5, 12)
  })
})

describe('a quantile of requests of assigned users', () => {
  /** Of each user ten requests, all the same: a tenth of the information. */
  const armOf = (levels: readonly number[]) => {
    const values = Float64Array.from(levels.flatMap((level) => Array.from<number>({ length: 10 }).fill(level))).sort()
    return {
      count: values.length,
      quantile: (share: number) => quantile(values, share),
      shareAt: (value: number) => values.filter((one) => one <= value).length / values.length,
      users: momentsOf(levels.map((level) => [10, level <= 80 ? 10 : 0])),
    }
  }
  const levels = (shift: number) => Array.from({ length: 1000 }, (_, at) => ((at * 37) % 100) + shift)

  it('counts requests of one user as one', () => {
    expect(requestsAsOne(armOf(levels(1)))).toBeCloseTo(10, 1)
  })

  it('is compared with the error of users, not of requests', () => {
    const effect = quantileEffect(armOf(levels(1)), armOf(levels(9)), 0.8, false)
    if (typeof effect === 'string') throw new Error(effect)
    expect(effect.effect).toBeCloseTo(8, 0)
    // Uniform on 0 to 100: √(0.8·0.2/1000)·100 for each arm.
    expect(effect.error).toBeCloseTo(Math.SQRT2 * 1.265, 0)
    expect(quantileEffect(armOf([1, 2]), armOf([1, 2]), 0.99)).toBe('too few')
  })

  it('is not taken to differ where it only jumps over a gap', () => {
    // Half of the users have 100 and half 150; of ten of 1,000 it is the other half.
    const gap = (low: number) => {
      const users = 1000
      const share = low / users
      return {
        count: users,
        quantile: (at: number) => (at <= share ? 100 : 150) + at,
        shareAt: (value: number) => (value < 100 ? 0 : value < 150 ? share : 1),
        users: momentsOf(Array.from({ length: users }, (_, user) => [1, user < low ? 1 : 0])),
      }
    }
    const effect = quantileEffect(gap(505), gap(495), 0.5)
    if (typeof effect === 'string') throw new Error(effect)
    expect(effect.effect).toBeCloseTo(0.5, 1)
    expect(Math.abs(effect.effect / effect.error)).toBeLessThan(0.5)
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
