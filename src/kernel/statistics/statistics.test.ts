import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logGamma } from './gamma.ts'
import { mannWhitney } from './mann-whitney.ts'
import { normalQuantile, normalTail } from './normal.ts'
import { differenceBelow, fisherGreater, wilson } from './proportions.ts'
import { quantile, quantileLimits } from './quantiles.ts'

/** Expected values are those of the C library's erfc and of SciPy 1.17 (`mannwhitneyu`, `fisher_exact`, `norm.isf`). */
const close = (value: number, expected: number) => expect(Math.abs(value / expected - 1)).toBeLessThan(1e-10)

describe('the normal distribution', () => {
  it.each([
    [0.5, 0.3085375387259869],
    [1.96, 0.024997895148220435],
    [2.9, 0.0018658133003840384],
    [3.5, 0.00023262907903552504],
    [6, 9.865876450377012e-10],
    [10, 7.619853024160593e-24],
    [25, 3.056696706382874e-138],
  ])('is right far out in its tail: %d', (z, tail) => {
    close(normalTail(z), tail)
    close(normalTail(-z), 1 - tail)
  })

  it('finds the z that leaves a tail', () => {
    close(normalQuantile(0.005), 2.575829303548901)
    close(normalQuantile(1e-9), 5.9978070150076865)
    close(normalQuantile(0.995), -2.575829303548901)
  })
})

describe('the test of Mann and Whitney', () => {
  it('counts small samples exactly', () => {
    const { u, pGreater } = mannWhitney([1.1, 2.3, 3.5, 4.9, 6.2], [0.4, 0.9, 1.7, 2.9])
    expect(u).toBe(17)
    close(pGreater, 0.05555555555555555)
  })

  it('corrects for ties', () => {
    const threeTimes = (values: number[]) => [...values, ...values, ...values]
    const { u, pGreater } = mannWhitney(threeTimes([3, 3, 4, 5, 5, 5, 7, 9, 9, 12]), threeTimes([2, 3, 3, 4, 4, 5, 6, 6, 8, 9]))
    expect(u).toBe(553.5)
    close(pGreater, 0.06161115046294198)
  })

  it('says nothing of values that are all the same', () => {
    expect(mannWhitney([5, 5, 5], [5, 5])).toMatchObject({ pGreater: 1, delta: 0 })
  })

  it('agrees with counting every pair, and is its own mirror', () => {
    const sample = array(integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 })
    assert(
      property(sample, sample, (a, b) => {
        const signs = a.flatMap((x) => b.map((y) => Math.sign(x - y)))
        const sum = signs.reduce<number>((total, sign) => total + sign, 0)
        expect(mannWhitney(a, b).delta).toBeCloseTo(sum / signs.length, 12)
        expect(mannWhitney(b, a).delta).toBeCloseTo(-sum / signs.length, 12)
      }),
    )
  })
})

describe('rates', () => {
  it('are compared exactly, also when there is hardly anything to compare', () => {
    close(fisherGreater({ hits: 8, of: 100 }, { hits: 1, of: 100 }), 0.017449575986057876)
    close(fisherGreater({ hits: 50, of: 1000 }, { hits: 20, of: 1000 }), 0.00017425967665861983)
    close(fisherGreater({ hits: 3, of: 3 }, { hits: 0, of: 3 }), 0.05)
    expect(fisherGreater({ hits: 0, of: 100 }, { hits: 0, of: 100 })).toBe(1)
    expect(fisherGreater({ hits: 0, of: 0 }, { hits: 3, of: 9 })).toBe(1)
  })

  it('are compared by the sum of all that is as likely or less, to the last digit', () => {
    const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
    const count = integer({ min: 1, max: 3000 })
    assert(
      property(count, count, integer({ min: 0, max: 3000 }), integer({ min: 0, max: 3000 }), (ofA, ofB, a, b) => {
        const [one, other] = [
          { hits: a % (ofA + 1), of: ofA },
          { hits: b % (ofB + 1), of: ofB },
        ]
        const hits = one.hits + other.hits
        let sum = 0
        for (let k = one.hits; k <= Math.min(hits, ofA); k++)
          if (hits - k <= ofB) sum += Math.exp(logChoose(ofA, k) + logChoose(ofB, hits - k) - logChoose(ofA + ofB, hits))
        expect(fisherGreater(one, other)).toBe(hits === 0 ? 1 : Math.min(1, sum))
      }),
    )
  })

  it('have limits that never leave 0 to 1, and that know nothing of nothing', () => {
    expect(wilson({ hits: 0, of: 0 }, 0.05)).toEqual({ low: 0, high: 1 })
    expect(wilson({ hits: 0, of: 10 }, 0.05).low).toBe(0)
    expect(differenceBelow({ hits: 0, of: 0 }, { hits: 0, of: 9 }, 0.05)).toBe(1)
    // Newcombe 1998, table II, 56/70 against 48/80: 0.0524 to 0.3339 at 95 %.
    expect(differenceBelow({ hits: 56, of: 70 }, { hits: 48, of: 80 }, 0.025)).toBeCloseTo(0.3339, 4)
  })
})

describe('quantiles', () => {
  it('lie between two values in proportion, and nowhere when there is none', () => {
    expect(quantile(Float64Array.of(1, 2, 3, 4), 0.5)).toBe(2.5)
    expect(quantile(Float64Array.of(), 0.5)).toBeUndefined()
  })

  it('have no upper limit when the sample does not reach so far', () => {
    const sorted = Float64Array.from({ length: 50 }, (_, n) => n)
    expect(quantileLimits(sorted, 0.99, 0.05).high).toBe(Infinity)
    expect(quantileLimits(sorted, 0.5, 0.05)).toEqual({ low: 18, high: 31 })
  })
})
