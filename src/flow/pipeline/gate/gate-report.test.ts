import { describe, expect, it } from 'vitest'
import { quantile } from '../../../kernel/statistics/quantiles.ts'
import { reportOf } from './gate-report.ts'
import type { GateWait } from '../projection.ts'

const minuteMs = 60_000
const start = Date.parse('2026-11-25T08:00:00.000Z')
const at = (minutes: number) => new Date(start + minutes * minuteMs).toISOString()
const row = (run: string, gate: string, from: number, to: number | null, end: string | null = 'opened'): GateWait => ({
  stream: 'shop',
  stage: 'production',
  gate,
  run,
  since: at(from),
  candidate: `sha256:${run}`,
  until: to === null ? null : at(to),
  end: to === null ? null : end,
})

describe('what gates cost and catch', () => {
  it('is counted from the waits: how many, how long, and what became of the candidate meanwhile', () => {
    const rows = [
      ...['a', 'b', 'c', 'd', 'e'].map((run) => row(run, 'all', 60, 60)),
      row('a', 'approval', 0, 10),
      row('b', 'approval', 0, 20, 'rejected'),
      row('c', 'approval', 0, 30, 'superseded'),
      row('c', 'approval', 40, 80, 'bypassed'),
      // Not over: it counts with its age.
      row('f', 'approval', 50, null),
    ]
    const gates = reportOf(rows, start + 100 * minuteMs)
    expect(gates.find(({ gate }) => gate === 'approval')).toEqual({
      stream: 'shop',
      stage: 'production',
      gate: 'approval',
      asked: 6,
      delayed: 4,
      waiting: 1,
      waitedMs: { p50: 30 * minuteMs, p95: 48 * minuteMs, max: 50 * minuteMs },
      bypassed: 1,
      caught: { rejected: 1, superseded: 1, cancelled: 0, held: 0 },
    })
    expect(gates.find(({ gate }) => gate === 'soak')).toMatchObject({ asked: 6, delayed: 0, waitedMs: null })
  })

  it('sees that something was found bad while it soaked, and not what was found before or after', () => {
    const rows = [
      row('a', 'soak', 10, 30),
      row('a', 'hold', 20, null),
      row('b', 'soak', 10, 30),
      row('b', 'hold', 31, null),
      row('c', 'hold', 20, null),
    ]
    const caught = reportOf(rows, start + 100 * minuteMs).map(({ gate, caught: { held } }) => [gate, held])
    expect(Object.fromEntries(caught)).toMatchObject({ soak: 1, hold: 0 })
  })

  it('has no quantile of nothing', () => {
    expect(quantile([], 0.5)).toBeUndefined()
    expect([0, 0.5, 0.95, 1].map((share) => quantile([10], share))).toEqual([10, 10, 10, 10])
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  })
})
