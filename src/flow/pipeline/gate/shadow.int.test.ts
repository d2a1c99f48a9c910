import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, statesOf, type TestThreeways } from '../../../server/testing.ts'
import type { ShadowView } from '../../dark/shadow/schemas.ts'
import type { RunView } from '../schemas.ts'

const server = `import { createServer } from 'node:http'
const server = createServer((request, response) => {
  response.statusCode = request.headers['x-threeways-shadow'] === '1' ? behaviour.shadowed : 200
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ price: behaviour.price, at: Math.random() }))
})
server.listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

const definition = JSON.stringify({
  name: 'shop',
  services: {
    web: {
      ports: ['3000'],
      healthcheck: { 'x-http': '/health', interval: '50ms', timeout: '1s', retries: 3, start_period: '2s' },
      'x-run': { command: ['node', 'app.mjs'], stop: { grace: '2s' } },
    },
  },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['app.mjs'] },
    environments: { test: {}, production: {} },
    pipeline: {
      stages: [
        {
          name: 'test',
          environment: 'test',
          shadow: { from: 'production', share: '100%', compare: { ignore: ['at'] }, limits: { per_second: 10_000, concurrent: 50 } },
        },
        {
          name: 'production',
          after: ['test'],
          environment: 'production',
          gate: { shadow: { requests: 20, differ: '30%', fail: '30%' } },
        },
      ],
    },
  },
})

describe('requests of production, copied to what is in test', () => {
  let t: TestThreeways
  let first: RunView
  beforeAll(async () => {
    t = await openTestThreeways()
    first = await t.ended(await deliver({ price: 1, shadowed: 200 }))
  })
  afterAll(() => t.close())

  async function deliver(behaviour: { readonly price: number; readonly shadowed: number }): Promise<string> {
    await t.author.write({ 'threeways.yaml': definition, 'app.mjs': `const behaviour = ${JSON.stringify(behaviour)}\n${server}` })
    await t.author.commit(JSON.stringify(behaviour))
    return (await t.deliver()).id
  }
  const atGate = ({ steps }: RunView) => steps.find(({ name }) => name === 'production/promote')?.waiting
  const waits = (id: string) => t.until(id, (run) => atGate(run)?.kind === 'shadow')
  async function use(requests: number): Promise<void> {
    const url = (await t.stream()).stages[1]!.environment!.urls['web']!
    for (let n = 0; n < requests; n++) expect((await (await fetch(url)).json()) as object).toHaveProperty('price')
  }
  const shadow = async () =>
    ((await t.ask('GET', '/api/streams/shop/shadows')).body as { readonly shadows: readonly ShadowView[] }).shadows[0]!
  async function told(requests: number): Promise<ShadowView> {
    for (;;) {
      const view = await shadow()
      if (view.rehearsals + view.dropped >= requests) return view
      await sleep(50)
    }
  }

  it('are not asked for while nothing runs in production', () => {
    expect(statesOf(first)).toMatchObject({ 'production/promote': 'succeeded' })
  })

  it('let a candidate in when it answers them as production does, and are on the ledger', async () => {
    const id = await deliver({ price: 1, shadowed: 200 })
    expect(atGate(await waits(id))).toMatchObject({
      why: 'copies of requests of production in test have not shown yet that it is ready: threeways shadow shop',
      for: expect.stringContaining('requests of production'),
    })
    expect(await shadow()).toMatchObject({ ready: 'not yet', rehearsals: 0, from: 'production', demandedBy: 'production' })
    await use(40)
    const run = await t.ended(id)
    expect(run.state).toBe('succeeded')
    const { body } = await t.ask('GET', '/api/events?type=dev.cdeventsx.threeways-shadow.recorded.0.1.0')
    expect((body as { events: { event: { data: { subject: object } } }[] }).events[0]!.event.data.subject).toMatchObject({
      id: 'shop/test',
      content: { from: 'shop/production', candidate: run.candidate, rehearsal: { candidate: { different: 0, failed: 0 } }, oversized: 0 },
    })
  })

  it('keep one out that answers otherwise, and say in what, until a person lets it pass', async () => {
    const id = await deliver({ price: 2, shadowed: 200 })
    await waits(id)
    await use(40)
    const { candidate } = await t.run(id)
    // With one instance in production nobody knows what differs without any change.
    expect(await told(40)).toMatchObject({
      ready: 'not yet',
      candidate,
      sentence: expect.stringContaining('100 % differ against noise that was not measured'),
      against: [expect.stringContaining('may differ beyond noise')],
      differences: [{ difference: 'web GET /: body price: number, other number', candidate: 40, noise: 0 }],
    })
    const { status } = await t.ask('POST', `/api/runs/${id}/stages/production/bypass`, { reason: 'the price is new', gate: 'shadow' })
    expect(status).toBe(200)
    const ended = await t.ended(id)
    expect(ended).toMatchObject({ state: 'succeeded', bypasses: [{ gate: 'shadow', reason: 'the price is new' }] })
  })

  it('go on over a restart of the server, also where the candidate fails', async () => {
    const id = await deliver({ price: 2, shadowed: 503 })
    await waits(id)
    await t.restart()
    await use(20)
    expect(await told(20)).toMatchObject({
      ready: 'no',
      failing: { share: 1 },
      differences: [{ difference: 'web GET /: status 200, 503' }],
    })
    const run = await t.until(id, (run) => atGate(run)?.for.startsWith('another change') === true)
    expect(atGate(run)?.why).toContain('it answers requests of production otherwise, or fails')
  })

  it('go on when what runs there is applied once more', async () => {
    const before = await shadow()
    const { provider } = t.threeways.workshop
    const { shadow: how } = await provider.observe('shop/test')
    expect(how).toMatchObject({ from: 'shop/production', share: 1 })
    expect((await t.ask('POST', '/api/environments/apply?name=shop/test')).status).toBe(200)
    expect((await provider.observe('shop/test')).shadow).toEqual(how)
    await use(10)
    await told(before.rehearsals + before.dropped + 10)
  })

  it('wake nobody: what sleeps gets none, and that is counted', async () => {
    const { rest } = t.threeways.workshop.provider
    const before = await shadow()
    await rest!.sleep('shop/test')
    await use(10)
    for (let dropped = 0; dropped < 10; await sleep(50)) dropped = (await shadow()).dropped - before.dropped
    expect(rest!.rest('shop/test')?.asleep).toBeDefined()
    expect((await shadow()).rehearsals).toBe(before.rehearsals)
  })
})
