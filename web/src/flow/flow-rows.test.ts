import { describe, expect, it } from 'vitest'
import type { FlowRow } from '../api/types.ts'
import { rowsOf } from './flow-rows.ts'

const of = (stream: string, p50: number | null | undefined, more: Partial<FlowRow> = {}): FlowRow => {
  const quantile = { value: p50 ?? null, low: null, high: null }
  const at = '2026-01-01T00:00:00.000Z'
  return {
    stream,
    order: ['test', 'production'],
    since: at,
    until: at,
    asOf: at,
    deployments: p50 === undefined ? 0 : 3,
    perWeek: p50 === undefined ? 0 : 1,
    activeDays: 0,
    lead: { versions: p50 === undefined ? 0 : 4, reached: 2, p50: quantile, p85: quantile, p95: quantile, within: [] },
    batch: { p50: null, p95: null, max: null },
    back: 0,
    closed: 0,
    ...more,
  }
}
const names = (rows: readonly FlowRow[]) => rows.map(({ stream }) => stream)

describe('the flow of many streams', () => {
  const all = [of('quick', 10), of('none', undefined), of('never', null), of('slow', 900), of('also-none', undefined)]

  it('puts what never came after all that did, and what nothing is known of last, whichever way', () => {
    expect(names(rowsOf(all, '', { by: 'p50', down: true }))).toEqual(['never', 'slow', 'quick', 'also-none', 'none'])
    expect(names(rowsOf(all, '', { by: 'p50', down: false }))).toEqual(['quick', 'slow', 'never', 'also-none', 'none'])
  })

  it('keeps those that have all of the words, in their name, their environments or their team', () => {
    expect(names(rowsOf(all, 'NE prod', { by: 'stream', down: false }))).toEqual(['also-none', 'never', 'none'])
    expect(names(rowsOf(all, 'checkout', { by: 'stream', down: false }, new Map([['slow', 'Checkout']])))).toEqual(['slow'])
    expect(rowsOf(all, 'moon', { by: 'stream', down: false })).toEqual([])
  })
})
