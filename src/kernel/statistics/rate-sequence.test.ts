import { describe, expect, it } from 'vitest'
import { rateSequence } from './rate-sequence.ts'

describe('limits of a rate that is looked at all the time', () => {
  it('say nothing of nothing, and hold what was seen', () => {
    expect(rateSequence({ hits: 0, of: 0 }, 0.05)).toEqual({ low: 0, high: 1 })
    const { low, high } = rateSequence({ hits: 20, of: 10_000 }, 0.05)
    expect(low).toBeGreaterThan(0.000_5)
    expect(low).toBeLessThan(0.002)
    expect(high).toBeGreaterThan(0.002)
    expect(high).toBeLessThan(0.005)
  })

  it('solve the equation of the mixture', () => {
    // With no hit: B(1/2, n + 1/2) / B(1/2, 1/2) = (1 - high)^n / alpha.
    const n = 1_000
    let ratio = 1
    for (let k = 1; k <= n; k++) ratio *= (k - 0.5) / k
    expect((1 - rateSequence({ hits: 0, of: n }, 0.05).high) ** n).toBeCloseTo(0.05 * ratio, 8)
  })

  it('are left by chance in fewer than alpha of the runs, though one looks at each step', () => {
    let state = 11
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const rate = 0.02
    let left = 0
    for (let run = 0; run < 300; run++) {
      let hits = 0
      for (let of = 1; of <= 1_500; of++) {
        if (random() < rate) hits++
        if (of % 25 !== 0) continue
        const { low, high } = rateSequence({ hits, of }, 0.1)
        if (rate < low || rate > high) {
          left++
          break
        }
      }
    }
    expect(left / 300).toBeLessThanOrEqual(0.1)
  })
})
