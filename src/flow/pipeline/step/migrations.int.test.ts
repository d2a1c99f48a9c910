import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, statesOf, type TestThreeways } from '../../../server/testing.ts'
import type { RunView } from '../schemas.ts'
import { tables } from '../tables.ts'

const definition = (stages: object[]) =>
  JSON.stringify({
    name: 'shop',
    services: {
      db: { provider: { type: 'threeways', options: { resource: 'postgres', migrations: 'db' } } },
      web: { 'x-run': { command: ['sleep', '600'], stop: { grace: '100ms' } }, depends_on: ['db'] },
    },
    'x-threeways': {
      version: 1,
      artifact: { build: ['true'], pack: ['app'] },
      environments: { lab: {}, live: {} },
      checks: { good: { run: ['grep', '-q', 'good', 'app'] } },
      pipeline: { stages },
    },
  })

const stages = [
  { name: 'dev', environment: 'lab', ephemeral: true },
  { name: 'production', after: ['dev'], environment: 'live', checks: ['good'] },
]

describe('a database changes with its candidates', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())

  async function begin(files: Record<string, string>): Promise<RunView> {
    await t.author.write({ 'threeways.yaml': definition(stages), ...files })
    await t.author.commit('Change it')
    await t.ask('POST', '/api/streams/shop/start', { reason: 'it was meant to fail', falseStop: true })
    return t.deliver()
  }
  const deliver = async (files: Record<string, string>) => t.ended((await begin(files)).id)

  async function sql<T extends Record<string, unknown>>(text: string): Promise<readonly T[]> {
    const { variables } = await t.threeways.workshop.provider.observe('shop/live')
    const client = new Client({ connectionString: variables['DB_URL'] })
    await client.connect()
    try {
      return (await client.query<T>(text)).rows
    } finally {
      await client.end()
    }
  }
  const columns = async () =>
    (
      await sql<{ name: string }>(
        `select attname as name from pg_attribute where attrelid = 'part'::regclass and attnum > 0 and not attisdropped order by attnum`,
      )
    ).map(({ name }) => name)
  const applied = async () => (await sql<{ name: string }>('select name from threeways.migration order by at')).map(({ name }) => name)
  const stepOf = (run: RunView, name: string) => run.steps.find((step) => step.name === name)
  const events = async (type: string) => {
    const { body } = await t.ask('GET', `/api/events?type=${type}&limit=100`)
    return body as { events: { data: { subject: { content: Record<string, unknown> } } }[] }
  }
  const backups = () => t.threeways.workshop.provider.databases!.backups('shop/live')
  /** What keeps older candidates away. */
  const contracted = async () =>
    (await tables(t.threeways.ledger).selectFrom('contracted').select('name').orderBy('name').execute()).map(({ name }) => name)

  let first: RunView
  it('is expanded before the candidate runs, in an environment of one run as in one that stays', async () => {
    first = await deliver({
      app: 'good',
      'db/0001_parts.sql': `create table part (id int primary key, name text not null);\ninsert into part values (1, 'bolt');`,
      'db/0002_price.sql': 'alter table part add column price int not null default 0;',
    })
    expect(first).toMatchObject({ state: 'succeeded' })
    expect(stepOf(first, 'dev/migrate')?.message).toBe('2 files applied')
    expect(stepOf(first, 'production/contract')?.message).toBe('nothing to do')
    expect(await columns()).toEqual(['id', 'name', 'price'])
    expect(await applied()).toEqual(['0001_parts.sql', '0002_price.sql'])
    // There was nothing to lose.
    expect(await backups()).toEqual([])
  })

  it('is not changed by what the candidate before could not live with, named at its line', async () => {
    const run = await deliver({ 'db/0003_title.sql': `-- Names become titles.\nalter table part rename column name to title;` })
    expect(run.state).toBe('failed')
    expect(stepOf(run, 'candidate')?.message).toMatch(/db\/0003_title\.sql:2: .*old name.*contract migration/)
    expect(await columns()).toEqual(['id', 'name', 'price'])
  })

  it('keeps what was added when the candidate fails, and what ran before goes on', async () => {
    const run = await deliver({ app: 'bad', 'db/0003_title.sql': 'alter table part add column title text;' })
    expect(statesOf(run)).toMatchObject({
      'production/migrate': 'succeeded',
      'production/check/good': 'failed',
      'production/contract': 'skipped',
    })
    expect((await t.threeways.workshop.provider.observe('shop/live')).traffic).toBe(first.candidate)
    expect(await columns()).toEqual(['id', 'name', 'price', 'title'])
    expect(await backups()).toMatchObject([{ resource: 'db', before: expect.stringContaining('0003_title.sql') }])
  })

  it('refuses a file that was edited since it was applied', async () => {
    const run = await deliver({ app: 'good', 'db/0003_title.sql': 'alter table part add column title varchar;' })
    expect(stepOf(run, 'production/migrate')).toMatchObject({ state: 'failed', message: expect.stringContaining('edited since') })
    expect((await t.threeways.workshop.provider.observe('shop/live')).traffic).toBe(first.candidate)
  })

  it('applies a file wholly or not at all', async () => {
    const run = await deliver({
      'db/0003_title.sql': 'alter table part add column title text;',
      'db/0004_half.sql': `alter table part add column half int;\ninsert into part values (1, 'again');`,
    })
    // A new environment has no row 1 but the one that 0001 put there.
    expect(stepOf(run, 'dev/migrate')).toMatchObject({ state: 'failed', message: expect.stringContaining('0004_half.sql') })
    expect(await t.threeways.workshop.provider.list()).toEqual(['shop/live'])
  })

  let second: RunView
  it('is contracted once the candidate is verified, after a backup', async () => {
    second = await deliver({
      'db/0004_half.sql': 'select 1 where false;',
      app: 'good, again',
      'db/0005_name.contract.sql': 'alter table part drop column name;',
    })
    expect(second).toMatchObject({ state: 'succeeded' })
    expect(stepOf(second, 'production/migrate')?.message).toBe('1 file applied')
    const { body } = await t.ask('GET', `/api/candidates/${second.candidate}/diff?against=${first.candidate}`)
    expect((body as { migrations: object[] }).migrations).toEqual([
      { resource: 'db', name: '0003_title.sql', kind: 'expand' },
      { resource: 'db', name: '0004_half.sql', kind: 'expand' },
      { resource: 'db', name: '0005_name.contract.sql', kind: 'contract' },
    ])
    expect(stepOf(second, 'production/contract')?.message).toBe('1 file applied')
    expect(await columns()).toEqual(['id', 'price', 'title'])
    expect(await applied()).toEqual(['0001_parts.sql', '0002_price.sql', '0003_title.sql', '0004_half.sql', '0005_name.contract.sql'])
    const told = await events('dev.cdeventsx.threeways-migration.applied.0.1.0')
    expect(JSON.stringify(told)).toContain('0005_name.contract.sql')
  })

  it('keeps what is known of it when it cannot be asked', async () => {
    await sql('alter table threeways.migration rename column ms to took')
    await t.ask('POST', `/api/runs/${second.id}/rerun`, { from: 'production/contract', reason: 'look again' })
    expect(stepOf(await t.ended(second.id), 'production/contract')).toMatchObject({ state: 'failed' })
    await sql('alter table threeways.migration rename column took to ms')
    expect(await contracted()).toEqual(['0005_name.contract.sql'])
  })

  it('is no place any more for candidates that need what is gone', async () => {
    const { status, body } = await t.ask('POST', '/api/streams/shop/rollback', { stage: 'production', reason: 'it is slow' })
    expect({ status, body }).toMatchObject({ status: 422, body: { detail: expect.stringContaining('0005_name.contract.sql') } })
  })

  it('can be brought back to what it was before', async () => {
    expect(await t.ask('POST', '/api/environments/restore?name=live', { backup: 'none' })).toMatchObject({
      status: 404,
      body: { code: 'BACKUP_NOT_FOUND' },
    })
    const [newest] = await backups()
    expect(newest).toMatchObject({ before: expect.stringContaining('0005_name.contract.sql'), bytes: expect.any(Number) })
    const { status, body } = await t.ask('POST', '/api/environments/restore?name=live', { backup: newest!.id })
    expect({ status, body }).toMatchObject({ status: 200 })
    expect(await columns()).toEqual(['id', 'name', 'price', 'title'])
    expect(await backups()).toHaveLength(3)
  })

  it('keeps nobody away with a contract that was cancelled before it was made', async () => {
    // In a database that several deliveries have changed.
    const slow = 'select pg_sleep(60) from threeways.migration having count(distinct run) > 1;'
    const { id } = await begin({ app: 'good, slowly', 'db/0006_slow.contract.sql': slow })
    while (!(await contracted()).includes('0006_slow.contract.sql')) await sleep(50)
    await t.ask('POST', `/api/runs/${id}/cancel`, { reason: 'too slow' })
    expect(statesOf(await t.ended(id))).toMatchObject({ 'production/contract': 'cancelled' })
    expect(await contracted()).toEqual(['0005_name.contract.sql'])
  })

  it('has everything in an environment of a person, in the order of the numbers', async () => {
    const body = { candidate: second.candidate, settings: 'live', name: 'mine' }
    const response = await t.threeways.app.request('/api/environments', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' },
    })
    expect(await response.text()).toContain('0005_name.contract.sql (contract) applied')
    const history = await t.threeways.workshop.provider.databases!.history('shop/mine', 'db')
    expect(history).toHaveLength(5)
    await t.threeways.workshop.provider.destroy('shop/mine')
  })
})
