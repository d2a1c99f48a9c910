import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorsAbove, intervalAround, reversed } from './effect.ts'
import { MomentsOfMany } from './moments.ts'
import { errorOfShare, quantileEffect } from './quantile-effect.ts'
import { belowOf, countOf, growth, positionOf, quantilesIn, smallest, valueAt, type Buckets } from './quantile-sketch.ts'
import { quantile } from './quantiles.ts'

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
        expect(quantilesIn(buckets)(percent / 100)).toBeCloseTo(valueAt(position), 6)
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
  /** Of each: requests, and those at or below. */
  const usersOf = (users: readonly (readonly [number, number])[]) => {
    const moments = new MomentsOfMany(2)
    for (const user of users) moments.add(user)
    return moments.moments()
  }
  /** Of each user ten requests, all the same: a tenth of the information. */
  const armOf = (levels: readonly number[]) => {
    const values = Float64Array.from(levels.flatMap((level) => Array.from<number>({ length: 10 }).fill(level))).sort()
    return {
      quantile: (share: number) => quantile(values, share),
      users: usersOf(levels.map((level) => [10, level <= 80 ? 10 : 0])),
    }
  }
  const levels = (shift: number) => Array.from({ length: 1000 }, (_, at) => ((at * 37) % 100) + shift)
  const told = (...given: Parameters<typeof quantileEffect>) => {
    const effect = quantileEffect(...given)
    if (typeof effect === 'string') throw new Error(effect)
    return effect
  }

  it('counts requests of one user as one', () => {
    expect(errorOfShare(armOf(levels(1)))).toBeCloseTo(Math.sqrt((0.8 * 0.2) / 1000), 4)
  })

  it('is compared with the error of users, not of requests', () => {
    const effect = told(armOf(levels(1)), armOf(levels(9)), 0.8)
    expect(effect.effect).toBeCloseTo(0.1, 1)
    // Uniform on 0 to 100: √(0.8·0.2/1000)·100 for each arm, of 80.
    expect(effect.error).toBeCloseTo((Math.SQRT2 * 1.265) / 80, 2)
    expect(quantileEffect(armOf([1, 2]), armOf([1, 2]), 0.99)).toBe('too few')
  })

  /** Half of the users have about 100 and half about 150; of so many of 1,000 it is the low ones. */
  const gap = (low: number) => {
    const users = 1000
    const share = low / users
    return {
      quantile: (at: number) => (at <= share ? 100 + at / share : 150 + (at - share) / (1 - share)),
      users: usersOf(Array.from({ length: users }, (_, user) => [1, user < low ? 1 : 0])),
    }
  }

  it('is not taken to differ where it only jumps over a gap, and its limits say how far it may jump', () => {
    const effect = told(gap(505), gap(495), 0.5)
    expect(effect.effect).toBeCloseTo(0.5, 1)
    expect(errorsAbove(effect, 0)).toBeLessThan(0.5)
    const { low, high } = intervalAround(effect, 1.96)
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0.48)
  })

  it('is seen to differ at a gap by as many errors as the shares on either side of it', () => {
    // 53 % and 47 %: 0.06 / √(2·0.25/1000).
    expect(errorsAbove(told(gap(530), gap(470), 0.5), 0)).toBeCloseTo(2.68, 1)
  })

  it('has limits that hold 0 as long as it is not taken to differ, in either direction', () => {
    const shifts = fc.double({ min: -10, max: 10, noNaN: true })
    fc.assert(
      fc.property(shifts, fc.double({ min: 0.2, max: 5, noNaN: true }), (shift, reach) => {
        const effect = told(armOf(levels(1)), armOf(levels(1 + shift)), 0.8)
        for (const one of [effect, reversed(effect)]) {
          const { low, high } = intervalAround(one, reach)
          const above = errorsAbove(one, 0)
          // Where the same values are in both arms, but for rounding, a limit is 0, but for rounding.
          const isAtEdge = Math.abs(Math.abs(above) - reach) < 1e-4 || Math.min(Math.abs(low), Math.abs(high)) < 1e-9
          if (!isAtEdge) expect(low <= 0 && high >= 0).toBe(Math.abs(above) <= reach)
        }
      }),
      { examples: [[9.999999999989392, 4.879498778197043]] },
    )
  })
})
