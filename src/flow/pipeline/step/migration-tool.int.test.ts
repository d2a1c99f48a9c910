import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../../server/testing.ts'
import type { RunView } from '../schemas.ts'

const definition = JSON.stringify({
  name: 'shop',
  services: {
    db: {
      provider: { type: 'threeways', options: { resource: 'postgres', migrations: { run: ['node', 'migrate.mjs'], files: 'schema' } } },
    },
    web: { 'x-run': { command: ['sleep', '600'], stop: { grace: '100ms' } }, depends_on: ['db'] },
  },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['migrate.mjs'] },
    environments: { live: {} },
    pipeline: { stages: [{ name: 'production', environment: 'live' }] },
  },
})

/** As such tools do: it knows by a table of its own what it has applied, each file by itself. */
const tool = `
import { readdirSync, readFileSync } from 'node:fs'
import pg from '${import.meta.resolve('pg')}'
const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
process.on('uncaughtException', (error) => (console.error(String(error)), process.exit(1)))
console.log('connected as', process.env.PGUSER, 'with', process.env.PGPASSWORD)
await client.query('create table if not exists done (name text primary key)')
for (const name of readdirSync('schema').sort()) {
  if ((await client.query('insert into done values ($1) on conflict do nothing', [name])).rowCount === 0) continue
  await client.query(readFileSync('schema/' + name, 'utf8'))
  console.log('applied', name)
}
await client.end()
`

describe('a database that a tool changes', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())

  async function deliver(files: Record<string, string>): Promise<RunView> {
    await t.author.write({ 'threeways.yaml': definition, 'migrate.mjs': tool, ...files })
    await t.author.commit('Change it')
    await t.ask('POST', '/api/streams/shop/start', { reason: 'it was meant to fail', falseStop: true })
    return t.ended((await t.deliver()).id)
  }
  const stepOf = (run: RunView, name: string) => run.steps.find((step) => step.name === name)
  const logOf = async (run: RunView, name: string) =>
    (
      await t.threeways.app.request(`/api/runs/${run.id}/log?step=${encodeURIComponent(name)}`, {
        headers: { authorization: `Bearer ${t.threeways.adminToken}` },
      })
    ).text()
  const backups = () => t.threeways.workshop.provider.databases!.backups('shop/live')
  const history = async () => (await t.threeways.workshop.provider.databases!.history('shop/live', 'db'))!.map(({ name }) => name)

  async function rows(text: string): Promise<readonly object[]> {
    const { variables } = await t.threeways.workshop.provider.observe('shop/live')
    const client = new Client({ connectionString: variables['DB_URL'] })
    await client.connect()
    try {
      return (await client.query<object>(text)).rows
    } finally {
      await client.end()
    }
  }

  it('is changed before the candidate runs, and its password is in no log', async () => {
    const run = await deliver({ 'schema/1.sql': "create table part (name text); insert into part values ('bolt')" })
    expect(run.state).toBe('succeeded')
    expect(stepOf(run, 'production/migrate')?.message).toBe('1 file applied')
    expect(await rows('select name from part')).toEqual([{ name: 'bolt' }])
    const log = await logOf(run, 'production/migrate')
    expect(log).toContain('applied 1.sql')
    expect(log).toContain('***db-password***')
    expect(await history()).toEqual([expect.stringMatching(/^schema@[0-9a-f]{12}$/)])
    expect(await backups()).toEqual([])
  })

  it('is left alone while the files are the same', async () => {
    expect(stepOf(await deliver({ note: 'something else' }), 'production/migrate')?.message).toBe('nothing to do')
    expect(await backups()).toEqual([])
  })

  it('is copied before, keeps what a failing tool did, and the tool is run again', async () => {
    const run = await deliver({ 'schema/2.sql': 'alter table part add column price int', 'schema/3.sql': 'alter table nowhere add x int' })
    expect(stepOf(run, 'production/migrate')).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/"node migrate.mjs" ended with exit code 1: .*nowhere.*stays/),
    })
    expect(await backups()).toMatchObject([{ before: expect.stringContaining('schema@') }])
    expect(await rows('select name from done order by name')).toHaveLength(3)
    await rows("delete from done where name = '3.sql'")
    const mended = await deliver({ 'schema/3.sql': "insert into part values ('nut', 2)" })
    expect(mended.state).toBe('succeeded')
    expect(await rows('select price from part')).toEqual([{ price: null }, { price: 2 }])
  })

  it('is changed so in an environment of a person as well', async () => {
    const { candidate } = await deliver({ note: 'again' })
    const response = await t.threeways.app.request('/api/environments', {
      method: 'POST',
      body: JSON.stringify({ candidate, settings: 'live', name: 'mine' }),
      headers: { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' },
    })
    const told = await response.text()
    expect(told).toContain('applied 3.sql')
    expect(told).toContain('***db-password***')
    await t.threeways.workshop.provider.destroy('shop/mine')
  })
})
