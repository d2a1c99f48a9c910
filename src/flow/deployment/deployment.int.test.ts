import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, statesOf, type TestThreeways } from '../../server/testing.ts'

const server = `import { createServer } from 'node:http'
const server = createServer((request, response) => {
  if (request.url === '/health') response.statusCode = behaviour.health
  if (request.url === '/' && process.env.MODE === 'production') response.statusCode = behaviour.inProduction
  response.end(behaviour.says)
})
server.listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`
const smoke = `const { status } = await fetch(process.env.WEB_URL)
if (status !== 200) { console.error('GET / answered ' + status); process.exit(1) }
`

const definition = (strategy: string) =>
  JSON.stringify({
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
      environments: { defaults: { parity: ['MODE'] }, production: { environment: { web: { MODE: 'production' } } } },
      checks: { smoke: { run: ['node', 'smoke.mjs'], in: 'environment' } },
      pipeline: { stages: [{ name: 'production', environment: 'production', deploy: { strategy }, smoke: ['smoke'] }] },
    },
  })

type Behaviour = { health?: number; inProduction?: number; says?: string }

let t: TestThreeways
function shopDeployedBy(strategy: string) {
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  async function deliver(behaviour: Behaviour, message: string) {
    const all = { health: 200, inProduction: 200, says: message, ...behaviour }
    await t.author.write({
      'threeways.yaml': definition(strategy),
      'app.mjs': `const behaviour = ${JSON.stringify(all)}\n${server}`,
      'smoke.mjs': smoke,
    })
    await t.author.commit(message)
    return t.ended((await t.deliver()).id)
  }
  const production = async () => (await t.stream()).stages[0]!
  const says = async () => (await fetch((await production()).environment!.urls['web']!)).text()
  return { deliver, production, says }
}

describe.each(['blue-green', 'replace'])('a deployment by %s', (strategy) => {
  const { deliver, production, says } = shopDeployedBy(strategy)

  it('runs the candidate, reads back that it does, and tells who runs where', async () => {
    const run = await deliver({}, 'one')
    expect(run.state).toBe('succeeded')
    expect(await says()).toBe('one')
    expect((await production()).running).toMatchObject({ card: { digest: run.candidate, author: 'Ada Lovelace' }, verified: true })
    const { body } = await t.ask('GET', '/api/environments')
    expect(body).toMatchObject({
      environments: [
        { id: 'shop/production', traffic: run.candidate, services: [{ service: 'web', running: run.candidate, state: 'ready' }] },
      ],
    })
  })

  it('goes back by itself when the smoke check fails, holds the candidate and stops the line', async () => {
    const good = await deliver({}, 'good')
    const bad = await deliver({ inProduction: 500 }, 'bad')
    expect(statesOf(bad)).toMatchObject({
      'production/deploy': 'succeeded',
      'production/smoke/smoke': 'failed',
      'production/conclude': 'failed',
    })
    expect(await says()).toBe('good')
    const { running, held, candidates } = await production()
    expect(running?.card.digest).toBe(good.candidate)
    expect(held).toMatchObject([{ card: { digest: bad.candidate }, reason: expect.stringContaining('GET / answered 500') }])
    expect(candidates.find(({ run }) => run === bad.id)).toMatchObject({ state: 'rolled-back' })
    expect((await t.stream()).line).toMatchObject({ status: 'stopped', stops: [{ cause: 'rollback', run: bad.id }] })
  })

  it('keeps what served when the new one never becomes healthy', async () => {
    await deliver({}, 'good')
    const bad = await deliver({ health: 500 }, 'ill')
    expect(bad.steps.find(({ name }) => name === 'production/deploy')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('web'),
    })
    expect(await says()).toBe('good')
    const { candidates, held } = await production()
    expect(candidates.find(({ run }) => run === bad.id)).toMatchObject({ state: 'rolled-back' })
    expect(held.map(({ card }) => card.digest)).toEqual([bad.candidate])
    expect(bad.steps.find(({ name }) => name === 'production/conclude')?.attempt).toBe(1)
    expect((await t.stream()).line.stops).toMatchObject([{ cause: 'rollback' }])
  })
})

describe('a candidate that was rolled back, or has nothing before it', () => {
  const { deliver, production, says } = shopDeployedBy('blue-green')

  it('does not bring a held candidate back by itself; a person may, with a reason', async () => {
    await deliver({}, 'good')
    const bad = await deliver({ inProduction: 500 }, 'bad')
    await t.ask('POST', '/api/streams/shop/start', { reason: 'look again' })
    const again = await t.deliver()
    const waiting = await t.until(again.id, ({ state }) => state === 'waiting')
    expect(waiting.candidate).toBe(bad.candidate)
    expect(waiting.steps.find(({ name }) => name === 'production/promote')?.waiting?.kind).toBe('hold')
    expect((await t.ask('POST', `/api/runs/${again.id}/stages/production/promote`, {})).body).toMatchObject({ code: 'REASON_MISSING' })
    await t.ask('POST', `/api/runs/${again.id}/stages/production/promote`, { reason: 'the database was down' })
    expect(statesOf(await t.ended(again.id))).toMatchObject({ 'production/deploy': 'succeeded' })
  })

  it('goes back when a person says so, and holds what ran', async () => {
    const good = await deliver({}, 'good')
    const odd = await deliver({}, 'odd')
    const { status, body } = await t.ask('POST', '/api/streams/shop/rollback', { stage: 'production', reason: 'customers complain' })
    expect(status).toBe(200)
    expect((await t.ended((body as { id: string }).id)).state).toBe('succeeded')
    expect(await says()).toBe('good')
    const { running, held } = await production()
    expect(running?.card.digest).toBe(good.candidate)
    expect(held.map(({ card }) => card.digest)).toEqual([odd.candidate])
    expect((await t.stream()).line.stops).toMatchObject([{ cause: 'rollback', reason: expect.stringContaining('customers complain') }])
  })

  it('leaves an environment empty when its first candidate fails, and says that there is nothing to go back to', async () => {
    const bad = await deliver({ inProduction: 500 }, 'bad')
    expect(bad.message).toContain('production is empty again')
    expect((await production()).running).toBeNull()
    const { body } = await t.ask('POST', '/api/streams/shop/rollback', { stage: 'production', reason: 'why not' })
    expect(body).toMatchObject({ code: 'NOTHING_RUNS' })
  })
})
