import { describe, expect, it } from 'vitest'
import { age, clock, duration } from './time.ts'

describe('times read by people', () => {
  it('names a duration with at most two units and never rounds up to sixty', () => {
    const cases = [480, 3_250, 9_999, 59_999, 250_000, 3_599_999, 11_520_000, 536_400_000]
    expect(cases.map(duration)).toEqual(['480 ms', '3.2 s', '9.9 s', '59 s', '4 min 10 s', '59 min 59 s', '3 h 12 min', '6 d 5 h'])
  })

  it('calls the future zero seconds old, since two clocks may disagree', () => {
    expect(age(-5_000)).toBe('0 s')
    expect(duration(-5_000)).toBe('0 ms')
  })

  it('keeps an age in one unit', () => {
    expect([8_000, 725_000, 11_000_000, 432_000_000].map(age)).toEqual(['8 s', '12 min', '3 h', '5 d'])
  })

  it('runs as a clock, with days in front when it takes that long', () => {
    expect([42_000, 727_000, 11_527_000, 260_000_000].map(clock)).toEqual(['0:42', '12:07', '3:12:07', '3 d 0:13:20'])
  })
})
