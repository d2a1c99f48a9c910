import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, statesOf, type TestThreeways } from '../../../server/testing.ts'
import { keepAsking } from '../../environment/contract-stage.ts'

const server = `import { createServer } from 'node:http'
const server = createServer((request, response) => {
  if (request.url === '/') response.statusCode = behaviour.status
  response.end(JSON.stringify({ version: behaviour.version }))
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
    environments: { production: {} },
    pipeline: {
      stages: [
        {
          name: 'production',
          environment: 'production',
          deploy: { strategy: 'canary', steps: [25, 50, 100], every: '1s', judge: { metrics: ['error_rate'] } },
        },
      ],
    },
  },
})

describe('a canary in a pipeline', () => {
  let t: TestThreeways
  let first: string
  beforeEach(async () => {
    t = await openTestThreeways()
    first = (await t.ended(await deliver('1'))).candidate!
  })
  afterEach(() => t.close())

  async function deliver(version: string, status = 200): Promise<string> {
    const behaviour = JSON.stringify({ version, status })
    await t.author.write({ 'threeways.yaml': definition, 'app.mjs': `const behaviour = ${behaviour}\n${server}` })
    await t.author.commit(version)
    return (await t.deliver()).id
  }
  const production = async () => (await t.stream()).stages[0]!
  const address = async () => (await production()).environment!.urls['web']!
  const serves = async () => ((await (await fetch(await address())).json()) as { version: string }).version
  async function environment() {
    const { body } = await t.ask('GET', '/api/environments')
    return (body as { environments: { shares: unknown[]; services: { candidate: string; role: string; serving: boolean }[] }[] })
      .environments[0]!
  }
  async function told(name: string): Promise<readonly Record<string, unknown>[]> {
    const { body } = await t.ask('GET', `/api/events?order=oldest&limit=100&type=dev.cdeventsx.threeways-${name}.0.1.0`)
    return (body as { events: { event: { data: { subject: { content: Record<string, unknown> } } } }[] }).events.map(
      ({ event }) => event.data.subject.content,
    )
  }

  it('is taken back when it is worse, is held, and stops the line', async () => {
    const load = keepAsking(await address())
    const bad = await t.ended(await deliver('bad', 500))
    await load.end()
    expect(statesOf(bad)).toMatchObject({ 'production/deploy': 'failed', 'production/conclude': 'failed' })
    expect(await serves()).toBe('1')
    expect((await told('canary.judged')).at(-1)).toMatchObject({
      verdict: 'fail',
      follows: 'back',
      percent: 25,
      candidate: bad.candidate,
      baseline: first,
      stage: 'production',
      metrics: [{ name: 'error_rate', critical: true, verdict: 'fail', baseline: 0 }],
    })
    expect((await environment()).services).toMatchObject([{ candidate: first, role: 'main' }])
    const { held, candidates } = await production()
    expect(held).toMatchObject([{ card: { digest: bad.candidate }, reason: expect.stringContaining('worse than its baseline at 25 %') }])
    expect(candidates.find(({ run }) => run === bad.id)).toMatchObject({ state: 'rolled-back' })
    expect((await t.stream()).line.stops).toMatchObject([{ run: bad.id, reason: expect.stringContaining('canary') }])
  })

  it('waits for a person when nobody came to judge it by, also over a restart, and goes on with a reason', async () => {
    const id = await deliver('2')
    const waiting = await t.until(id, ({ state }) => state === 'waiting')
    const step = waiting.steps.find(({ name }) => name === 'production/deploy')!
    expect(step).toMatchObject({ state: 'waiting', waiting: { kind: 'canary', for: expect.stringContaining('threeways promote') } })
    expect((await production()).candidates[0]).toMatchObject({ run: id, waiting: step.waiting })
    const { shares, services } = await environment()
    expect(shares).toMatchObject([{ percent: 50 }, { role: 'baseline', percent: 25 }, { percent: 25 }])
    await t.restart()
    expect((await t.until(id, ({ state }) => state === 'waiting')).steps.find(({ name }) => name === step.name)).toMatchObject({
      waiting: step.waiting,
    })
    expect(await environment()).toMatchObject({ shares, services })
    const promote = (reason: string) => t.ask('POST', `/api/runs/${id}/stages/production/promote`, { reason })
    expect((await promote('')).body).toMatchObject({ code: 'REASON_MISSING' })
    expect((await promote('night shift: nobody is awake')).status).toBe(200)
    await t.until(id, ({ steps }) => steps.some(({ waiting: now }) => now !== null && now.since > step.waiting!.since))
    expect((await environment()).shares).toMatchObject([{ percent: 0 }, { role: 'baseline', percent: 50 }, { percent: 50 }])
    await promote('still nobody')
    expect((await t.ended(id)).state).toBe('succeeded')
    expect(await serves()).toBe('2')
    expect(await told('canary.continued')).toMatchObject([{ reason: 'night shift: nobody is awake' }, { reason: 'still nobody' }])
  })

  it('is given up by cancelling, and nothing of it or its baseline is left', async () => {
    const id = await deliver('2')
    await t.until(id, ({ state }) => state === 'waiting')
    await t.ask('POST', `/api/runs/${id}/cancel`, { reason: 'not today' })
    expect((await t.ended(id)).state).toBe('cancelled')
    expect(await serves()).toBe('1')
    expect((await environment()).services).toMatchObject([{ candidate: first, role: 'main' }])
    expect((await t.stream()).line.stops).toEqual([])
  })
})
