import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, statesOf, type TestThreeways } from '../../../server/testing.ts'
import type { RunView } from '../schemas.ts'

const definition = (smoke: readonly string[] = ['reads']) =>
  JSON.stringify({
    name: 'shop',
    services: {
      db: { provider: { type: 'threeways', options: { resource: 'postgres', migrations: 'db' } } },
      web: { 'x-run': { command: ['sleep', '600'], stop: { grace: '100ms' } }, depends_on: ['db'] },
    },
    'x-threeways': {
      version: 1,
      artifact: { build: ['cp reads.mjs built.mjs'], pack: ['app'] },
      environments: { live: {} },
      checks: { reads: { run: ['node', 'reads.mjs'], in: 'environment', idempotent: true } },
      pipeline: { stages: [{ name: 'production', environment: 'live', smoke }] },
    },
  })

/** As a candidate's code would: these columns are what it knows. */
const reading = (columns: string) => `
import pg from '${import.meta.resolve('pg')}'
import '../built.mjs'
const client = new pg.Client({ connectionString: process.env.DB_URL })
await client.connect()
try { await client.query('select ${columns} from part') }
catch (error) { console.error('Error: ' + error.message); process.exitCode = 1 }
await client.end()
`

describe('the candidate one would go back to', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())

  async function deliver(columns: string, files: Record<string, string>, message = 'Change it'): Promise<RunView> {
    const all = {
      'threeways.yaml': definition(),
      app: columns,
      'reads.mjs': reading(columns).replace("import '../built.mjs'\n", ''),
      ...files,
    }
    await t.author.write(all)
    await t.author.commit(message)
    return t.ended((await t.deliver()).id)
  }
  const start = () => t.ask('POST', '/api/streams/shop/start', { reason: 'it was meant to fail', falseStop: true })
  const proof = (run: RunView) => run.steps.find(({ name }) => name === 'production/prove')
  const traffic = async () => (await t.threeways.workshop.provider.observe('shop/live')).traffic

  it('is not tried where there is none, nor where nothing was added', async () => {
    const first = await deliver('name', { 'db/0001_part.sql': 'create table part (name text);' })
    expect(proof(first)?.message).toBe('nothing was tried: there is nothing to go back to')
    const second = await deliver('name', { note: 'something else' })
    expect(proof(second)?.message).toMatch(/^nothing was tried: \w{8} knows all that was applied$/)
  })

  it('is tried with what was added, by its own checks and not by those of the one that comes', async () => {
    const run = await deliver('name, title', { 'db/0002_title.sql': 'alter table part add column title text;' })
    expect(statesOf(run)).toMatchObject({ 'production/prove': 'succeeded', 'production/smoke/reads': 'succeeded' })
    expect(proof(run)?.message).toMatch(/^\w{8} works with 0002_title.sql: reads$/)
  })

  it('keeps the next one out when it could not be gone back to, while it still serves', async () => {
    const before = await traffic()
    const sql = '-- threeways:allow drop: nobody reads it\nalter table part drop column name;'
    const run = await deliver('title', { 'db/0003_name.sql': sql, 'db/0004_rest.contract.sql': 'select 1 where false;' })
    expect(proof(run)).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(
        /^reads of \w{8}, which serves, fails since 0003_name.sql was applied: it could not be gone back to\n.*"name" does not exist/,
      ),
    })
    expect(statesOf(run)).toMatchObject({ 'production/deploy': 'skipped', 'production/contract': 'skipped' })
    expect(await traffic()).toBe(before)
  })

  it('keeps nobody out who fixes what was found', async () => {
    const run = await deliver('title', { note: 'forward' }, 'Go on without it\n\nFixes-stop: all')
    expect(proof(run)?.message ?? run).toBe('nothing was tried: it fixes a stop of the line')
    await start()
  })

  it('says so when it has no check of its environment', async () => {
    await deliver('title', { 'threeways.yaml': definition([]) })
    const run = await deliver('title', { 'db/0005_price.sql': 'alter table part add column price int;' })
    expect(proof(run)?.message).toMatch(/^nothing was tried: nothing says that \w{8} works with 0005_price.sql/)
  })
})
