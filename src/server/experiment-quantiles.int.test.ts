import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../sdk/src/client/client.ts'
import { bucketOf } from '../../sdk/src/dark/sketch.ts'
import { manualClock } from '../kernel/clock.ts'
import { quantilesIn, valueAt, type Buckets } from '../kernel/statistics/quantile-sketch.ts'
import { quantileEffect } from '../kernel/statistics/quantile-effect.ts'
import { quantileSums } from '../learning/experiment/sums.ts'
import { flagFile, oldAndNew, reporting } from './experiment-testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const flag = flagFile('search', oldAndNew)
const latency = { metric: 'search.ms', kind: { type: 'quantile', q: 0.9 }, role: 'decision', better: 'less', effect: 0.05 }
const plan = {
  experiment: 'index',
  hypothesis: 'another index is faster',
  owner: 'shop',
  flag: 'search',
  arms: ['control', 'treatment'],
  metrics: [latency],
  units: 400,
  looks: [1],
}

type Said = {
  readonly results: readonly { readonly nothing?: string; readonly effect: number; readonly control: number; readonly verdict: string }[]
}

describe('a quantile in an experiment', () => {
  let t: TestThreeways
  const clock = manualClock(Date.parse('2026-11-26T10:00:00Z'))
  let report: ReturnType<typeof reporting>
  beforeAll(async () => {
    t = await openTestThreeways({ clock })
    report = reporting(t.ask, clock, 'quantile')
    await t.ask('PUT', '/api/flags', { files: [{ document: flag, file: 'search.yaml' }], reason: 'to be asked' })
    await t.ask('POST', '/api/experiments', { plan })
    clock.forward(1_000)
    await t.ask('POST', '/api/experiments/index/start')
    clock.forward(1_000)
  })
  afterAll(() => t.close())

  const told = async () => ((await t.ask('GET', '/api/experiments/index')).body as Said).results[0]!
  const armOf = (unit: number) => (unit % 2 === 0 ? 'control' : 'treatment')
  const expose = (units: readonly number[]) =>
    report({
      exposures: units.map((unit) => ({
        unit: `u-${unit}`,
        flag: 'search',
        revision: 1,
        variant: armOf(unit),
        rule: 'ramp',
        at: clock.now(),
      })),
    })
  const measured = (unit: number, values: readonly number[], buckets?: Buckets) => ({
    unit: `u-${unit}`,
    metric: 'search.ms',
    n: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    sumsq: values.reduce((sum, value) => sum + value ** 2, 0),
    ...(buckets === undefined ? {} : { buckets }),
  })
  /** As the SDK counts. */
  const bucketsOf = (values: readonly number[]): Buckets => {
    const counts = new Map<number, number>()
    for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1)
    return [...counts].sort(([a], [b]) => a - b)
  }
  /** Requests of a unit: some units are slow, and the treatment is a third faster. */
  const requests = (unit: number) =>
    Array.from({ length: 1 + (unit % 5) }, (_, at) => (100 + ((unit * 37) % 90) + at * 3) * (armOf(unit) === 'control' ? 1 : 0.66))

  it('may be asked for where a share is given', async () => {
    for (const kind of [
      'quantile',
      { type: 'quantile' },
      { type: 'quantile', q: 0 },
      { type: 'quantile', q: 1 },
      { type: 'quantile', q: 90 },
    ])
      expect(
        await t.ask('POST', '/api/experiments', { plan: { ...plan, experiment: 'wrong', metrics: [{ ...latency, kind }] } }),
      ).toMatchObject({ status: 400 })
  })

  it('is of what units did from the day of their exposure on, as if they were held in one place', async () => {
    const units = Array.from({ length: 400 }, (_, unit) => unit)
    await report({ metrics: units.map((unit) => measured(unit, [9_000], bucketsOf([9_000]))) })
    clock.forward(86_400_000)
    await expose(units)
    // In two reports of each unit, on two days.
    const part = (unit: number, which: number) => requests(unit).filter((_, at) => at % 2 === which)
    for (const which of [0, 1]) {
      const did = units.filter((unit) => part(unit, which).length > 0)
      await report({ metrics: did.map((unit) => measured(unit, part(unit, which), bucketsOf(part(unit, which)))) })
      clock.forward(86_400_000)
    }
    const sums = ['control', 'treatment'].map((arm) =>
      quantileSums(
        units.filter((unit) => armOf(unit) === arm).map((unit) => bucketsOf(requests(unit))),
        0.9,
      ),
    )
    const [control, treatment] = sums.map(({ buckets, moments }) => ({ quantile: quantilesIn(buckets!), users: moments }))
    const expected = quantileEffect(control!, treatment!, 0.9)
    if (typeof expected === 'string') throw new Error(expected)
    const result = await told()
    expect(result).toMatchObject({ q: 0.9, verdict: 'better', always: { low: expect.any(Number) }, atLook: { high: expect.any(Number) } })
    expect(result.effect).toBeCloseTo(expected.effect, 9)
    expect(result.control).toBeCloseTo(expected.control, 6)
    const exact = units
      .filter((unit) => armOf(unit) === 'control')
      .flatMap(requests)
      .sort((a, b) => a - b)
    expect(result.control / exact[Math.floor(exact.length * 0.9)]!).toBeCloseTo(1, 1)
  })

  it('is not told where some values came without buckets', async () => {
    await report({ metrics: [measured(2, [100])] })
    expect((await told()).nothing).toBe('some values came without buckets')
    expect(await report({ metrics: [measured(2, [100, 120], bucketsOf([100]))] })).toMatchObject({ status: 400 })
  })

  it('is told by the SDK of metrics that are named to it', async () => {
    const bodies: { readonly metrics: readonly { readonly n: number; readonly buckets?: Buckets }[] }[] = []
    const client = createClient({
      url: 'http://threeways.test/api/flag-sets/production',
      listen: false,
      quantiles: ['search.ms'],
      fetch: async (_, init) => {
        if (init?.method === 'POST') bodies.push(JSON.parse(String(init.body)))
        return new Response('{"flags":{}}')
      },
    })
    for (const ms of [0, 0.0005, 12, 12.1, 250, 9e8]) client.track('search.ms', { targetingKey: 'ann' }, ms)
    await client.close()
    const [{ metrics }] = bodies as [(typeof bodies)[number]]
    expect(metrics[0]!.buckets).toEqual(bucketsOf([0, 0.0005, 12, 12.1, 250, 9e8]))
    expect(await report({ metrics })).toMatchObject({ status: 202 })
    // The bounds of a bucket are the same on both sides.
    for (const value of [0.0011, 0.9, 12, 250, 60_000]) {
      const bucket = bucketOf(value)
      expect(valueAt({ bucket, part: 1 }) / value).toBeGreaterThanOrEqual(1 - 1e-12)
      expect(valueAt({ bucket, part: 0 }) / value).toBeLessThan(1 + 1e-12)
    }
  })
})
