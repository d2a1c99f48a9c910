import { describe, expect, it } from 'vitest'
import type { Failed, Incident } from '../attribution/failures.ts'
import type { Past } from '../past.ts'
import { FlowQuery } from '../schemas.ts'
import { at, incident, pastOf, type Line } from '../testing.ts'
import { keysBoard, keysOfStream } from './board.ts'

const hourMs = 3_600_000

const query = FlowQuery.parse({ rows: 'true' })
const keys = (past: Past, incidents: readonly Incident[] = [], failed: readonly Failed[] = [], asked: Partial<FlowQuery> = {}) =>
  keysOfStream(past, { incidents, failed }, 'shop', { ...query, ...asked }, at(10_000))

/** One a day for ten days. */
const days: readonly Line[] = Array.from({ length: 10 }, (_, day) => [
  [day * 24, 'shop', `v${day}`, 'test'] as const,
  [day * 24 + 2, 'shop', `v${day}`] as const,
]).flat()

describe('the five keys', () => {
  it('say nothing of failing where nobody ever told of a failure, instead of 0', () => {
    const { frequency, lead, failRate, recovery, rework, known } = keys(pastOf(days))
    expect(known).toEqual([])
    expect({ failRate, recovery, rework }).toEqual({ failRate: null, recovery: null, rework: null })
    expect(frequency).toMatchObject({ deployments: 10, activeDays: 10, gap: { p50: 24 * hourMs } })
    expect(lead).toMatchObject({ count: 10, ended: 10, p50: { value: 2 * hourMs } })
  })

  it('tell the pace of the time in which a stream is known, not of the years before', () => {
    const pace = (asked: Partial<FlowQuery>) => keys(pastOf(days), [], [], asked).frequency!.perWeek
    expect(pace({ days: 3660 })).toBe(pace({ days: 90 }))
    // Ten days, of which the last has two hours.
    expect(pace({ days: 90 })).toBeCloseTo((10 / (9 + 2 / 24)) * 7, 10)
  })

  it('count an incident on the deployment before it, and its fix as rework', () => {
    const fix: Line = [51.5, 'shop', 'v2.1']
    const answer = keys(pastOf([...days, fix]), [incident(51, 52)])
    expect(answer.failRate!.expected).toBeGreaterThan(0.9)
    expect(answer.failRate!.expected).toBeLessThan(1)
    expect(answer.failRate).toMatchObject({ of: 11 })
    expect(answer.rework).toMatchObject({ expected: 1, of: 11 })
    expect(answer.recovery).toMatchObject({ count: 1, ended: 1, p50: { value: hourMs } })
    expect(answer.rows!.find(({ failed }) => failed > 0.5)).toMatchObject({ version: 'v2', failures: ['INC-51'] })
    expect(answer.rows!.find(({ rework }) => rework !== null)).toMatchObject({ version: 'v2.1', rework: 'it ended INC-51' })
    const [{ causes, none } = { causes: [], none: 0 }] = answer.failures!
    expect(causes.reduce((sum, { probability }) => sum + probability, none)).toBeCloseTo(1, 10)
  })

  it('are the same to whoever looked before, at whatever else and whatever was known then', () => {
    const lines = [...days, ...days.map(([hour, , ...rest]): Line => [hour + 1, 'cart', ...rest])]
    const [past, told] = [pastOf(lines), { incidents: [incident(51, 52)], failed: [] }]
    const asked: readonly Partial<FlowQuery>[] = [{}, { days: 3 }, { asOf: new Date(at(60)).toISOString() }, { to: 'test' }]
    const meant = [undefined, new Set(['shop']), new Set(['cart']), new Set<string>()]
    const look = (known: Past, of: typeof told, more: Partial<FlowQuery>, only: (typeof meant)[number]) =>
      keysBoard(known, of, { ...query, ...more }, at(10_000), undefined, only)
    for (const more of [...asked, ...asked])
      for (const only of meant) expect(look(past, told, more, only)).toEqual(look(pastOf(lines), { ...told }, more, only))
    // Something else is told of the same deployments, and more deployments of the same failures.
    const worse = { ...told, incidents: [...told.incidents, incident(100, 110)] }
    expect(look(past, worse, {}, undefined)).toEqual(look(pastOf(lines), { ...worse }, {}, undefined))
    const more: readonly Line[] = [...lines, [240, 'shop', 'v11']]
    expect(look(pastOf(more), worse, {}, undefined)).toEqual(look(pastOf(more), { ...worse }, {}, undefined))
    expect(look(pastOf(more), worse, {}, undefined)).not.toEqual(look(past, worse, {}, undefined))
  })

  it('are of a day what they were then, whatever was deployed later', () => {
    const large = (day: number): readonly Line[] => [
      ...Array.from({ length: 9 }, (_, n) => [day * 24 + n, 'shop', `v${day}.${n}`, 'test'] as const),
      [day * 24 + 10, 'shop', `v${day}.8`] as const,
    ]
    const small = (day: number): readonly Line[] => [
      [day * 24, 'shop', `v${day}`, 'test'],
      [day * 24 + 2, 'shop', `v${day}`],
    ]
    // Large ones went back, small ones did not.
    const then = Array.from({ length: 12 }, (_, day) =>
      day % 3 === 1 ? [...large(day), [day * 24 + 11, 'shop', `v${day - 1}`] as const] : small(day),
    ).flat()
    const later = Array.from({ length: 40 }, (_, day) => large(day + 20)).flat()
    const asOf = { asOf: new Date(at(12 * 24)).toISOString(), until: new Date(at(12 * 24)).toISOString(), days: 30 }
    const known = [incident(11 * 24 + 5, undefined)]
    const told = (past: Past) => keys(past, known, [], asOf).failures
    expect(told(pastOf(then))!.length).toBeGreaterThan(3)
    expect(told(pastOf([...then, ...later]))).toEqual(told(pastOf(then)))
  })

  it('count an incident that is not over with the time it has lasted, and as it was known then', () => {
    const past = pastOf(days)
    const known = [incident(51, 60), incident(100, undefined)]
    expect(keys(past, known).recovery).toMatchObject({ count: 2, ended: 1 })
    expect(keys(past, known, [], { asOf: new Date(at(55)).toISOString() }).recovery).toMatchObject({
      count: 1,
      ended: 0,
      p50: { value: null },
    })
    expect(keys(past, known, [], { asOf: new Date(at(40)).toISOString() })).toMatchObject({ failRate: null, known: [] })
  })

  it('take a going back for a failure of what it undid', () => {
    const answer = keys(pastOf([...days, [219, 'shop', 'v8']]))
    expect(answer.known).toEqual(['back'])
    expect(answer.rows!.filter(({ failed }) => failed > 0).map(({ version }) => version)).toEqual(['v9'])
    expect(answer.rework).toMatchObject({ expected: 1, of: 11 })
    expect(answer.recovery).toMatchObject({ count: 1, ended: 1, p50: { value: hourMs } })
  })

  it('take many services that go back at once for one failure, and none of them for sure', () => {
    const names = ['shop', 'cart', 'till', 'stock']
    const lines = names.flatMap((name, n): Line[] => [
      [0, name, 'v1'],
      [95, name, 'v2'],
      [96 + n / 10, name, 'v1'],
    ])
    const { estate, streams } = keysBoard(pastOf(lines), { incidents: [], failed: [] }, query, at(10_000))
    expect(estate.recovery).toMatchObject({ count: 1 })
    expect(estate.failRate!.expected).toBeLessThanOrEqual(1)
    expect(streams.every(({ failRate }) => failRate!.expected < 0.5)).toBe(true)
    // It came of one of the four, and nobody knows of which: it is no one's to have recovered from.
    expect(streams.map(({ recovery }) => recovery)).toEqual([null, null, null, null])
  })

  it('take a failure for one of the stream where any of its deployments brought it, though none of them is likelier than not', () => {
    const close = [48, 48.1, 48.2, 48.3].map((hour): Line => [hour, 'shop', `w${hour}`])
    const answer = keys(pastOf([...days.filter(([hour]) => hour < 40), ...close]), [incident(49, 50)])
    expect(answer.rows!.every(({ failed }) => failed < 0.5)).toBe(true)
    expect(answer.recovery).toMatchObject({ count: 1, ended: 1, p50: { value: hourMs } })
  })

  it('count a deployment that did not come to run as one that failed, until something runs', () => {
    const failed = [{ deployment: 'd', stream: 'shop', environment: 'production', at: at(217), version: 'v9' }]
    const answer = keys(pastOf(days), [], failed)
    expect(answer.failRate).toMatchObject({ expected: 1, of: 11 })
    expect(answer.rework).toMatchObject({ expected: 1, of: 10 })
    expect(answer.rows!.at(-1)).toMatchObject({ ran: false, failed: 1 })
    expect(answer.recovery).toMatchObject({ ended: 1, p50: { value: hourMs } })
  })

  it('believe a person, also that it came of none', () => {
    const past = pastOf(days)
    const told = (to: string | undefined) => ({ attributed: { at: at(80), to, by: 'ann', reason: 'the graphs' } })
    const named = keys(past, [incident(51, 52, told('shop v0 2'))])
    expect(named.rows!.filter(({ failed }) => failed > 0)).toMatchObject([{ version: 'v0', failed: 1 }])
    expect(keys(past, [incident(51, 52, told(undefined))])).toMatchObject({ failRate: { expected: 0 }, recovery: null })
  })
})
