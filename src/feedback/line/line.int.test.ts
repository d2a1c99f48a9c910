import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, statesOf, type TestThreeways } from '../../server/testing.ts'
import type { StopView } from './schemas.ts'

const definition = (check: string) =>
  JSON.stringify({
    name: 'shop',
    services: { web: { 'x-run': { command: ['sleep', '600'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: ['true'], pack: ['app'] },
      environments: { lab: {} },
      checks: { integration: { run: [check] } },
      pipeline: {
        stages: [{ name: 'dev' }, { name: 'test', after: ['dev'], checks: ['integration'] }, { name: 'production', after: ['test'] }],
      },
    },
  })

describe('the line stops when something is wrong', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  async function deliver(check: 'true' | 'false', message: string) {
    await t.author.write({ 'threeways.yaml': definition(check), app: message })
    await t.author.commit(message)
    return (await t.deliver()).id
  }
  const stops = async () => (await t.stream()).line.stops
  const start = (body: object) => t.ask('POST', '/api/streams/shop/start', body)
  const promotion = (stage: string) => (run: { steps: readonly { name: string; waiting: unknown }[] }) =>
    run.steps.some(({ name, waiting }) => name === `${stage}/promote` && waiting !== null)

  it('by the hand of anyone, and nothing is promoted until it starts', async () => {
    await t.ended(await deliver('true', 'One'))
    expect((await t.ask('POST', '/api/streams/shop/stop', { reason: 'checkout looks odd' })).body).toMatchObject({
      status: 'stopped',
      stops: [{ cause: 'person' }],
    })
    const id = await deliver('true', 'Two')
    const run = await t.until(id, promotion('dev'))
    expect(run.steps.find(({ name }) => name === 'dev/promote')?.waiting).toMatchObject({
      kind: 'line',
      why: 'the line is stopped: checkout looks odd',
    })
    await start({ reason: 'it was the cache' })
    expect((await t.ended(id)).state).toBe('succeeded')
  })

  it('by itself when the trunk is red after the first stage; only the commit that says it fixes it passes', async () => {
    await t.ended(await deliver('false', 'Break it'))
    const [stop] = await stops()
    expect(stop).toMatchObject({ cause: 'red-trunk', by: 'threeways', reason: expect.stringContaining('integration failed') })
    const other = await deliver('true', 'Something else')
    await t.until(other, promotion('dev'))
    const fix = await t.ended(await deliver('true', `Mend it\n\nFixes-Stop: ${stop!.id}`))
    expect(fix.state).toBe('succeeded')
    expect(await stops()).toEqual([])
    // The fix went ahead of what had waited; the older change must not follow it back.
    expect(await t.ended(other)).toMatchObject({ state: 'cancelled', message: expect.stringContaining('superseded') })
  })

  it('a commit that says it fixes another stop does not pass', async () => {
    await t.ended(await deliver('false', 'Break it'))
    const id = await deliver('true', 'Mend something\n\nFixes-Stop: stop-other')
    const run = await t.until(id, ({ state }) => state === 'waiting')
    expect(promotion('dev')(run)).toBe(true)
  })

  it('a fix that fails does not start the line', async () => {
    await t.ended(await deliver('false', 'Break it'))
    const [stop] = await stops()
    const fix = await t.ended(await deliver('false', `Try to mend it\n\nFixes-Stop: ${stop!.id}`))
    expect(statesOf(fix)).toMatchObject({ 'test/conclude': 'failed', 'production/promote': 'skipped' })
    expect((await stops()).map(({ id }) => id)).toContain(stop!.id)
  })

  it('does not start without a reason, nor when it moves, nor one of several unnamed', async () => {
    await t.ended(await deliver('true', 'One'))
    expect((await start({ reason: 'why not' })).body).toMatchObject({ code: 'LINE_NOT_STOPPED' })
    await t.ask('POST', '/api/streams/shop/stop', { reason: 'first' })
    expect((await start({ reason: ' ' })).body).toMatchObject({ code: 'REASON_MISSING' })
    await t.ask('POST', '/api/streams/shop/stop', { reason: 'second' })
    expect((await start({ reason: 'all well' })).body).toMatchObject({ code: 'STOP_AMBIGUOUS' })
    const [first] = await stops()
    expect((await start({ reason: 'all well', stop: first!.id })).body as { stops: StopView[] }).toMatchObject({
      status: 'stopped',
      stops: [{ reason: 'second' }],
    })
    expect((await t.ask('POST', '/api/streams/shop/stop', { reason: '' })).status).toBe(400)
  })

  it('no promotion slips past a stop that was acknowledged, whatever the moment', async () => {
    await t.ended(await deliver('true', 'One'))
    for (const delayMs of [0, 40, 120, 250]) {
      const id = await deliver('true', `Change after ${delayMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await t.ask('POST', '/api/streams/shop/stop', { reason: 'now' })
      const { seq: stopped } = (await newest('line.stopped')) as { seq: number }
      await t.until(id, ({ state }) => state === 'waiting' || state === 'succeeded')
      const entered = (await newest('promotion.started')) as { seq: number } | undefined
      expect(entered?.seq ?? 0).toBeLessThan(stopped)
      await start({ reason: 'go on' })
      await t.ended(id)
    }
  })

  async function newest(name: string): Promise<unknown> {
    const { body } = await t.ask('GET', `/api/events?order=newest&limit=1&type=dev.cdeventsx.threeways-${name}.0.1.0`)
    return (body as { events: unknown[] }).events[0]
  }
})
