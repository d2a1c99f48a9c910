import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Migration } from 'kysely'
import { Client } from 'pg'
import type { Clock } from '../kernel/clock.ts'
import { digestOf, shortDigest } from '../kernel/digest.ts'
import { hasCode } from '../kernel/errors.ts'
import { startCluster } from '../kernel/postgres/cluster.ts'
import { makeCatalogue, type Catalogue } from './catalogue.ts'
import type { AnyEventType } from './event.ts'
import type { Projection } from './projection.ts'
import { openLedger } from './store/open.ts'
import type { LedgerStore } from './store/store.ts'
import { handlersDigest, shapeOf, tableOf } from './store/table.ts'

export type TestLedgerOptions = {
  readonly projections?: readonly Projection[]
  readonly ownTypes?: readonly AnyEventType[]
  readonly migrations?: Readonly<Record<string, Migration>>
  readonly clock?: Clock
}

export type TestLedger = {
  readonly ledger: LedgerStore
  readonly catalogue: Catalogue
  /** Of its database, for a second process or a second opening. */
  readonly url: string
  /** Closes the ledger and drops its database. */
  close(): Promise<void>
}

/** Set by `test/global-setup.ts`: the folder in which the run's one cluster lives from its first use on. */
export const clusterFolderVariable = 'THREEWAYS_TEST_CLUSTER'

/**
 * A ledger in a fresh database of the test run's own server (or of TEST_DATABASE_URL's), copied from a template made at the
 * first call: some 30 ms.
 */
export async function openTestLedger(options: TestLedgerOptions = {}): Promise<TestLedger> {
  const { projections = [], ownTypes = [], migrations = {}, clock } = options
  const catalogue = makeCatalogue(ownTypes)
  const open = (url: string) => openLedger({ database: { url }, projections, migrations, catalogue, ...(clock ? { clock } : {}) })
  const server = await serverUrl()
  const template = `template_${shortDigest(digestOf([projections.map(tableOf).map((table) => [shapeOf(table), handlersDigest(table)]), codeOf(migrations)]))}`
  const name = `test_${randomBytes(8).toString('hex')}`
  await administered(server, async (client) => {
    await makeTemplate(client, template, async (draft) => (await open(databaseUrl(server, draft))).close())
    await client.query(`create database ${name} template ${template}`)
  })
  const url = databaseUrl(server, name)
  const ledger = await open(url)
  const close = async (): Promise<void> => {
    await ledger.close()
    await administered(server, (client) => dropDatabase(client, name))
  }
  return { ledger, catalogue, url, close }
}

/** A database without anything in it, for tests of the opening itself. */
export async function emptyTestDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const server = await serverUrl()
  const name = `test_${randomBytes(8).toString('hex')}`
  await administered(server, (client) => client.query(`create database ${name} template template0`))
  return {
    url: databaseUrl(server, name),
    drop: async () => void (await administered(server, (client) => dropDatabase(client, name))),
  }
}

/** Says one thing to the server about one of its databases. @param statement - from the database's name */
export async function inTestDatabase(url: string, statement: (name: string) => string): Promise<void> {
  await administered(await serverUrl(), (client) => client.query(statement(client.escapeIdentifier(new URL(url).pathname.slice(1)))))
}

/** Made beside and renamed, so that one that exists is whole; test processes take turns. */
async function makeTemplate(client: Client, template: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const exists = async () => ((await client.query('select 1 from pg_database where datname = $1', [template])).rowCount ?? 0) > 0
  if (await exists()) return
  await client.query('select pg_advisory_lock(7333002)')
  try {
    if (await exists()) return
    const draft = `draft_${randomBytes(8).toString('hex')}`
    await client.query(`create database ${draft} template template0`)
    await fill(draft)
    await client.query(`alter database ${draft} rename to ${template}`)
  } finally {
    await client.query('select pg_advisory_unlock(7333002)')
  }
}

const codeOf = (migrations: Readonly<Record<string, Migration>>) =>
  Object.entries(migrations).map(([name, { up }]) => [name, up.toString()])

let cluster: Promise<string> | undefined

/** Whether the tests are run on a server of somebody's, instead of the embedded one: then the product is, too. */
export const isExternal = (): boolean => Boolean(process.env['TEST_DATABASE_URL'])

async function serverUrl(): Promise<string> {
  if (isExternal()) return process.env['TEST_DATABASE_URL']!
  const folder = process.env[clusterFolderVariable]
  if (!folder) throw new Error(`neither TEST_DATABASE_URL nor ${clusterFolderVariable} is set: run the tests with vitest at the root`)
  cluster ??= testCluster(folder)
  return cluster
}

async function testCluster(folder: string): Promise<string> {
  // Nobody pulls the plug on a test: it need not wait for the disk.
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '300' }
  const server = await startCluster({ directory: path.join(folder, 'postgres'), settings })
  server.detach()
  const { host, port, user } = server.connection('postgres')
  return `postgresql://${user}@localhost:${port}/postgres?host=${encodeURIComponent(host)}`
}

/** A server's own cleaning (autovacuum) may be in it, which none but a superuser may end; it is soon gone. */
async function dropDatabase(client: Client, name: string): Promise<void> {
  for (let triesLeft = 50; ; triesLeft--) {
    try {
      await client.query(`drop database ${name} with (force)`)
      return
    } catch (error) {
      if (triesLeft === 0 || !hasCode(error, '42501')) throw error
      await sleep(100)
    }
  }
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function administered<T>(server: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
