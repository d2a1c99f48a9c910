import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Failed, Incident } from '../attribution/failures.ts'
import { FlowQuery } from '../schemas.ts'
import { at, incident, pastOf, type Line } from '../testing.ts'
import { recoveryBoard, recoveryOf } from './board.ts'

const hourMs = 3_600_000
/** A version a day, two hours from test to production, for ten days. */
const days: readonly Line[] = Array.from({ length: 10 }, (_, day) => [
  [day * 24, 'shop', `v${day}`, 'test'] as const,
  [day * 24 + 2, 'shop', `v${day}`] as const,
]).flat()

const query = FlowQuery.parse({})
const recovery = (lines: readonly Line[], incidents: readonly Incident[] = [], failed: readonly Failed[] = [], asOf?: number) =>
  recoveryOf(
    pastOf(lines),
    { incidents, failed },
    'shop',
    { ...query, ...(asOf === undefined ? {} : { asOf: new Date(at(asOf)).toISOString() }) },
    at(10_000),
  )
const hours = (ms: number | null) => (ms === null ? null : ms / hourMs)
const stage = ({ stages }: ReturnType<typeof recovery>, name: string) => stages.find((one) => one.stage === name)!

describe('how failures are mended', () => {
  it('follows an incident from the deployment that it came of, over the version made for it, until somebody says that it is over', () => {
    const fix: readonly Line[] = [
      [53, 'shop', 'fix', 'test'],
      [54, 'shop', 'fix'],
    ]
    const told = recovery([...days, ...fix], [incident(51, 56, { version: 'v2' })])
    const [row] = told.rows
    expect(row).toMatchObject({ kind: 'incident', version: 'v2', way: 'forward', by: 'fix', unknown: [] })
    expect([row!.detectMs, row!.mendMs, row!.rollMs, row!.recoverMs, row!.verifyMs, row!.exposedMs].map(hours)).toEqual([1, 2, 1, 3, 2, 4])
    expect(told.parts.map(({ from, to, ms }) => [from, to, hours(ms)])).toEqual([
      ['deployed', 'detected', 1],
      ['detected', 'mended', 2],
      ['mended', 'recovered', 1],
      ['recovered', 'resolved', 2],
    ])
    expect(told).toMatchObject({ failures: 1, spentMs: 6 * hourMs, ways: { back: 0, forward: 1, other: 0, open: 0 } })
    expect(told.recovery).toMatchObject({ count: 1, ended: 1, p50: { value: 5 * hourMs } })
  })

  it('does not say when somebody saw what was undone, nor that it was seen at once', () => {
    const told = recovery([...days, [219, 'shop', 'v8']])
    const [row] = told.rows
    expect(row).toMatchObject({ kind: 'back', way: 'back', by: 'v8', detected: null, resolved: null, detectMs: null, verifyMs: null })
    expect(hours(row!.exposedMs)).toBe(1)
    expect(row!.unknown).toEqual(['going back does not say when somebody saw it, nor when all was seen to be well'])
    expect(stage(told, 'detect')).toMatchObject({ ended: 0, open: 0, unknown: 1, p50: null })
    expect(stage(told, 'exposed')).toMatchObject({ ended: 1, p50: { value: hourMs } })
    expect(told.parts).toMatchObject([{ from: 'deployed', to: 'recovered', share: 1 }])
  })

  it('begins with a deployment that did not come to run when it said so, and ends with what ran', () => {
    const failed = [{ deployment: 'd', stream: 'shop', environment: 'production', at: at(217), version: 'v9' }]
    const told = recovery(days, [], failed)
    expect(told.rows).toMatchObject([{ kind: 'failed', way: 'forward', by: 'v9', deployed: null, recoverMs: hourMs, resolved: null }])
    expect(recovery(days.slice(0, -1), [], failed).rows).toMatchObject([{ way: 'open', over: null, recovered: null }])
  })

  it('counts what is not over with the time that it has lasted, and does not guess what may have ended it', () => {
    const open = [incident(30, 40), incident(51, undefined)]
    const told = recovery(days, open, [], 60)
    expect(told.ways).toEqual({ back: 0, forward: 0, other: 1, open: 1 })
    // Nothing came between when the first was seen and when it was over.
    expect(told.rows.at(-1)!.unknown.at(-1)).toBe('no deployment came before it was over: it was mended in another way')
    expect(stage(told, 'recover')).toMatchObject({ ended: 0, open: 1, ahead: 0, unknown: 1, p50: { value: null } })
    expect(stage(told, 'verify')).toMatchObject({ ahead: 1, unknown: 1 })
    expect(told.parts.at(-1)).toMatchObject({ from: 'detected', to: null, ms: 9 * hourMs })
    const later = recovery(days, open, [], 100)
    expect(stage(later, 'recover')).toMatchObject({ open: 0, unknown: 2, p50: null })
    expect(later.rows[0]!.unknown.at(-1)).toBe('something was deployed since it was seen, and nobody said that it is over')
  })

  it('says nothing where nobody ever told of a failure, of one stream and of all', () => {
    const told = recovery(days)
    expect(told).toMatchObject({ known: [], failures: 0, recovery: null, spentMs: 0, parts: [], rows: [] })
    expect(told.stages.every(({ p50 }) => p50 === null)).toBe(true)
    const { rows } = recoveryBoard(pastOf([...days, [5, 'cart', 'one']]), { incidents: [incident(51, 56)], failed: [] }, query, at(10_000))
    expect(rows).toMatchObject([
      { stream: 'shop', failures: 1, detect: { value: hourMs } },
      { stream: 'cart', failures: 0, recovery: null, detect: null },
    ])
  })

  it('sums exactly: its parts to all the time, its stages to all the failures', () => {
    const lines = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom('v1', 'v4', 'x', 'y')), { maxLength: 12 })
    const told = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.option(fc.integer({ min: 0, max: 90 }))), { maxLength: 8 })
    fc.assert(
      fc.property(lines, told, (more, seen) => {
        const incidents = seen.map(([from, lasted], n) =>
          incident(from, lasted === null ? undefined : from + lasted, {
            incident: `INC ${n}`,
            began: lasted === 7 ? at(from - 1) : undefined,
          }),
        )
        const view = recovery([...days, ...more.map(([hour, version]): Line => [hour + 0.5, 'shop', version])], incidents)
        expect(view.parts.reduce((sum, { ms }) => sum + ms, 0)).toBe(view.spentMs)
        for (const { ended, open: now, ahead, unknown } of view.stages) expect(ended + now + ahead + unknown).toBe(view.failures)
        expect(Object.values(view.ways).reduce((sum, count) => sum + count, 0)).toBe(view.failures)
        const whole = view.rows.reduce((sum, row) => {
          const starts = [row.deployed, row.deployed === null ? row.began : null, row.detected, row.recovered].filter((one) => one !== null)
          const first = Math.min(...starts.map((one) => Date.parse(one)))
          return sum + Date.parse(row.over ?? view.asOf) - first
        }, 0)
        expect(whole).toBe(view.spentMs)
        for (const row of view.rows) if (row.mendMs !== null) expect(row.mendMs + row.rollMs!).toBe(row.recoverMs)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the board of recovery', () => {
  it('credits a failure of many services to none of them, and counts it', () => {
    const lines = ['shop', 'cart', 'till', 'stock'].flatMap((name, n): Line[] => [
      [0, name, 'v1'],
      [95, name, 'v2'],
      [96 + n / 10, name, 'v1'],
    ])
    const board = recoveryBoard(pastOf(lines), { incidents: [], failed: [] }, query, at(10_000))
    expect(board.shared).toBe(1)
    expect(board.rows.map(({ failures }) => failures)).toEqual([0, 0, 0, 0])
  })
})
