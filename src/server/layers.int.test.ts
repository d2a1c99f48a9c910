import { FlagdCore } from '@openfeature/flagd-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../kernel/clock.ts'
import { flagFile } from './experiment-testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const ramp = (serve: string) => `environments: {production: {state: ramp, serve: ${serve}}}`
const layer = (serve: string) => `flag: checkout\nowner: shop\npurpose: layer\n${ramp(serve)}`
const holdout = `flag: quarter\nowner: shop\npurpose: holdout\nexpires: 2027-06-30\nholds: {layer: checkout}\n${ramp('{held: 10%}')}`
const experiment = (name: string) => flagFile(name, { more: 'layer: checkout' })
const plan = {
  experiment: 'one-page',
  hypothesis: 'fewer pages, more orders',
  owner: 'shop',
  flag: 'one',
  arms: ['off', 'on'],
  metrics: [{ metric: 'ordered', kind: 'binary', role: 'decision', effect: 0.1 }],
}

type Given = { readonly flag: string; readonly variant: string; readonly rule: string; readonly apart: string | null }

describe('experiments that are kept apart', () => {
  let t: TestThreeways
  const clock = manualClock(Date.parse('2026-11-26T10:00:00Z'))
  const publish = (...documents: readonly string[]) =>
    t.ask('PUT', '/api/flags', { files: documents.map((document, at) => ({ document, file: `${at}.yaml` })), reason: 'a test' })
  const why = async (targetingKey: string) => {
    const { body } = await t.ask('POST', '/api/flag-sets/production/why', { context: { targetingKey } })
    return Object.fromEntries((body as { flags: readonly Given[] }).flags.map((one) => [one.flag, one]))
  }
  const units = Array.from({ length: 200 }, (_, unit) => `unit-${unit}`)
  const everybody = async () => Promise.all(units.map(why))
  const inside = (given: Awaited<ReturnType<typeof why>>) => ['one', 'two'].filter((name) => given[name]!.rule === 'ramp')
  beforeAll(async () => {
    t = await openTestThreeways({ clock })
  })
  afterAll(() => t.close())

  it('are published together with their layer, or not at all', async () => {
    expect(await publish(experiment('one'))).toMatchObject({ status: 422, body: { code: 'FLAG_LAYER_INVALID' } })
    expect(await publish(layer('{one: 40%}'), experiment('one'), experiment('two'))).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('"two" owns no slots'), help: expect.stringContaining('60% are free') },
    })
    expect((await t.ask('GET', '/api/flags')).body).toEqual({ flags: [] })
    expect(await publish(layer('{one: 40%, two: 40%}'), holdout, experiment('one'), experiment('two'))).toMatchObject({ status: 200 })
  })

  it('share no unit, and say to whoever is outside why', async () => {
    const all = await everybody()
    expect(all.filter((given) => inside(given).length > 1)).toEqual([])
    expect(all.filter((given) => inside(given).length === 1).length).toBeGreaterThan(100)
    const outside = all.find((given) => inside(given).length === 0 && given['quarter']!.variant === 'open')!
    expect(outside['one']).toMatchObject({ variant: 'off', rule: 'layer:checkout', apart: 'outside its share of the layer checkout' })
    const held = all.filter((given) => given['quarter']!.variant === 'held')
    expect(held.length).toBeGreaterThan(5)
    for (const given of held) expect(given['one']).toMatchObject({ variant: 'off', apart: 'held out of it by quarter' })
  })

  it("are kept apart alike by flagd's own evaluator, from the set that it is given", async () => {
    const { body } = await t.ask('GET', '/api/flag-sets/production')
    const other = new FlagdCore()
    other.setConfigurations(JSON.stringify(body))
    for (const [at, targetingKey] of units.entries()) {
      const ours = await why(targetingKey)
      for (const name of ['one', 'two', 'quarter'])
        expect([at, other.resolveBooleanEvaluation(name, false, { targetingKey }, console).variant]).toEqual([at, ours[name]!.variant])
    }
  })

  it('move nobody when another one ends and a third takes its slots', async () => {
    const before = await everybody()
    await t.ask('POST', '/api/flags/two/stand', { environment: 'production', state: 'off', reason: 'over' })
    clock.forward(60_000)
    expect(await publish(layer('{one: 40%}'))).toMatchObject({ status: 200 })
    clock.forward(60_000)
    expect(await publish(layer('{one: 40%, three: 50%}'), experiment('three'))).toMatchObject({ status: 200 })
    for (const [unit, given] of (await everybody()).entries())
      expect([given['one']!.variant, given['one']!.rule]).toEqual([before[unit]!['one']!.variant, before[unit]!['one']!.rule])
    expect((await t.ask('GET', '/api/flags/checkout')).body).toMatchObject({
      carriedOver: [
        { environment: 'production', flag: 'three', from: 'two', share: '40%', until: expect.stringContaining('2026-11-26T10:01') },
      ],
    })
    expect((await t.ask('GET', '/api/flags/one')).body).toMatchObject({ layer: 'checkout', holdouts: ['quarter'] })
  })

  it('lose no slot while they run, and none by a slip of the hand', async () => {
    const stand = (serve: object) => t.ask('POST', '/api/flags/checkout/stand', { environment: 'production', serve, reason: 'more' })
    expect(await stand({ one: '20%' })).toMatchObject({
      status: 422,
      body: { code: 'FLAG_LAYER_TAKEN', detail: expect.stringContaining('"one"') },
    })
    // Who only looks what it would do is told so too.
    const { text } = (await t.ask('GET', '/api/flags/checkout')).body as { text: string }
    const preview = (document: string) => t.ask('POST', '/api/flags/preview', { files: [{ document, file: 'checkout.yaml' }] })
    expect((await preview(text)).body).toMatchObject({ flags: [{ against: null }] })
    expect((await preview(text.replace('one: 40%', 'one: 20%'))).body).toMatchObject({
      flags: [{ against: expect.stringContaining('would be taken from "one"') }],
    })
    expect(await stand({ three: '70%' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('110% of the layer would be owned') },
    })
    expect(await stand({ thre: '5%' })).toMatchObject({ status: 422, body: { detail: expect.stringContaining('which is no flag') } })
    expect(await stand({ three: '60%' })).toMatchObject({ status: 200 })
  })

  it('begin where their plan finds them in its layer, and held by its holdouts', async () => {
    const begin = async (more: object) => {
      expect(await t.ask('POST', '/api/experiments', { plan: { ...plan, ...more } })).toMatchObject({ status: 201 })
      clock.forward(1_000)
      return t.ask('POST', '/api/experiments/one-page/start')
    }
    expect(await t.ask('POST', '/api/experiments', { plan: { ...plan, layer: ['a', 'b'] } })).toMatchObject({ status: 400 })
    expect(await begin({ layer: 'search' })).toMatchObject({
      status: 422,
      body: { code: 'EXPERIMENT_MIXED', detail: expect.stringContaining('is in "checkout"') },
    })
    expect(await begin({ holdouts: ['year'] })).toMatchObject({ status: 422, body: { help: expect.stringContaining('held by quarter') } })
    expect(await begin({ layer: 'checkout', holdouts: ['quarter'] })).toMatchObject({ status: 200 })
    expect((await t.ask('GET', '/api/experiments/one-page')).body).toMatchObject({ layer: 'checkout', holdouts: ['quarter'] })
  })

  it('count in their arms only units of their share, and a holdout is measured as an experiment of its own', async () => {
    clock.forward(60_000)
    await t.ask('POST', '/api/experiments', { plan: { ...plan, experiment: 'all-of-it', flag: 'quarter', arms: ['held', 'open'] } })
    expect(await t.ask('POST', '/api/experiments/all-of-it/start')).toMatchObject({ status: 200 })
    const all = await everybody()
    const exposures = units.flatMap((unit, at) =>
      ['one', 'quarter'].map((flag) => ({
        unit,
        flag,
        revision: 1,
        variant: all[at]![flag]!.variant,
        rule: all[at]![flag]!.rule,
        at: clock.now(),
      })),
    )
    await t.ask('POST', '/api/flag-sets/production/exposures', { id: 'told-once', at: clock.now(), exposures, metrics: [] })
    expect((await t.ask('GET', '/api/experiments/one-page')).body).toMatchObject({
      units: all.filter((given) => given['one']!.rule === 'ramp').length,
      arms: [{ share: 0.5 }, { share: 0.5 }],
      split: { verdict: 'right' },
    })
    expect((await t.ask('GET', '/api/experiments/all-of-it')).body).toMatchObject({
      units: 200,
      arms: [
        { arm: 'held', share: 0.1 },
        { arm: 'open', share: 0.9 },
      ],
      split: { verdict: 'right' },
    })
  })
})
