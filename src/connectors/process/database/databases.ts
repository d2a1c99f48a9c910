import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { hasCode, messageOf, notFound, refused, unavailable } from '../../../kernel/errors.ts'
import type { Cluster } from '../../../kernel/postgres/cluster.ts'
import type { EnvironmentId } from '../../../flow/environment/provider.port.ts'
import type { AppliedMigration, Connection, DatabaseProvider, DatabaseSession, Migration } from '../../../flow/migration/migrations.port.ts'
import { listBackups, makeBackup, restoreBackup } from './backups.ts'
import { createResource } from '../converge.ts'
import type { Environment, Watch } from '../environment.ts'
import { withClient } from './postgres-resource.ts'
import type { EnvironmentState, ResourceState } from '../state.ts'

/** Whoever waits longer for a lock keeps everybody else from the table: it gives up, lets them through and tries again. */
const lockTimeoutMs = 2_000
const lockTries = 8
const lockPauseMs = 1_000
const ownName = 'threeways migration'

export type DatabasesOptions = {
  readonly cluster: () => Promise<Cluster>
  readonly read: (id: EnvironmentId) => Promise<EnvironmentState | undefined>
  readonly change: (
    id: EnvironmentId,
    watch: Watch | undefined,
    signal: AbortSignal | undefined,
    work: (environment: Environment, signal: AbortSignal) => Promise<void>,
  ) => Promise<void>
}

/** Migrations and backups of the databases of environments. What should run is decided by whoever asks. */
export function processDatabases({ cluster, read, change }: DatabasesOptions): DatabaseProvider {
  const credentials = async (state: ResourceState) => {
    const server = await cluster()
    return { host: '127.0.0.1', port: server.tcpPort!, user: state.role, password: state.password, database: state.database }
  }

  return {
    async change({ environment: id, desired, resource: name }, watch, signal, work) {
      let result: { readonly value: Awaited<ReturnType<typeof work>> } | undefined
      await change(id, watch, signal, async (environment, either) => {
        const { resource, isNew } = await createResource(environment, desired, name)
        const server = await cluster()
        await alone(server, resource.database, either, async () => {
          const session = openSession({
            server,
            environment,
            name,
            resource,
            isNew,
            signal: either,
            credentials: await credentials(resource),
          })
          try {
            result = { value: await work(session) }
          } finally {
            await session.close()
          }
        })
      })
      return result!.value
    },

    async history(id, name) {
      const resource = (await read(id))?.resources[name]
      if (!resource?.ready) return undefined
      return withClient(await credentials(resource), readHistory).catch((error: unknown) => {
        // It is gone: nothing is known of it.
        if (hasCode(error, '3D000')) return undefined
        throw error
      })
    },

    async backups(id) {
      return (await read(id)) === undefined ? [] : listBackups(await cluster(), id)
    },

    async restore(id, backup) {
      if ((await read(id)) === undefined)
        throw notFound('BACKUP_NOT_FOUND', {
          message: `environment "${id}" has no databases`,
          help: 'list backups with `threeways env backups`',
        })
      let result: Awaited<ReturnType<typeof restoreBackup>> | undefined
      await change(id, undefined, undefined, async (environment, signal) => {
        const server = await cluster()
        const names = Object.values(environment.state.resources).map(({ database }) => database)
        const within = (index: number): Promise<void> =>
          index < names.length
            ? alone(server, names[index]!, signal, () => within(index + 1))
            : restoreBackup(server, id, (name) => environment.state.resources[name], backup).then((done) => void (result = done))
        await within(0)
      })
      return { ...result!.backup, replaced: result!.replaced }
    },
  }
}

/** One migrates at a time, also of several processes; what one that was killed has left running ends first. */
async function alone(server: Cluster, database: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  await withClient(server.connection('postgres'), async (admin) => {
    // Asked again and again, never waited for: a session that waits would keep CREATE INDEX CONCURRENTLY waiting.
    const ask = 'select pg_try_advisory_lock(7334, hashtext($1)) as mine'
    while (!(await admin.query<{ mine: boolean }>(ask, [database])).rows[0]!.mine) await sleep(100, undefined, { signal })
    const left = `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1 and application_name = $2`
    await admin.query(left, [database, ownName])
    await work()
  })
}

type SessionOptions = {
  readonly server: Cluster
  readonly environment: Environment
  readonly name: string
  readonly resource: ResourceState
  readonly isNew: boolean
  readonly signal: AbortSignal
  /** With no more rights than the service has. */
  readonly credentials: Connection
}

