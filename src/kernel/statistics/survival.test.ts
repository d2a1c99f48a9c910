import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { happenedBy, survival, survivalQuantile } from './survival.ts'

const curveOf = (durations: readonly number[], happened: readonly number[]) =>
  survival(Float64Array.from(durations), Uint8Array.from(happened))

describe('how long until something happens, where some still wait', () => {
  // Remission of leukaemia patients, 6-MP against placebo: Freireich 1963 as in Cox and Oakes, Analysis of Survival Data, 1.1.
  const durations = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
  const relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]

  it('is the published curve of a classic trial', () => {
    const { times, waiting } = curveOf(durations, relapsed)
    expect([...times]).toEqual([6, 7, 10, 13, 16, 22, 23])
    const published = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    for (const [at, share] of published.entries()) expect(waiting[at]).toBeCloseTo(share, 4)
  })

  it('has the published median, and limits on both sides or none', () => {
    const { value, low, high } = survivalQuantile(curveOf(durations, relapsed), 0.5)
    expect(value).toBe(23)
    expect(low).toBe(13)
    expect(high).toBeUndefined()
  })

  it('says that it never happened to so many instead of a time', () => {
    const curve = curveOf([1, 2, 9, 9, 9], [1, 1, 0, 0, 0])
    expect(survivalQuantile(curve, 0.5).value).toBeUndefined()
    expect(happenedBy(curve, 5)).toBeCloseTo(0.4)
    expect(happenedBy(curve, 0.5)).toBe(0)
    expect(happenedBy(curve, 10)).toBeUndefined()
    expect(happenedBy(curveOf([1, 2], [1, 1]), 10)).toBe(1)
    expect(survivalQuantile(curveOf([], []), 0.5)).toEqual({ value: undefined, low: undefined, high: undefined })
  })

  it('is what is counted when nothing waits any more', () => {
    const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 99 }), (all, percent) => {
        const curve = curveOf(
          all,
          all.map(() => 1),
        )
        const sorted = all.toSorted((a, b) => a - b)
        expect(survivalQuantile(curve, percent / 100).value).toBe(sorted[Math.ceil((percent / 100) * all.length - 1e-9) - 1])
      }),
    )
  })

  it('finds the true median though most are still waiting', () => {
    // Half of an exponential with mean 100 has happened after 69.3; each was watched for 30 to 80.
    let seed = 7
    const random = () => {
      // mulberry32
      seed = (seed + 0x6d2b79f5) | 0
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
    const rows = Array.from({ length: 20_000 }, () => {
      const [true_, watched] = [-100 * Math.log(random()), 30 + 50 * random()]
      return true_ <= watched ? ([true_, 1] as const) : ([watched, 0] as const)
    })
    const median = survivalQuantile(
      curveOf(
        rows.map(([duration]) => duration),
        rows.map(([, happened]) => happened),
      ),
      0.5,
    )
    expect(Math.abs(median.value! - 100 * Math.LN2) / (100 * Math.LN2)).toBeLessThan(0.05)
    expect(median.low!).toBeLessThan(100 * Math.LN2)
    expect(median.high!).toBeGreaterThan(100 * Math.LN2)
  })

  it('refuses what is no duration', () => {
    expect(() => curveOf([-1], [1])).toThrow(RangeError)
    expect(() => curveOf([1], [])).toThrow(RangeError)
  })
})
