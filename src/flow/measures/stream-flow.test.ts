import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wayOf, type Deployed } from './environments.ts'
import { passagesTo } from './lead.ts'
import { flowOf } from './stream-flow.ts'

const hour = 3_600_000
const day = 24 * hour
const to = (environment: string, version: string, at: number): Deployed => ({ environment, version, at })

/** Every version goes through all, an hour each. */
const through = (environments: readonly string[], count: number) =>
  Array.from({ length: count }, (_, n) => environments.map((name, step) => to(name, `v${n}`, n * day + step * hour))).flat()

describe('the way of versions', () => {
  it('is seen from where they come first', () => {
    expect(wayOf(through(['qa', 'dev', 'prod'], 8))).toEqual(['qa', 'dev', 'prod'])
    expect(wayOf(through(['a', 'b'], 8).toSorted((x, y) => x.at - y.at))).toEqual(['a', 'b'])
  })

  it('ends in production however little gets there, and leaves out what lies beside it', () => {
    const few = [...through(['integration', 'staging'], 20), to('lab', 'v3', 90 * day), to('production', 'v3', 91 * day)]
    expect(wayOf(few)).toEqual(['integration', 'staging', 'production'])
  })

  it('follows the estate where a stream says too little', () => {
    expect(wayOf([to('live', 'v1', 0), to('test', 'v1', 1)], ['test', 'live'])).toEqual(['test', 'live'])
  })
})

describe('passages to an environment', () => {
  it('end with the first deployment that contains the version, its own or a later one', () => {
    const { passages, arrivals } = passagesTo('production', [
      to('test', 'v1', 0),
      to('test', 'v2', hour),
      to('test', 'v3', 2 * hour),
      to('production', 'v2', 3 * hour),
      to('production', 'v1', 4 * hour),
      to('production', 'v3', 5 * hour),
    ])
    expect(passages.map(({ version, reached, by }) => [version, reached! / hour, by])).toEqual([
      ['v1', 3, 'v2'],
      ['v2', 3, 'v2'],
      ['v3', 5, 'v3'],
    ])
    expect(arrivals.map(({ batch, back }) => [batch, back])).toEqual([
      [2, false],
      [0, true],
      [1, false],
    ])
  })

  it('take two deployments within ten minutes that change places for a race', () => {
    const rows = [to('test', 'v1', 0), to('test', 'v2', 1), to('production', 'v2', hour), to('production', 'v1', hour + 60_000)]
    expect(passagesTo('production', rows).arrivals.map(({ back }) => back)).toEqual([false, false])
  })

  it('are never earlier than the version was seen, and each version reaches it once', () => {
    const row = fc.record({
      environment: fc.constantFrom('test', 'production'),
      version: fc.integer({ min: 0, max: 9 }).map((n) => `v${n}`),
      at: fc.integer({ min: 0, max: 1000 }),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const sorted = rows.toSorted((a, b) => a.at - b.at)
        const { passages, arrivals } = passagesTo('production', sorted)
        const done = passages.filter(({ reached }) => reached !== undefined)
        expect(done.every(({ arrived, reached }) => reached! >= arrived)).toBe(true)
        expect(arrivals.reduce((sum, { batch }) => sum + batch, 0)).toBe(done.length)
        // By force: the first deployment of it, or of one that was first seen after it.
        for (const [place, { reached, arrived }] of passages.entries()) {
          const later = new Set(passages.slice(place).map(({ version }) => version))
          const seen = new Map<string, number>()
          const first = sorted.find(({ environment, version }, index) => {
            if (!seen.has(version)) seen.set(version, index)
            return environment === 'production' && later.has(version)
          })
          expect(reached).toBe(first?.at)
          expect(arrived).toBe(sorted.find(({ version }) => version === passages[place]!.version)!.at)
        }
      }),
    )
  })
})

describe('how a stream flows', () => {
  const closed = [
    ...Array.from({ length: 20 }, (_, n) => to('test', `v${n}`, n * day)),
    to('production', 'v4', 5 * day),
    to('production', 'v9', 11 * day),
  ].toSorted((a, b) => a.at - b.at)

  it('counts what is still on its way: half of it never arrived', () => {
    const flow = flowOf(closed, { since: 0, until: 20 * day, asOf: 20 * day })!
    expect(flow).toMatchObject({ order: ['test', 'production'], deployments: 2, activeDays: 2, lead: { versions: 20, reached: 10 } })
    // Who asks only those that arrived hears of 3.5 days.
    expect(flow.lead.p50.value! / day).toBeGreaterThan(4.5)
    expect(flow.lead.p95.value).toBeUndefined()
    expect(flow.batch).toEqual({ p50: 5, p95: 5, max: 5 })
  })

  it('knows nothing of what came later', () => {
    const flow = flowOf(closed, { since: 0, until: 8 * day, asOf: 8 * day })!
    expect(flow.lead).toMatchObject({ versions: 8, reached: 5 })
    expect(flowOf(closed.slice(0, 9), { since: 0, until: 8 * day, asOf: 8 * day })).toEqual(flow)
  })

  it('calls no time no data where there is but one environment', () => {
    const flow = flowOf(through(['production'], 5), { since: 0, until: 9 * day, asOf: 9 * day })!
    expect(flow).toMatchObject({ deployments: 5, lead: { versions: 0, p50: { value: undefined } }, batch: { p50: undefined } })
    expect(flowOf([], { since: 0, until: 1, asOf: 1 })).toBeUndefined()
  })
})
