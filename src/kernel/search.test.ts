import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstThat } from './search.ts'

describe('the first that holds', () => {
  it('is found as by looking at each', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: -1, max: 21 }), (numbers, limit) => {
        const sorted = numbers.toSorted((a, b) => a - b)
        const found = sorted.findIndex((one) => one >= limit)
        expect(firstThat(sorted.length, (at) => sorted[at]! >= limit)).toBe(found === -1 ? sorted.length : found)
      }),
    )
  })
})
