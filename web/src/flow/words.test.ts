import { describe, expect, it } from 'vitest'
import { limits, percent, span } from './words.ts'

describe('numbers of a flow, read by people', () => {
  it('says a time in one unit and never in so many digits that they lie', () => {
    const cases = [480, 38_000, 698_000, 5_400_000, 25_920_000, 165_600_000, 700_000_000, 9_000_000_000]
    expect(cases.map((ms) => span(ms))).toEqual(['480 ms', '38 s', '12 min', '90 min', '7.2 h', '46 h', '8.1 d', '104 d'])
  })

  it('says between which limits, also when nothing limits it above', () => {
    expect(limits({ value: 1, low: 600_000, high: 720_000 })).toBe('10 – 12 min')
    expect(limits({ value: 1, low: 600_000, high: 7_200_000 })).toBe('10 min – 2 h')
    expect(limits({ value: 1, low: 590_000, high: 610_000 })).toBe('9.8 – 10.2 min')
    expect(limits({ value: null, low: 600_000, high: null })).toBe('10 min or more')
    expect(limits({ value: null, low: null, high: null })).toBeUndefined()
  })

  it('calls what is nearly all not all', () => {
    expect([0, 0.0001, 0.0234, 0.344, 0.9999, 1].map(percent)).toEqual(['0 %', '< 0.1 %', '2.3 %', '34 %', '> 99 %', '100 %'])
  })
})
