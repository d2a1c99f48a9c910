import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { Difference, Patch } from '../difference/schemas.ts'
import type { Found } from '../search/schemas.ts'
import type { Estate, EstateRow } from './schemas.ts'

const definition = (level: string) =>
  JSON.stringify({
    name: 'shop',
    services: { web: { environment: { LEVEL: level }, 'x-run': { command: ['sleep', '600'] } } },
    'x-threeways': {
      version: 1,
      artifact: { build: [['true']], pack: ['app'] },
      environments: { lab: {}, live: {} },
      pipeline: {
        stages: [
          { name: 'test', environment: 'lab', deploy: { strategy: 'replace' } },
          { name: 'prod', after: ['test'], environment: 'live', auto: false, deploy: { strategy: 'replace' } },
        ],
      },
    },
  })
const lock = (version: string, more = {}) => JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/pg': { version }, ...more } })

describe('one service that was delivered twice, the second time to the door of production', () => {
  let t: TestThreeways
  let first: string
  let second: string
  const get = async <T>(path: string) => {
    const { status, body } = await t.ask('GET', path)
    if (status !== 200) throw new Error(JSON.stringify(body))
    return body as T
  }
  const row = async () => (await get<{ streams: EstateRow[] }>('/api/estate')).streams[0]!

  async function deliverToTheDoor(message: string, files: Readonly<Record<string, string>>): Promise<string> {
    await t.author.write(files)
    await t.author.commit(message)
    const { id } = await t.deliver()
    const run = await t.until(id, ({ steps }) => steps.some(({ name, state }) => name === 'prod/promote' && state === 'waiting'))
    return run.id
  }

  beforeAll(async () => {
    t = await openTestThreeways()
    const one = await deliverToTheDoor('Sell parts', {
      'threeways.yaml': definition('info'),
      app: 'one\n',
      'package-lock.json': lock('8.0.0'),
    })
    expect((await row()).beyond).toBeNull()
    await t.ask('POST', `/api/runs/${one}/stages/prod/promote`, {})
    first = (await t.ended(one)).candidate!
    const two = await deliverToTheDoor('Sell more parts', {
      'threeways.yaml': definition('debug'),
      app: 'one\ntwo\n',
      'package-lock.json': lock('8.1.0', { 'node_modules/ws': { version: '8.0.0' } }),
    })
    second = (await t.run(two)).candidate!
  })
  afterAll(() => t.close())

  it('is one row of the estate: what runs where, what waits for whom, how much production does not have', async () => {
    const { stages, beyond, waits, recent, stops } = await row()
    expect(stages.map(({ name, production, state, running, active }) => [name, production, state, running?.summary, active])).toEqual([
      ['test', false, 'ready', 'Sell more parts', null],
      ['prod', true, 'ready', 'Sell parts', 'waiting'],
    ])
    expect(beyond).toMatchObject({ changes: 1 })
    expect(waits).toMatchObject([{ kind: 'approval', stage: 'prod', summary: 'Sell more parts', step: 'prod/promote', candidate: second }])
    expect(recent).toEqual(['waiting', 'succeeded'])
    expect(stops).toEqual([])
  })

  it('is told again only where it changed, and comes to a few numbers', async () => {
    const first = await get<Estate>('/api/estate')
    expect([first.whole, first.streams.length]).toEqual([true, 1])
    expect(await get(`/api/estate?since=${first.version}`)).toEqual({ version: first.version, whole: false, gone: [], streams: [] })
    expect(await get('/api/estate/summary')).toEqual({ streams: 1, stopped: 0, stops: 0, underWay: 1, waits: { approval: 1 } })
  })

  it('tells what promoting the second would change in production: code, configuration, environment, packages', async () => {
    const difference = await get<Difference>(`/api/candidates/${second}/diff?against=production`)
    expect(difference).toMatchObject({
      against: { stage: 'prod', card: { digest: first } },
      code: { commitsTotal: 1, lostTotal: 0, commits: [{ summary: 'Sell more parts' }], filesTotal: 3 },
      config: { settings: 'live', changes: [{ path: '/services/web/environment/LEVEL', from: 'info', to: 'debug' }] },
      environment: { same: false, tools: [], lockFiles: [{ path: 'package-lock.json' }] },
      packages: { total: 2, unread: [] },
      unknown: [],
    })
    expect(difference.packages!.changes.map(({ name, kind }) => [name, kind])).toEqual([
      ['pg', 'changed'],
      ['ws', 'added'],
    ])
    const { text } = await get<Patch>(`/api/candidates/${second}/diff/file?path=app`)
    expect(text).toContain('+two')
  })

  it('compares also with another candidate, by a commit, and knows what going back would lose', async () => {
    const back = await get<Difference>(`/api/candidates/${first}/diff?against=${second}`)
    expect(back).toMatchObject({ against: { stage: null, card: { digest: second } }, code: { commitsTotal: 0, lostTotal: 1 } })
    const { commit } = back.against!.card
    expect(await get<Difference>(`/api/candidates/${commit.slice(0, 8)}/diff?against=test`)).toMatchObject({
      candidate: { digest: second },
      code: { filesTotal: 0 },
      config: { changes: [] },
    })
  })

  it('says what is not there', async () => {
    expect(await t.ask('GET', '/api/candidates/abcdef12/diff')).toMatchObject({ status: 404, body: { code: 'CANDIDATE_NOT_FOUND' } })
    expect(await t.ask('GET', `/api/candidates/${second}/diff?against=nowhere`)).toMatchObject({ status: 404 })
  })

  it('is found by what people remember of it', async () => {
    await t.ask('POST', '/api/streams/shop/stop', { reason: 'Prices are 100 % wrong' })
    const kinds = async (q: string) =>
      (await get<{ found: Found[] }>(`/api/search?q=${encodeURIComponent(q)}`)).found.map(({ kind }) => kind)
    expect(new Set(await kinds('more parts'))).toEqual(new Set(['candidate', 'run']))
    expect(await kinds(second.slice(7, 17))).toEqual(['candidate'])
    expect(await kinds('shop/live')).toEqual(['environment'])
    expect(await kinds('100 %')).toEqual(['stop'])
    expect(await kinds('sho')).toContain('stream')
    expect(await kinds(' ')).toEqual([])
    expect((await row()).stops).toMatchObject([{ reason: 'Prices are 100 % wrong' }])
  })
})
