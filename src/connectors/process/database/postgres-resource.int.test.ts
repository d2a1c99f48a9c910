import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCluster, type Cluster } from '../../../kernel/postgres/cluster.ts'
import { postgresResource, readSeed, type PostgresResource, type Seed } from './postgres-resource.ts'
import type { ResourceState } from '../state.ts'

let folder: string
let cluster: Cluster
let postgres: PostgresResource
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'threeways-resource-'))
  const settings = { fsync: 'off', synchronous_commit: 'off' }
  cluster = await startCluster({ directory: path.join(folder, 'pg'), tcp: true, settings })
  postgres = postgresResource(async () => cluster)
})
afterAll(async () => {
  await cluster?.stop()
  await rm(folder, { recursive: true, force: true })
})

const seed: Seed = { file: 'seed.sql', sql: `create table part (name text); insert into part values ('bolt'), ('nut');` }

async function query(connection: string | ReturnType<Cluster['connection']>, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client(typeof connection === 'string' ? { connectionString: connection } : connection)
  try {
    await client.connect()
    return (await client.query(sql)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

async function make(environment: `${string}/${string}`, content: Seed | undefined): Promise<{ state: ResourceState; url: string }> {
  const state = postgres.describe(environment, 'db')
  await postgres.create(state, `${environment} db`, content)
  return { state, url: (await postgres.addresses('db', state))['DB_URL']! }
}

describe('a database of an environment', () => {
  it('holds its seed, and belongs to the role that uses it', async () => {
    const { url } = await make('shop/seeded', seed)
    expect(await query(url, 'select name from part order by name')).toEqual([{ name: 'bolt' }, { name: 'nut' }])
    await query(url, `alter table part add column price int; create table more (id int); drop table more`)
  })

  it('is out of reach for other environments, and its role can do no more than it needs', async () => {
    const [one, other] = [await make('shop/one', seed), await make('shop/other', undefined)]
    for (const database of [other.state.database, 'postgres', 'template1']) {
      const elsewhere = new URL(one.url)
      elsewhere.pathname = `/${database}`
      await expect(query(elsewhere.href, 'select 1')).rejects.toThrow('permission denied for database')
    }
    await expect(query(one.url, 'create database mine')).rejects.toThrow('permission denied')
    await expect(query(one.url, 'create role friend')).rejects.toThrow('permission denied')
    const wrong = new URL(one.url)
    wrong.password = 'guess'
    await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed')
  })

  it('keeps its data when it is asked for again, also when nobody remembers its password', async () => {
    const { url, state } = await make('shop/kept', seed)
    await query(url, `insert into part values ('screw')`)
    await postgres.create(state, 'shop/kept db', seed)
    expect(await query(url, 'select count(*)::int from part')).toEqual([{ count: 3 }])
    const again = await make('shop/kept', seed)
    expect(again.url).not.toBe(url)
    expect(await query(again.url, 'select count(*)::int from part')).toEqual([{ count: 3 }])
  })

  it('is made again when it was only half made', async () => {
    const { url, state } = await make('shop/half', seed)
    await query(url, 'drop table part')
    await query(cluster.connection('postgres'), `comment on database ${state.database} is null`)
    await postgres.create(state, 'shop/half db', seed)
    expect(await query(url, 'select count(*)::int from part')).toEqual([{ count: 2 }])
  })

  it('can be made for many environments at once, from one template', async () => {
    const own: Seed = { file: 'seed.sql', sql: `${seed.sql} -- at once` }
    const made = await Promise.all(Array.from({ length: 6 }, (_, n) => make(`shop/many-${n}`, own)))
    const counts = await Promise.all(made.map(({ url }) => query(url, 'select count(*)::int from part')))
    expect(counts.flat()).toEqual(made.map(() => ({ count: 2 })))
  })

  it('is gone with its role after the environment, as often as that is said', async () => {
    const { url, state } = await make('shop/gone', seed)
    const open = new Client({ connectionString: url })
    open.on('error', () => {})
    await open.connect()
    await postgres.drop('shop/gone')
    await postgres.drop('shop/gone')
    await open.end()
    const left = `select datname from pg_database where datname = '${state.database}' union select rolname from pg_roles where rolname = '${state.role}'`
    expect(await query(cluster.connection('postgres'), left)).toEqual([])
  })

  it('keeps no more templates than a few', async () => {
    for (let n = 0; n < 10; n++)
      await make('shop/changing', { file: 'seed.sql', sql: `create table t${n} ()` }).then(() => postgres.drop('shop/changing'))
    const templates = await query(cluster.connection('postgres'), `select datname from pg_database where starts_with(datname, 'template_')`)
    expect(templates.length).toBeLessThanOrEqual(8)
    const owners = await query(cluster.connection('postgres'), `select rolname from pg_roles where starts_with(rolname, 'template_')`)
    expect(owners.length).toBe(templates.length)
  })
})

describe('a seed', () => {
  it('that fails is told with its line, and leaves nothing half made', async () => {
    const bad: Seed = { file: 'db/seed.sql', sql: 'create table a (id int);\n\ninsert into b values (1);' }
    await expect(make('shop/bad', bad)).rejects.toMatchObject({
      code: 'SEED_FAILED',
      message: 'seed "db/seed.sql" line 3: relation "b" does not exist',
    })
    await expect(make('shop/bad', { ...bad, sql: `copy a from program 'id'` })).rejects.toMatchObject({ code: 'SEED_FAILED' })
    await make('shop/bad', seed)
  })

  it('is read from the repository’s folder, and from nowhere else', async () => {
    await writeFile(path.join(folder, 'seed.sql'), 'select 1')
    expect(await readSeed(folder, 'seed.sql')).toEqual({ file: 'seed.sql', sql: 'select 1' })
    await expect(readSeed(folder, 'none.sql')).rejects.toMatchObject({ code: 'SEED_MISSING' })
    await expect(readSeed(path.join(folder, 'inner'), '../seed.sql')).rejects.toMatchObject({ code: 'SEED_MISSING' })
  })
})
