import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration } from './duration.ts'

describe('a duration for people', () => {
  it('has its two largest units, and never sixty of the smaller one', () => {
    expect([480, 999.8, 3_240, 59_960, 1_199_600, 3_599_700, 7_440_000, 190_000_000].map(formatDuration)).toEqual([
      '480 ms',
      '1.0 s',
      '3.2 s',
      '1 min 0 s',
      '20 min 0 s',
      '1 h 0 min',
      '2 h 4 min',
      '2 d 4 h',
    ])
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b60(\.0)? (s|min)|\b24 h$|1000 ms/)
      }),
    )
  })
})
