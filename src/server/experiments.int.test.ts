import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../kernel/clock.ts'
import { flagFile, oldAndNew, reporting } from './experiment-testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const flag = flagFile('checkout', oldAndNew)
const plan = {
  experiment: 'one-page',
  hypothesis: 'fewer pages, more orders',
  owner: 'shop',
  flag: 'checkout',
  arms: ['control', 'treatment'],
  metrics: [
    { metric: 'ordered', kind: 'binary', role: 'decision', effect: 0.1 },
    { metric: 'paid', kind: { type: 'revenue', cap: 500 }, role: 'exploratory', before: true },
    { metric: 'slow', kind: 'count', role: 'guardrail', better: 'less', margin: 0.2 },
    { metric: 'basket', kind: 'ratio', role: 'exploratory' },
  ],
  units: 4_000,
  looks: [0.5, 1],
}

/** Always the same. */
function luck(seed: number) {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

type Said = {
  readonly units: number
  readonly crossed: number
  readonly looking: object
  readonly split: object
  readonly recommendations: readonly object[]
  readonly results: readonly {
    readonly metric: string
    readonly verdict: string
    readonly control: number
    readonly effect: number
    readonly atLook?: object
    readonly nothing?: string
  }[]
}

describe('an experiment', () => {
  let t: TestThreeways
  const clock = manualClock(Date.parse('2026-11-26T10:00:00Z'))
  let report: ReturnType<typeof reporting>
  beforeAll(async () => {
    t = await openTestThreeways({ clock })
    report = reporting(t.ask, clock, 'experiment')
    await t.ask('PUT', '/api/flags', { files: [{ document: flag, file: 'checkout.yaml' }], reason: 'to be asked' })
  })
  afterAll(() => t.close())

  const ask = async (method: string, path: string, body?: unknown) => t.ask(method, path, body)
  const status = async (name = 'one-page') => (await ask('GET', `/api/experiments/${name}`)).body as Said

  /** Units that are exposed, and do what their arm does. @param ordering - share that orders, by arm */
  async function visit(
    from: number,
    to: number,
    ordering: Readonly<Record<string, number>>,
    armOf = (unit: number) => (unit % 2 === 0 ? 'control' : 'treatment'),
  ) {
    const random = luck(from + 7)
    for (let at = from; at < to; at += 500) {
      const units = Array.from({ length: Math.min(500, to - at) }, (_, index) => at + index)
      const name = (unit: number) => `unit-${unit}`
      const exposures = units.map((unit) => ({
        unit: name(unit),
        flag: 'checkout',
        revision: 1,
        variant: armOf(unit),
        rule: 'ramp',
        at: clock.now(),
      }))
      const metrics = units.flatMap((unit) => {
        const did: object[] = []
        if (random() < ordering[armOf(unit)]!) {
          const paid = 20 + Math.round(random() * 60)
          did.push(
            { unit: name(unit), metric: 'ordered', n: 1, sum: 1, sumsq: 1 },
            { unit: name(unit), metric: 'paid', n: 1, sum: paid, sumsq: paid ** 2 },
          )
        }
        if (random() < 0.5) did.push({ unit: name(unit), metric: 'slow', n: 1, sum: 1, sumsq: 1 })
        return did
      })
      for (let part = 0; part < metrics.length; part += 1_000)
        await report({ exposures: part === 0 ? exposures : [], metrics: metrics.slice(part, part + 1_000) })
    }
  }

  it('is written down with every fault at once', async () => {
    const { status: code, body } = await ask('POST', '/api/experiments', {
      plan: { ...plan, hypothesis: ' ', metrics: [{ ...plan.metrics[0]!, effect: undefined }], looks: [0.5, 0.4] },
    })
    expect(code).toBe(400)
    expect((body as { faults: readonly { path: string }[] }).faults.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/metrics/0/effect', '/looks', '/hypothesis']),
    )
    expect(
      await ask('POST', '/api/experiments', { plan: { ...plan, metrics: [{ ...plan.metrics[0]!, kind: 'quantile' }] } }),
    ).toMatchObject({ status: 400 })
  })

  it('begins where its flag dices between the arms, and keeps what was written down', async () => {
    expect(
      await ask('POST', '/api/experiments', {
        plan: { ...plan, experiment: 'nowhere', environment: 'prod', arms: ['control', 'other'], units: 2 },
      }),
    ).toMatchObject({
      status: 400,
      body: {
        code: 'EXPERIMENT_PLAN',
        faults: [
          { path: '/units' },
          { path: '/environment', message: 'the flag is not in "prod": it is in production' },
          { path: '/arms/1', message: 'the flag has no variant "other": it has control, treatment' },
        ],
      },
    })
    expect(await ask('POST', '/api/experiments', { plan: { ...plan, experiment: 'later', flag: 'later' } })).toMatchObject({
      status: 201,
      body: { notes: [expect.stringContaining('there is no flag "later" yet')] },
    })
    expect(await ask('POST', '/api/experiments/later/start')).toMatchObject({
      status: 422,
      body: { code: 'EXPERIMENT_UNASSIGNED', detail: expect.stringContaining('there is no flag "later" yet') },
    })
    expect(await ask('POST', '/api/experiments', { plan })).toMatchObject({ status: 201, body: { state: 'planned' } })
    clock.forward(1_000)
    expect(await ask('POST', '/api/experiments/one-page/start')).toMatchObject({ status: 200, body: { state: 'running' } })
    expect(await ask('POST', '/api/experiments', { plan })).toMatchObject({ status: 409, body: { code: 'EXPERIMENT_BEGAN' } })
    expect(await status()).toMatchObject({ units: 0, split: { verdict: 'nobody yet' } })
  })

  it('may not be looked at before its time, and says what is missing', async () => {
    clock.forward(1_000)
    await visit(0, 1_000, { control: 0.2, treatment: 0.27 })
    const { units, looking, results, split } = await status()
    expect({ units, looking, split }).toMatchObject({
      units: 1_000,
      looking: { may: false, unitsMissing: 1_000 },
      split: { verdict: 'right' },
    })
    // What holds at every moment may be seen; what is of a look not yet.
    expect(results[0]).toMatchObject({ metric: 'ordered', always: expect.anything(), verdict: 'undecided' })
    expect(results[0]!.atLook).toBeUndefined()
  })

  it('is told by what units did, whatever arm nobody is in, and by no one who saw both', async () => {
    await visit(1_000, 4_000, { control: 0.2, treatment: 0.27 })
    await report({
      exposures: [
        { unit: 'unit-0', flag: 'checkout', revision: 1, variant: 'treatment', rule: 'ramp', at: clock.now() + 1 },
        { unit: 'staff', flag: 'checkout', revision: 1, variant: 'treatment', rule: 'staff', at: clock.now() },
      ],
      metrics: [],
    })
    const { units, crossed, results, recommendations } = await status()
    const ordered = results.find(({ metric }) => metric === 'ordered')!
    expect([units, crossed]).toEqual([3_999, 1])
    expect(ordered.control).toBeCloseTo(0.2, 1)
    expect(ordered).toMatchObject({ verdict: 'better', atLook: { low: expect.any(Number) } })
    expect(ordered.effect).toBeGreaterThan(0.2)
    expect(results.find(({ metric }) => metric === 'slow')!.verdict).toBe('no worse')
    expect(results.find(({ metric }) => metric === 'basket')!.nothing).toBeDefined()
    expect(recommendations).toMatchObject([{ arm: 'treatment', action: 'ship' }])
  })

  it('ends with a decision that stands beside what was recommended', async () => {
    expect(await ask('POST', '/api/experiments/one-page/decide', { decision: 'ship', arm: 'control', reason: 'x' })).toMatchObject({
      status: 422,
    })
    expect(await ask('POST', '/api/experiments/one-page/decide', { decision: 'ship', reason: 'more orders' })).toMatchObject({
      status: 200,
      body: { state: 'decided', decided: { arm: 'treatment', recommended: expect.stringContaining('ship'), reason: 'more orders' } },
    })
    expect(await ask('POST', '/api/experiments/one-page/start')).toMatchObject({ status: 409 })
    expect(await ask('POST', '/api/experiments/one-page/decide', { decision: 'stop', reason: 'again' })).toMatchObject({ status: 409 })
  })

  it('counts nothing that comes after it was decided, and shows what was known then', async () => {
    const then = await status()
    expect(then).toMatchObject({ units: 3_999, crossed: 1, decided: { units: 3_999 } })
    clock.forward(60_000)
    await visit(4_000, 5_000, { control: 0.9, treatment: 0.1 })
    expect(await status()).toEqual(then)
  })

  it('shows nothing while its arms do not have the sizes they should have', async () => {
    await ask('POST', '/api/experiments', { plan: { ...plan, experiment: 'broken' } })
    clock.forward(60_000)
    await ask('POST', '/api/experiments/broken/start')
    await visit(10_000, 11_500, { control: 0.2, treatment: 0.2 }, (unit) => (unit % 3 === 0 ? 'control' : 'treatment'))
    expect(await status('broken')).toMatchObject({
      split: { verdict: 'wrong' },
      results: [],
      recommendations: [{ action: 'find out why' }],
    })
  })

  it('is not shipped against its rule unless somebody says so, which stays with the decision', async () => {
    const ship = { decision: 'ship', reason: 'the boss likes it' }
    expect(await ask('POST', '/api/experiments/broken/decide', ship)).toMatchObject({
      status: 422,
      body: {
        code: 'EXPERIMENT_AGAINST_RULE',
        detail: expect.stringMatching(/1,500 of 4,000 planned units: find out why \(the arms do not/),
      },
    })
    expect(await ask('POST', '/api/experiments/broken/decide', { ...ship, againstRule: true })).toMatchObject({
      status: 200,
      body: { decided: { isEarly: true, isAgainstRule: true, units: 1_500, recommended: expect.stringContaining('find out why') } },
    })
  })

  it('begins anew when its arms are weighed otherwise', async () => {
    await ask('POST', '/api/experiments', { plan: { ...plan, experiment: 'weighed' } })
    clock.forward(60_000)
    await ask('POST', '/api/experiments/weighed/start')
    await visit(20_000, 20_200, { control: 0.2, treatment: 0.2 })
    clock.forward(60_000)
    const wish = { environment: 'production', serve: { control: '20%', treatment: '80%' }, reason: 'bolder' }
    await ask('POST', '/api/flags/checkout/stand', wish)
    clock.forward(60_000)
    await visit(20_200, 20_400, { control: 0.2, treatment: 0.2 }, (unit) => (unit % 5 === 0 ? 'control' : 'treatment'))
    expect(await status('weighed')).toMatchObject({
      phase: 2,
      units: 200,
      arms: [{ share: 0.2 }, { share: 0.8 }],
      split: { verdict: 'right' },
    })
  })

  describe('by which a ramp is held', () => {
    const bound = (name: string, experiment: string) =>
      flag
        .replace('flag: checkout', `flag: ${name}`)
        .replace('serve: {control: 50%, treatment: 50%}', `ramp: {steps: [{share: 50%, until: ${experiment}}, {share: 100%}]}`)
    const begin = async (name: string, experiment: string) => {
      await t.ask('PUT', '/api/flags', { files: [{ document: bound(name, experiment) }], reason: 'as the experiment says' })
      expect(await ask('POST', '/api/experiments', { plan: { ...plan, experiment, flag: name } })).toMatchObject({ status: 201 })
      clock.forward(60_000)
      expect(await ask('POST', `/api/experiments/${experiment}/start`)).toMatchObject({ status: 200 })
    }
    const decide = (experiment: string, decision: string) =>
      ask('POST', `/api/experiments/${experiment}/decide`, { decision, reason: 'we looked', againstRule: true })
    const standing = async (name: string) =>
      (await ask('GET', `/api/flags/${name}`)).body as { latest: object; environments: readonly object[] }

    it('lets it go on when its variant is shipped', async () => {
      await begin('basket', 'basket-asked')
      clock.forward(90 * 86_400_000)
      expect(await standing('basket')).toMatchObject({
        latest: { revision: 1 },
        environments: [{ serve: { treatment: '50%' }, plan: { waitsFor: 'basket-asked', nextAt: null } }],
      })
      expect(await decide('basket-asked', 'ship')).toMatchObject({ status: 200 })
      await expect
        .poll(() => standing('basket'), { timeout: 10_000 })
        .toMatchObject({
          latest: {
            revision: 2,
            by: 'the plan',
            reason: expect.stringMatching(/basket-asked was decided: ship treatment, by \w+: we looked$/),
          },
          environments: [{ serve: { treatment: '100%' }, plan: { waitsFor: null } }],
        })
    })

    it('turns it off when control is kept', async () => {
      await begin('menu', 'menu-asked')
      expect(await decide('menu-asked', 'keep control')).toMatchObject({ status: 200 })
      await expect
        .poll(() => standing('menu'), { timeout: 10_000 })
        .toMatchObject({
          latest: { change: 'turned back', reason: expect.stringContaining('keep control') },
          environments: [{ state: 'off', plan: null }],
        })
    })
  })
})
