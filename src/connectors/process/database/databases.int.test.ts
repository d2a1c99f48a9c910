import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOfTree } from '../../../flow/candidate/tree.ts'
import { fixtureIn } from '../../../flow/environment/fixture.ts'
import type { EnvironmentProvider } from '../../../flow/environment/provider.port.ts'
import type { DatabaseSession, Migrating, Migration } from '../../../flow/migration/migrations.port.ts'
import { sha256 } from '../../../kernel/digest.ts'
import { backupsKept } from './backups.ts'
import { makeHome, type TestHome } from '../testing.ts'

let home: TestHome
let provider: EnvironmentProvider
let migrating: Migrating
beforeAll(async () => {
  home = await makeHome(digestOfTree)
  const fixture = fixtureIn(path.join(home.folder, 'candidates'))
  const parts = { resources: { db: { type: 'postgres', seed: 'seed.sql' } } } as const
  const desired = await fixture.candidate('1', parts, { 'seed.sql': `create table part (id int); insert into part values (1), (1)` })
  migrating = { environment: 'shop/live', desired, resource: 'db' }
  provider = home.provider()
})
afterAll(() => home.dispose())

const about = { candidate: 'sha256:1', run: 'run-1', backup: null }
const file = (name: string, sql: string, more: Partial<Migration> = {}): Migration => ({
  name,
  kind: 'expand',
  checksum: sha256(sql),
  sql,
  ...more,
})
const told: string[] = []
const change = <T>(work: (session: DatabaseSession) => Promise<T>, signal?: AbortSignal) =>
  provider.databases!.change(migrating, ({ message }) => told.push(message), signal, work)

const liveDatabases = `select datname from pg_database where datname like 'env_%' and datname not like '%~%'`

async function connected(to?: string): Promise<Client> {
  const name = to ?? (await adminQuery<{ datname: string }>(liveDatabases))[0]!.datname
  const client = new Client((await home.options.cluster()).connection(name))
  client.on('error', () => {})
  await client.connect()
  return client
}

async function adminQuery<T extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly T[]> {
  const admin = new Client((await home.options.cluster()).connection('postgres'))
  await admin.connect()
  try {
    return (await admin.query<T>(sql, [...values])).rows
  } finally {
    await admin.end()
  }
}

/** How often the database was not there, over many looks while something is done. */
async function whileLooking<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly missing: number }> {
  const looker = await connected('postgres')
  let isOver = false
  const done = work().finally(() => (isOver = true))
  let missing = 0
  while (!isOver) if ((await looker.query(liveDatabases)).rowCount === 0) missing++
  await looker.end()
  return { result: await done, missing }
}

const names = async () => (await provider.databases!.history('shop/live', 'db'))?.map(({ name }) => name)
const isRunning = (what: string) => async () =>
  (
    await adminQuery(`select from pg_stat_activity where query like $1 and application_name = 'threeways migration' and state = 'active'`, [
      what,
    ])
  ).length > 0

