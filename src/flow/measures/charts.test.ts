import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ageingOf, curveOf, periodsOf, spreadOf, stationsOf } from './charts.ts'
import type { Deployed } from './environments.ts'
import { closedTimes, type Switched } from './gates.ts'
import { passagesTo } from './lead.ts'
import { flowOf } from './stream-flow.ts'

const hour = 3_600_000
const day = 24 * hour
const order = ['test', 'production']
const to = (environment: string, version: string, at: number): Deployed => ({ environment, version, at })

/** One that arrived before, then a version every hour; each of those that arrive takes as many hours as it says. */
const history = (hours: readonly (number | undefined)[]) => [
  to('test', 'first', -2 * hour),
  to('production', 'first', -hour),
  ...hours
    .flatMap((took, n) => [to('test', `v${n}`, n * hour), ...(took === undefined ? [] : [to('production', `v${n}`, (n + took) * hour)])])
    .toSorted((a, b) => a.at - b.at),
]

const some = fc.array(fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }), { minLength: 1, maxLength: 60 })

describe('what a flow is drawn from', () => {
  it('says in its curve what the quantiles say, in a bounded number of steps that only rise', () => {
    fc.assert(
      fc.property(some, (hours) => {
        const known = history(hours)
        const window = { since: 0, until: 60 * hour, asOf: 500 * hour }
        const { points, versions, reached } = curveOf(passagesTo('production', known).passages, window)
        const { lead } = flowOf(known, window, order, 'production')!
        expect({ versions, reached }).toEqual({ versions: lead.versions, reached: lead.reached })
        const half = points.find(({ share }) => share >= 0.5 - 1e-12)?.ms
        // Steps that are one in a picture are its last.
        expect(half === undefined).toBe(lead.p50.value === undefined)
        if (half !== undefined) expect(half / lead.p50.value!).toBeGreaterThanOrEqual(1)
        if (half !== undefined) expect(half / lead.p50.value!).toBeLessThan(1.1)
        expect(points.every(({ share }, at) => at === 0 || share >= points[at - 1]!.share)).toBe(true)
        expect(points.every(({ share, low, high }) => low <= share && share <= high)).toBe(true)
        expect(points.length).toBeLessThanOrEqual(162)
      }),
      { numRuns: 50 },
    )
  })

  it('counts every version once, in the spread and in the parts of the window, and every deployment', () => {
    fc.assert(
      fc.property(some, (hours) => {
        const known = history(hours)
        const window = { since: 0, until: 600 * hour, asOf: 500 * hour }
        const flow = flowOf(known, window, order, 'production')!
        const bins = spreadOf(passagesTo('production', known).passages, window)
        expect(bins.reduce((sum, { reached, waiting }) => sum + reached + waiting, 0)).toBe(hours.length)
        const periods = periodsOf(known, 'production', window)
        expect(periods.reduce((sum, { versions }) => sum + versions, 0)).toBe(hours.length)
        expect(periods.reduce((sum, { deployments }) => sum + deployments, 0)).toBe(flow.deployments)
        expect(periods.length).toBeLessThanOrEqual(110)
      }),
      { numRuns: 50 },
    )
  })

  it('draws no time of a part of the window in which nothing was seen', () => {
    const known = [to('test', 'v0', 0), to('production', 'v0', hour), to('test', 'v1', 9 * day), to('production', 'v1', 10 * day)]
    const periods = periodsOf(known, 'production', { since: 0, until: 12 * day, asOf: 12 * day })
    expect(periods.map(({ p50 }) => p50).filter((one) => one !== undefined)).toEqual([hour, day])
  })

  it('tells what is on its way and where it waits, the oldest first, and what came to each environment', () => {
    const known = [to('test', 'v0', 0), to('test', 'v1', hour), to('production', 'v0', 2 * hour), to('test', 'v2', 3 * hour)]
    const window = { since: 0, until: day, asOf: day }
    expect(ageingOf(order, known, window)).toEqual([
      { version: 'v1', arrived: hour, in: 'test' },
      { version: 'v2', arrived: 3 * hour, in: 'test' },
    ])
    expect(stationsOf(order, known, window)).toMatchObject([
      { environment: 'test', deployments: 3, batchP50: undefined, back: 0 },
      { environment: 'production', deployments: 1, batchP50: 1, batchMax: 1, back: 0 },
    ])
  })

  it('knows for how long a gate was closed, as of a moment', () => {
    const gate = (at: number, open: boolean): Switched => ({ environment: 'production', way: 'into', at, open, by: 'ann' })
    const switches = [gate(1, false), gate(2, false), gate(5, true), gate(8, false)]
    expect(closedTimes(switches, 9)).toMatchObject([
      { since: 1, until: 5 },
      { since: 8, until: undefined },
    ])
    expect(closedTimes(switches, 4)).toMatchObject([{ since: 1, until: undefined }])
  })
})
