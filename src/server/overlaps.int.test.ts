import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../kernel/clock.ts'
import { flagFile, reporting } from './experiment-testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const plan = (experiment: string, metrics: readonly object[], more: object = {}) => ({
  experiment,
  hypothesis: 'more orders',
  owner: 'shop',
  flag: experiment,
  arms: ['off', 'on'],
  metrics: metrics.map((metric) => ({ role: 'decision', effect: 0.1, ...metric })),
  ...more,
})

describe('experiments beside each other', () => {
  let t: TestThreeways
  const clock = manualClock(Date.parse('2026-11-26T10:00:00Z'))
  let report: ReturnType<typeof reporting>
  const overlaps = async () => (await t.ask('GET', '/api/experiment-overlaps')).body as { readonly overlaps: readonly object[] }
  const begin = async (written: ReturnType<typeof plan>) => {
    await t.ask('POST', '/api/experiments', { plan: written })
    clock.forward(1_000)
    expect(await t.ask('POST', `/api/experiments/${written.experiment}/start`)).toMatchObject({ status: 200 })
  }
  beforeAll(async () => {
    t = await openTestThreeways({ clock })
    report = reporting(t.ask, clock, 'overlaps')
    const documents = [
      ...['express', 'one-page', 'search'].map((name) => flagFile(name)),
      flagFile('elsewhere', { environment: 'staging' }),
    ]
    await t.ask('PUT', '/api/flags', { files: documents.map((document, at) => ({ document, file: `${at}.yaml` })), reason: 'a test' })
  })
  afterAll(() => t.close())

  it('are none where one runs', async () => {
    await begin(plan('express', [{ metric: 'ordered', kind: 'binary' }]))
    expect(await overlaps()).toEqual({ overlaps: [], every: 1 })
  })

  it('are counted unit by unit, arm by arm, from the day on which a unit was in both', async () => {
    await begin(
      plan('one-page', [
        { metric: 'ordered', kind: 'binary' },
        { metric: 'paid', kind: { type: 'revenue', cap: 50 } },
      ]),
    )
    await begin(plan('search', [{ metric: 'found', kind: 'ratio' }]))
    await begin(plan('elsewhere', [{ metric: 'ordered', kind: 'binary' }], { environment: 'staging' }))
    clock.forward(1_000)
    const arm = (bit: number) => (bit === 0 ? 'off' : 'on')
    for (let from = 0; from < 1_600; from += 400) {
      const units = Array.from({ length: 400 }, (_, at) => from + at)
      const exposures = units.flatMap((unit) =>
        [arm(unit & 1), arm((unit >> 1) & 1)].map((variant, at) => ({
          unit: `unit-${unit}`,
          flag: ['express', 'one-page'][at]!,
          revision: 1,
          variant,
          rule: 'ramp',
          at: clock.now(),
        })),
      )
      // With both buttons nobody finds the order: one in ten, beside four in ten.
      const orders = units.filter((unit) => (unit >> 2) % 10 < ((unit & 3) === 3 ? 1 : 4))
      const metrics = orders.flatMap((unit) =>
        ['ordered', 'paid'].map((metric) => ({ unit: `unit-${unit}`, metric, n: 1, sum: metric === 'paid' ? 80 : 1, sumsq: 6_400 })),
      )
      expect(await report({ exposures, metrics })).toMatchObject({ status: 202 })
    }
    expect(await overlaps()).toMatchObject({
      every: 1,
      overlaps: [
        {
          experiments: ['express', 'one-page'],
          environment: 'production',
          units: 1_600,
          verdict: 'interact',
          metrics: [
            {
              metric: 'ordered',
              cells: [
                [
                  { count: 400, mean: 0.4 },
                  { count: 400, mean: 0.4 },
                ],
                [
                  { count: 400, mean: 0.4 },
                  { count: 400, mean: 0.1 },
                ],
              ],
              contrasts: [{ arms: ['on', 'on'], estimate: expect.closeTo(-0.3) }],
            },
            { metric: 'paid', contrasts: [{ estimate: expect.closeTo(-15) }] },
          ],
        },
        { experiments: ['express', 'search'], units: 0, verdict: 'cannot say' },
        { experiments: ['one-page', 'search'], units: 0, verdict: 'cannot say' },
      ],
    })
  })

  it('cannot be told of while the arms of one do not have their sizes', async () => {
    const exposures = Array.from({ length: 300 }, (_, unit) => ({
      unit: `unit-${unit}`,
      flag: 'search',
      revision: 1,
      variant: 'on',
      rule: 'ramp',
      at: clock.now(),
    }))
    await report({ exposures, metrics: [] })
    const { overlaps: found } = await overlaps()
    expect(found).toMatchObject([
      { verdict: 'interact' },
      { units: 300, verdict: 'cannot say', because: expect.stringContaining('the arms of search do not have the sizes'), metrics: [] },
      { units: 300, verdict: 'cannot say' },
    ])
  })

  it('are over when one of them is', async () => {
    await t.ask('POST', '/api/experiments/one-page/decide', { decision: 'stop', reason: 'they are in each other’s way' })
    expect((await overlaps()).overlaps).toHaveLength(1)
  })
})