describe('a database of an environment', () => {
  it('is made with its seed, and says that it is new only once', async () => {
    expect(await provider.databases!.history('shop/live', 'db')).toBeUndefined()
    expect(await change(async ({ isNew }) => isNew)).toBe(true)
    expect(await change(async ({ isNew }) => isNew)).toBe(false)
  })

  it('is changed by a file wholly or not at all, and the file is named at the line that failed', async () => {
    const half = file('0001_half.sql', 'alter table part add column a int;\n\nalter table part add column id int;')
    await expect(change((session) => session.apply(half, about))).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('column "id" of relation "part" already exists'),
    })
    await change((session) => session.apply(file('0001_parts.sql', 'alter table part add column a int'), about))
    expect(await names()).toEqual(['0001_parts.sql'])
  })

  it('is changed by one at a time', async () => {
    const order: string[] = []
    const as = (one: EnvironmentProvider, name: string) =>
      one.databases!.change(
        migrating,
        () => {},
        undefined,
        async (session) => {
          order.push(`${name} begins`)
          await session.history()
          order.push(`${name} ends`)
        },
      )
    // Of two processes: they share no memory, only the database.
    await Promise.all([as(provider, 'a'), as(home.provider(), 'b')])
    expect(order.map((line) => line.split(' ')[1])).toEqual(['begins', 'ends', 'begins', 'ends'])
  })

  it('lets others through that hold a lock, and tries again', async () => {
    const user = await connected()
    await user.query('begin')
    await user.query('select * from part')
    const done = change((session) => session.apply(file('0002_b.sql', 'alter table part add column b int'), about))
    await expect.poll(() => told.some((line) => line.includes('lets them through')), { timeout: 10_000 }).toBe(true)
    await user.query('commit')
    await done
    await user.end()
    expect(await names()).toEqual(['0001_parts.sql', '0002_b.sql'])
  })

  it('has an index made again that an interruption left unusable', async () => {
    const sql = 'create unique index concurrently if not exists part_id on part (id)'
    const index = file('0003_index.sql', sql, { concurrently: { index: 'part_id' } })
    // Both rows hold 1.
    await expect(change((session) => session.apply(index, about))).rejects.toMatchObject({ code: 'MIGRATION_FAILED' })
    const user = await connected()
    await user.query('delete from part')
    await change((session) => session.apply(index, about))
    const { rows } = await user.query(`select indisvalid from pg_index where indexrelid = 'part_id'::regclass`)
    await user.end()
    expect(rows).toEqual([{ indisvalid: true }])
  })

  it('is copied while others are connected to it, and keeps the last copies', async () => {
    const user = await connected()
    await user.query('insert into part values (7)')
    // Of a restore that a kill left half done.
    await adminQuery(`create database "${(await adminQuery<{ datname: string }>(liveDatabases))[0]!.datname}~restoring"`)
    for (let number = 0; number <= backupsKept; number++) await change((session) => session.backup(`change ${number}`))
    expect(await adminQuery(`select from pg_database where datname like '%~restoring'`)).toEqual([])
    const backups = await provider.databases!.backups('shop/live')
    expect(backups.map(({ before }) => before)).toEqual(['change 3', 'change 2', 'change 1'])
    await user.end().catch(() => {})
    const again = await connected()
    await again.query('delete from part')
    await again.end()
    const watched = await whileLooking(() => provider.databases!.restore('shop/live', backups[0]!.id))
    const { replaced } = watched.result
    // A server that is killed then would leave the service without a database.
    expect(watched.missing).toBe(0)
    const after = await connected()
    expect((await after.query('select id from part')).rows).toEqual([{ id: 7 }])
    await after.end()
    // Whoever owns one may drop it: the service, or whoever has taken it over, does not.
    const owned = `select datname from pg_database where datname like '%~%' and pg_get_userbyid(datdba) like 'env_%'`
    expect(await adminQuery(owned)).toEqual([])
    expect((await provider.databases!.backups('shop/live'))[0]).toMatchObject({ id: replaced, before: `restoring ${backups[0]!.id}` })
  })

  it('is let go when whoever migrates is told to stop', async () => {
    const stop = new AbortController()
    const slow = file('0004_slow.sql', 'alter table part add column c int; select pg_sleep(60) /* stop */')
    const done = change((session) => session.apply(slow, about), stop.signal)
    done.catch(() => {})
    await expect.poll(isRunning('%/* stop */%')).toBe(true)
    stop.abort()
    await expect(done).rejects.toThrow('aborted')
    expect(await names()).toEqual(['0001_parts.sql', '0002_b.sql', '0003_index.sql'])
  })

  it('survives kill -9 of whoever migrates it: what had ended is there, what was under way is not, and the next goes on', async () => {
    const quick = file('0005_quick.sql', 'alter table part add column d int')
    const slow = file('0006_slow.sql', 'alter table part add column e int; select pg_sleep(60) /* kill */')
    await provider.close('leave')
    const database = path.join(home.home, 'resources', 'pg')
    const asked = JSON.stringify({ home: home.home, homeId: home.homeId, database, migrating, migrations: [quick, slow] })
    const server = spawn(process.execPath, [path.join(import.meta.dirname, 'migration-to-kill.ts'), asked], { stdio: 'inherit' })
    await expect.poll(isRunning('%/* kill */%'), { timeout: 15_000 }).toBe(true)
    server.kill('SIGKILL')
    await once(server, 'exit')
    provider = home.provider()
    await change(async (session) => {
      expect((await session.history()).map(({ name }) => name).at(-1)).toBe('0005_quick.sql')
      await session.apply(file('0006_slow.sql', 'alter table part add column e int'), about)
    })
    expect((await names())!.at(-1)).toBe('0006_slow.sql')
  })

  it('is seen as it is as soon as a change is over, so that nobody takes the change for drift', async () => {
    const schema = async () => (await provider.drift!.facts('shop/live'))!.resources![0]!.schema
    const before = await schema()
    await change((session) => session.apply(file('0007_seen.sql', 'alter table part add column f int'), about))
    expect(await schema()).not.toBe(before)
  })

  it('goes with its environment, and its copies as well', async () => {
    await provider.destroy('shop/live')
    expect(await home.leftovers('shop/live')).toEqual([])
    expect(await adminQuery(`select datname from pg_database where datname like '%~%'`)).toEqual([])
  })
})
