import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import { eventOf } from '../history/record.ts'
import type { Told, ToldDeployment } from '../history/history.port.ts'
import { makePast } from './past.ts'
import type { StreamFlowDetail, StreamFlowPicture, StreamFlowView } from './schemas.ts'

const at = (day: number, hour = 0) => new Date(Date.UTC(2025, 0, 1 + day, hour)).toISOString() as Told['at']
const deployment = (environment: string, day: number, hour: number, version: string): ToldDeployment => ({
  kind: 'deployment',
  id: `${environment} ${version} ${day}`,
  at: at(day, hour),
  stream: 'shop',
  environment,
  version,
})

/** Ten versions, one a day; production gets the first six of them, two at a time. */
const told: readonly Told[] = [
  ...Array.from({ length: 10 }, (_, day) => [deployment('test', day, 8, `v${day}`), deployment('staging', day, 9, `v${day}`)]).flat(),
  ...[1, 3, 5].map((day) => deployment('production', day, 12, `v${day}`)),
  { kind: 'gate', id: 'closed', at: at(6), stream: 'shop', environment: 'production', way: 'into', open: false, by: 'ann' },
  { kind: 'gate', id: 'again', at: at(7), stream: 'shop', environment: 'production', way: 'into', open: false, by: 'bob' },
]