function openSession({ server, environment, name, resource, isNew, signal, credentials }: SessionOptions) {
  let open: Client | undefined
  const endIt = () => void open?.end().catch(() => {})
  const tell = (message: string) => environment.tell(`resource ${name}`, message)

  async function client(): Promise<Client> {
    if (open) return open
    signal.throwIfAborted()
    const made = new Client({ ...credentials, application_name: ownName })
    made.on('error', () => {}) // The query that is under way tells.
    await made.connect()
    // A statement of a client that was killed ends soon, and with it its locks.
    await made.query(`set client_connection_check_interval = '500ms'`)
    return (open = made)
  }

  async function close(): Promise<void> {
    await open?.end().catch(() => {})
    open = undefined
  }

  const session: DatabaseSession & { close(): Promise<void> } = {
    isNew,
    connection: credentials,
    close,
    history: async () => readHistory(await client()),
    async backup(before) {
      // The copy needs the database for itself.
      await close()
      const backup = await makeBackup(server, environment.state.environment, name, resource, before)
      tell(`backup ${backup.id}: ${backup.bytes} bytes${backup.closed > 0 ? `; ${backup.closed} connections were closed for it` : ''}`)
      return backup
    },
    async apply(migration, about) {
      const stop = () => void withClient(server.connection('postgres'), (admin) => endStatement(admin, credentials.database)).catch(endIt)
      signal.addEventListener('abort', stop, { once: true })
      try {
        const applied = await applyOne(await client(), migration, about, signal, tell)
        tell(`${migration.name} (${migration.kind}) applied in ${applied.ms} ms`)
        return applied
      } finally {
        signal.removeEventListener('abort', stop)
        // The next file meets a session of its own.
        await close()
      }
    },
    async remember(migration, { ms, ...about }) {
      const one = await client()
      await one.query(historySql)
      await remember(one, migration, about, ms)
      return (await readHistory(one)).find(({ name }) => name === migration.name)!
    },
  }
  return session
}

const endStatement = (admin: Client, database: string) =>
  admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = $2', [database, ownName])

const historySql = `
  create schema if not exists threeways;
  create table if not exists threeways.migration (
    name text primary key, kind text not null, checksum text not null, candidate text not null, run text not null, backup text,
    at timestamptz not null default clock_timestamp(), ms integer not null)`

async function readHistory(client: Client): Promise<readonly AppliedMigration[]> {
  const { rows } = await client.query<{ there: string | null }>(`select to_regclass('threeways.migration')::text as there`)
  if (rows[0]!.there === null) return []
  const all = await client.query<AppliedMigration & { at: Date }>(
    'select name, kind, checksum, candidate, run, backup, at, ms from threeways.migration order by at',
  )
  return all.rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }))
}

type About = Parameters<DatabaseSession['apply']>[1]

async function applyOne(
  client: Client,
  migration: Migration,
  about: About,
  signal: AbortSignal,
  tell: (message: string) => void,
): Promise<AppliedMigration> {
  const began = performance.now()
  await client.query(historySql)
  for (let tries = 1; ; tries++) {
    try {
      await (migration.concurrently
        ? buildIndex(client, migration, migration.concurrently.index)
        : inTransaction(client, migration, about, began))
      if (migration.concurrently) await remember(client, migration, about, msSince(began))
      return (await readHistory(client)).find(({ name }) => name === migration.name)!
    } catch (error) {
      await client.query('rollback').catch(() => {})
      signal.throwIfAborted()
      if (!hasCode(error, '55P03') || tries === lockTries) throw failed(migration, error)
      tell(`${migration.name}: somebody else uses what it changes; it lets them through and tries again`)
      await sleep(lockPauseMs * Math.random(), undefined, { signal })
    }
  }
}

async function inTransaction(client: Client, migration: Migration, about: About, began: number): Promise<void> {
  await client.query('begin')
  await client.query(`set local lock_timeout = ${lockTimeoutMs}`)
  await client.query(migration.sql)
  await remember(client, migration, about, msSince(began))
  await client.query('commit')
}

const msSince = (began: number) => Math.round(performance.now() - began)

async function remember(client: Client, { name, kind, checksum }: Migration, about: About, ms: number) {
  await client.query(
    'insert into threeways.migration (name, kind, checksum, candidate, run, backup, ms) values ($1, $2, $3, $4, $5, $6, $7)',
    [name, kind, checksum, about.candidate, about.run, about.backup, ms],
  )
}

/** An interruption leaves an index that is there and not used: it is made again. */
async function buildIndex(client: Client, { sql }: Migration, index: string): Promise<void> {
  const broken = `select i.indexrelid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relname = $1 and not i.indisvalid`
  for (const { name } of (await client.query<{ name: string }>(broken, [index])).rows)
    await client.query(`drop index concurrently if exists ${name}`)
  await client.query(`set lock_timeout = ${lockTimeoutMs}`)
  await client.query(sql)
}

function failed({ name, sql }: Migration, error: unknown) {
  if (!(error instanceof DatabaseError)) {
    return unavailable('MIGRATION_FAILED', {
      message: `"${name}" could not be applied: ${messageOf(error)}`,
      help: 'run the step again',
      cause: error,
    })
  }
  const position = error.position === undefined ? undefined : Number(error.position)
  const line = position === undefined ? '' : `:${[...sql].slice(0, position).join('').split('\n').length}`
  return refused('MIGRATION_FAILED', {
    message: `${name}${line}: ${messageOf(error)}${error.detail ? ` (${error.detail})` : ''}; nothing of this file was applied`,
    help: 'correct the file, which was applied nowhere where it fails, and deliver again',
    cause: error,
  })
}
