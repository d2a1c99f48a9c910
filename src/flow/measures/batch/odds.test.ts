import { describe, expect, it } from 'vitest'
import { oddsByBatch, type Batch } from './odds.ts'

const of = (size: number, failed: number, all: number): readonly Batch[] =>
  Array.from({ length: all }, (_, n) => ({ size, failed: n < failed ? 1 : 0 }))

describe('failing against size', () => {
  it('is told in sizes that double, held against the smallest of which there are enough', () => {
    const { buckets, trend } = oddsByBatch([...of(1, 1, 5), ...of(2, 5, 100), ...of(3, 5, 100), ...of(7, 20, 100)])
    expect(buckets.map(({ from, to, deployments, failed }) => [from, to, deployments, failed])).toEqual([
      [1, 1, 5, 1],
      [2, 3, 200, 10],
      [4, 7, 100, 20],
    ])
    expect(buckets[1]!.odds).toBeUndefined()
    // Odds 20.5/80.5 against 10.5/190.5.
    expect(buckets[2]!.odds!.ratio).toBeCloseTo(4.62, 2)
    expect(buckets[2]!.odds!.low).toBeGreaterThan(2)
    expect(trend!.p).toBeLessThan(0.001)
  })

  it('says nothing of a trend where all are of one size, or all failed alike', () => {
    expect(oddsByBatch(of(1, 3, 30)).trend).toBeUndefined()
    expect(oddsByBatch([...of(1, 0, 30), ...of(8, 0, 30)]).trend).toBeUndefined()
    expect(oddsByBatch([])).toEqual({ buckets: [], trend: undefined })
  })
})
