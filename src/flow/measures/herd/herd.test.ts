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

  it('names a year and where it was read of every number', () => {
    for (const { year, report, source } of herds)
      expect([report.includes(String(year)), source.startsWith('https://')]).toEqual([true, true])
  })
})
