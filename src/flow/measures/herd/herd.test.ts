import { describe, expect, it } from 'vitest'
import type { Keys } from '../keys/keys.ts'
import { among, herds } from './herd.ts'

const hour = 3_600_000
const timed = (ms: number | undefined) => {
  const quantile = { value: ms, low: undefined, high: undefined }
  return { count: 9, ended: 9, p50: quantile, p85: quantile, p95: quantile }
}
const keys = (over: Partial<Keys>): Keys => ({
  frequency: undefined,
  lead: undefined,
  failRate: undefined,
  recovery: undefined,
  rework: undefined,
  ...over,
})
const [of2024] = herds as readonly [(typeof herds)[number]]

describe('whom a value stream is like', () => {
  it('is told key by key, and not at all where nothing is known', () => {
    const frequency = { deployments: 30, perWeek: 2.3, activeDays: 20, gap: undefined }
    const failRate = { expected: 3, of: 30, share: 0.1, low: 0.03, high: 0.26 }
    expect(among(keys({ frequency, lead: timed(30 * hour), failRate, recovery: timed(0.5 * hour) }), of2024)).toEqual({
      frequency: 'high',
      lead: 'high',
      failRate: 'medium',
      recovery: 'elite',
    })
    expect(among(keys({ lead: timed(undefined) }), of2024)).toEqual({
      frequency: undefined,
      lead: undefined,
      failRate: undefined,
      recovery: undefined,
    })
  })

  it('is the better of those who said the same, and the nearest between the steps of the answers', () => {
    const share = (value: number) => keys({ failRate: { expected: value * 1000, of: 1000, share: value, low: 0, high: 1 } })
    const named = (year: number, value: number) =>
      among(
        share(value),
        herds.find((one) => one.year === year)!,
      ).failRate
    expect([0.1, 0.2, 0.9].map((value) => named(2021, value))).toEqual(['elite', 'high', 'high'])
    expect([0.1, 0.29, 0.31, 0.5].map((value) => named(2019, value))).toEqual(['elite', 'elite', 'low', 'low'])
    expect([0.156, 0.38].map((value) => named(2022, value))).toEqual(['medium', 'medium'])
    // In 2016 the low ones failed less often than the medium ones.
    expect([0.2, 0.4].map((value) => named(2016, value))).toEqual(['low', 'medium'])
  })

  it('has a place for everybody, from the best to whoever is slower than all', () => {
    for (const { year, clusters } of herds) {
      const last = clusters.at(-1)!
      expect([year, last.perWeek, last.lead, last.recovery]).toEqual([year, 0, Infinity, Infinity])
      for (const [at, { perWeek, lead, recovery }] of clusters.slice(1).entries()) {
        const better = clusters[at]!
        expect([year, better.perWeek >= perWeek, better.lead <= lead, better.recovery <= recovery]).toEqual([year, true, true, true])
      }
    }
  })

  it('has each year once, the latest first', () => {
    const years = herds.map(({ year }) => year)
    expect(years).toEqual([...new Set(years)].toSorted((a, b) => b - a))
  })

  it('names a year and where it was read of every number', () => {
    for (const { year, report, source } of herds)
      expect([report.includes(String(year)), source.startsWith('https://')]).toEqual([true, true])
  })
})
