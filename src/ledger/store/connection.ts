import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import { Client, DatabaseError, Pool, types, type ClientConfig, type PoolClient } from 'pg'
import { internal, messageOf, refused, unavailable } from '../../kernel/errors.ts'
import { superuser, type Cluster } from '../../kernel/postgres/cluster.ts'
import type { Tables } from '../ledger.ts'
import { addressesOf } from './addresses.ts'
import { clientFor, NoAddress } from './route.ts'
import { makeTimelines } from './timelines.ts'

/**
 * A server of somebody's, or our own cluster (`name` is made when it does not exist). `note` is a file that remembers which copy of a
 * server was promoted last: one that was left behind is not written to, also after everything was started again.
 */
export type Database = { readonly url: string; readonly note?: string } | { readonly cluster: Cluster; readonly name?: string }

const int8 = 20
const numeric = 1700

/** Whole numbers and sums come back as numbers: ours stay below 2^53. */
const numbers: ClientConfig['types'] = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (oid === int8 || oid === numeric) && format !== 'binary'
      ? Number
      : (types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown)(oid, format),
} as ClientConfig['types'] & object

/** How to connect, and with what kind of client. */
export type Config = ClientConfig & { readonly Client?: typeof Client }

export function configOf(database: Database): Config {
  const common: ClientConfig = {
    types: numbers,
    application_name: 'threeways',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    // Acknowledged means on disk, whatever the server's default. Whoever hangs in a transaction loses the ledger's lock, and one
    // whose machine or network is gone loses it within seconds.
    options:
      '-c synchronous_commit=on -c timezone=UTC -c idle_in_transaction_session_timeout=60s ' +
      '-c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=2 -c tcp_user_timeout=3000',
  }
  if (!('url' in database)) return { ...common, ...database.cluster.connection(database.name ?? 'threeways') }
  const addresses = addressesOf(database.url)
  const config = { ...common, connectionString: addresses.url }
  return { ...config, Client: clientFor(addresses, config, makeTimelines(database.note)) }
}

export function poolOf(config: Config, max: number): Pool {
  const pool = new Pool({ ...config, max, idleTimeoutMillis: 30_000, allowExitOnIdle: false })
  // An idle connection the server closes is replaced when the next one is asked for.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Columns are camelCase in TypeScript and snake_case in the database; what is inside JSON stays as it is. */
const plugins = [new CamelCasePlugin({ maintainNestedObjectKeys: true })]

/** For reading. What goes wrong is said as the asker should hear it. */
export function kyselyOf(pool: Pool): Kysely<Tables> {
  const told = (error: unknown): never => {
    throw translated(error)
  }
  const telling = {
    async connect() {
      const client = await pool.connect().catch(told)
      const query = (sql: string, values: readonly unknown[]) => client.query(sql, [...values]).catch(told)
      return { query, release: () => client.release() }
    },
    end: () => pool.end(),
  }
  return new Kysely({ dialect: new PostgresDialect({ pool: telling as unknown as Pool }), plugins })
}

/** Kysely over one connection that is ours for the moment. */
export function kyselyOver(client: PoolClient): Kysely<Tables> {
  const borrowed = { query: client.query.bind(client), release: () => {} }
  const pool = { connect: async () => borrowed, end: async () => {} }
  return new Kysely({ dialect: new PostgresDialect({ pool: pool as unknown as Pool }), plugins })
}

/** Makes the database in our cluster when it is not there. Two at once are fine. */
export async function ensureDatabase(cluster: Cluster, name: string): Promise<void> {
  const client = new Client(cluster.connection(superuser))
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } catch (error) {
    const madeMeanwhile = error instanceof DatabaseError && (error.code === '42P04' || error.code === '23505')
    if (!madeMeanwhile) throw error
  } finally {
    await client.end()
  }
}

/** @throws ThreewaysError `DATABASE_UNSUITABLE` */
export async function checkServer(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ version: string; encoding: string; name: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding, current_database() as name`,
  )
  const [{ version, encoding, name }] = rows as [{ version: string; encoding: string; name: string }]
  const problem =
    Number(version) < 150_000
      ? `is PostgreSQL ${Math.floor(Number(version) / 10_000)}`
      : encoding === 'UTF8'
        ? undefined
        : `is encoded in ${encoding}`
  if (problem === undefined) return
  throw refused('DATABASE_UNSUITABLE', {
    message: `database "${name}" ${problem}`,
    help: 'use PostgreSQL 15 or later with a database encoded in UTF8',
  })
}

const retryable = new Set(['40001', '40P01'])

/** The database asks for another try: a deadlock or two transactions that cannot both be right. */
export const asksAgain = (error: unknown): boolean => error instanceof DatabaseError && retryable.has(error.code ?? '')

// Shutdown, crash, start-up, broken connection, no room or memory, ended session, not let in, no such database: of SQLSTATE.
// May only be read: a standby, or one that was demoted; another address may be the one to write to.
const gone = /^(57P0|08|53|25P03|28|3D000|25006)/
// The connection is fine, the server is not: it was told to give up, or its disk fails.
const passing = /^(57014|58)/
const systemGone = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EACCES',
])
const driverGone =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable|connection error|calling end on the pool|server closed|does not support SSL|certificate/i

/** True when the connection that met this error is of no more use. */
export function isGone(error: unknown): boolean {
  if (error instanceof DatabaseError) return gone.test(error.code ?? '')
  if (error instanceof NoAddress) return true
  if (!(error instanceof Error)) return false
  return systemGone.has((error as NodeJS.ErrnoException).code ?? '') || driverGone.test(error.message)
}

/** What the asker is told when the database fails; anything that is not about the database is handed on. */
export function translated(error: unknown): unknown {
  if (error instanceof DatabaseError && error.code === 'TW001') {
    return unavailable('LEDGER_CHANGED', {
      message: 'another version of threeways has changed the projections of this ledger',
      help: 'end this program and start the newer version',
      cause: error,
    })
  }
  if (error instanceof DatabaseError && error.code === '53100') {
    return unavailable('LEDGER_FULL', {
      message: `the ledger's disk is full: ${error.message}`,
      help: 'free some space; nothing was recorded',
      cause: error,
    })
  }
  if (error instanceof DatabaseError && error.code === '25006') {
    return unavailable('LEDGER_UNAVAILABLE', {
      message: `the ledger's database takes nothing now: ${error.message}`,
      help: 'give the address of the server that may be written to (several, with commas between them, are tried in turn); nothing was recorded',
      cause: error,
    })
  }
  if (isGone(error)) {
    return unavailable('LEDGER_UNAVAILABLE', {
      message: `the ledger's database cannot be reached: ${messageOf(error)}`,
      help: 'check that the database runs; asking again is safe, events are recorded once',
      cause: error,
    })
  }
  if (error instanceof DatabaseError && passing.test(error.code ?? '')) {
    return unavailable('LEDGER_UNAVAILABLE', {
      message: `the ledger's database takes nothing now: ${error.message}`,
      help: 'see its log; nothing was recorded',
      cause: error,
    })
  }
  if (error instanceof DatabaseError) {
    return internal('LEDGER_FAILED', {
      message: `the ledger's database refused: ${error.message} (${error.code ?? 'no code'})`,
      cause: error,
    })
  }
  return error
}