describe('how changes really flow', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  const record = async (events: readonly Told[]) => {
    const batch = events.map((one) => eventOf(one, '/imports/shop'))
    const { app, adminToken } = t.threeways
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const response = await app.request('/api/events', { method: 'POST', headers, body: JSON.stringify(batch) })
    expect(response.ok).toBe(true)
  }
  const shop = async (query = '') => (await t.ask('GET', `/api/flow/shop${query}`)).body as StreamFlowDetail

  it('is read from the deployments of others, with what is still on its way and the gate that is closed', async () => {
    await record(told)
    const flow = await shop('?rows=true')
    expect(flow).toMatchObject({
      order: ['test', 'staging', 'production'],
      deployments: 3,
      asOf: at(9, 9),
      lead: { versions: 10, reached: 6 },
    })
    expect(flow.batch).toEqual({ p50: 2, p95: 2, max: 2 })
    expect(flow.legs.map(({ from, to, reached, versions }) => [from, to, reached, versions])).toEqual([
      ['test', 'staging', 10, 10],
      ['staging', 'production', 6, 10],
    ])
    expect(flow.closed).toEqual([{ environment: 'production', way: 'into', since: at(6), by: 'ann' }])
    expect(flow.rows).toHaveLength(10)
    expect(flow.rows![0]).toEqual({ version: 'v0', arrived: at(0, 8), reached: at(1, 12), by: 'v1' })
    const { streams } = (await t.ask('GET', '/api/flow')).body as { streams: StreamFlowView[] }
    expect(streams.map(({ stream }) => stream)).toEqual(['shop'])
    expect(streams[0]!.lead).toEqual(flow.lead)
    expect(streams[0]).toMatchObject({ closed: 1 })
    const picture = (await t.ask('GET', '/api/flow/shop/picture')).body as StreamFlowPicture
    expect(picture).toMatchObject({ flow: { lead: flow.lead }, before: null, curve: { versions: 10, reached: 6 } })
    expect(picture.deployments.map(({ version, batch }) => [version, batch])).toEqual([
      ['v5', 2],
      ['v3', 2],
      ['v1', 2],
    ])
    expect(picture.ageing).toMatchObject({ total: 4, oldest: [{ version: 'v6', in: 'staging' }, {}, {}, {}] })
    expect(picture.closed).toEqual([{ environment: 'production', way: 'into', since: at(6), until: null, by: 'ann' }])
  })

  it('is the same in whatever order it is told and however often, and as of an earlier day', async () => {
    await record(told.filter(({ at: time }) => time < at(6)))
    const early = await shop()
    await record(told.toReversed())
    await record(told.filter((_, index) => index % 3 === 0))
    const { asOf: _, since: _since, until: _until, ...then } = await shop(`?asOf=${early.asOf}`)
    expect(early).toMatchObject(then)
    expect((await shop()).lead).toMatchObject({ versions: 10, reached: 6 })
  })

  it('is the same to whoever looked all the time as to whoever looks for the first time', async () => {
    const estate = ['shop', 'cart', 'api'].flatMap((stream) =>
      told.map((one, n) => ({ ...one, stream, id: `${stream} ${one.id}`, at: at((n * 7) % 30, n % 24) })),
    )
    const looked = makePast(t.threeways.ledger)
    for (let n = 0; n < estate.length; n += 7) {
      await record([...estate.slice(n, n + 7), ...estate.slice(0, n % 3)])
      await looked()
    }
    expect(await looked()).toEqual(await makePast(t.threeways.ledger)())
    const [all] = [...(await looked()).streams.values()]
    expect([all!.stream, all!.deployments.length]).toEqual(['api', 23])
  })

  it('waits for as long as its source was heard of, about others too, on the board as in full', async () => {
    await record([...told, { ...deployment('production', 15, 0, 'v1'), stream: 'cart' }])
    const { streams } = (await t.ask('GET', '/api/flow')).body as { streams: StreamFlowView[] }
    const flow = await shop()
    expect(flow.asOf).toBe(at(15))
    expect(streams.find(({ stream }) => stream === 'shop')).toMatchObject({ asOf: at(15), lead: flow.lead })
  })

  it('is told of our own deliveries too, and of those that went back within their run', async () => {
    const definition = {
      name: 'shop',
      services: { web: { 'x-run': { command: ['sleep', '600'] } } },
      'x-threeways': {
        version: 1,
        artifact: { build: ['true'], pack: ['app', 'smoke'] },
        environments: { dev: {}, test: {}, production: {} },
        checks: { smoke: { run: ['sh', 'smoke'], in: 'environment' } },
        pipeline: {
          stages: [
            { name: 'dev', environment: 'dev', ephemeral: true },
            { name: 'test', after: ['dev'], environment: 'test' },
            { name: 'production', after: ['test'], environment: 'production', smoke: ['smoke'] },
          ],
        },
      },
    }
    const deliver = async (app: string, smoke: string) => {
      await t.author.write({ 'threeways.yaml': JSON.stringify(definition), app, smoke })
      await t.author.commit(app)
      return t.ended((await t.deliver()).id)
    }
    const good = await deliver('one', 'true')
    const bad = await deliver('two', 'false')
    expect(bad.state).toBe('failed')
    const flow = await shop('?rows=true')
    expect(flow).toMatchObject({ order: ['dev', 'test', 'production'], deployments: 3, back: 1, lead: { versions: 2, reached: 2 } })
    expect(flow.rows).toMatchObject([good, bad].map(({ candidate }) => ({ version: candidate, by: candidate })))
  })

  it('says no data where there is none, and not never', async () => {
    await record([deployment('test', 0, 8, 'v0'), deployment('test', 1, 8, 'v1')])
    const alone = await shop()
    expect(alone).toMatchObject({ deployments: 2, lead: { versions: 0, reached: 0, p50: { value: null } }, batch: { p50: null } })
  })

  it('comes as a table too, as every answer does that has rows', async () => {
    await record(told)
    const { app } = t.threeways
    const ask = async (path: string, accept: string) => {
      const response = await app.request(path, { headers: { authorization: `Bearer ${t.threeways.adminToken}`, accept } })
      return { type: response.headers.get('content-type'), lines: (await response.text()).split('\r\n') }
    }
    const board = await ask('/api/flow', 'text/csv')
    expect(board.type).toContain('text/csv')
    expect(board.lines[1]).toMatch(/^shop,test staging production,/)
    expect((await ask('/api/flow/shop?rows=true&format=csv', '*/*')).lines).toHaveLength(12)
    expect((await ask('/api/event-kinds?format=csv', '*/*')).lines[0]).toMatch(/^type,/)
    expect((await ask('/api/flow/cart?format=csv', '*/*')).type).toContain('problem+json')
  })

  it('says that nothing is known of a stream, or of an environment', async () => {
    await record(told)
    expect(await t.ask('GET', '/api/flow/cart')).toMatchObject({ status: 404, body: { code: 'STREAM_NOT_FOUND' } })
    expect(await t.ask('GET', '/api/flow/shop?to=moon')).toMatchObject({ status: 404, body: { detail: expect.stringContaining('moon') } })
    expect((await t.ask('GET', '/api/flow?since=soon')).status).toBe(400)
    expect((await t.ask('GET', `/api/flow?since=${at(3)}&until=${at(2)}`)).status).toBe(400)
    expect(await shop(`?since=${at(20)}`)).toMatchObject({ since: at(20), until: at(20), deployments: 0, lead: { versions: 0 } })
    expect((await shop('?to=staging')).lead).toMatchObject({ versions: 10, reached: 10 })
  })
})
