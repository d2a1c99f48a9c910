import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Client, DatabaseError, escapeIdentifier, escapeLiteral, type ClientConfig } from 'pg'
import { sha256 } from '../../../kernel/digest.ts'
import { hasCode, internal, invalid, messageOf } from '../../../kernel/errors.ts'
import type { Cluster } from '../../../kernel/postgres/cluster.ts'
import type { EnvironmentId } from '../../../flow/environment/provider.port.ts'
import { variableName } from '../variables.ts'
import type { ResourceState } from '../state.ts'

/** Two deployments with pools of ten beside each other, and room for the checks. */
export const connectionsMax = 30
/** Databases that new ones are copied from; older ones are made again when they are needed again. */
const templatesMax = 8

/** A seed file as read: what a new database holds. */
export type Seed = { readonly file: string; readonly sql: string }

/**
 * @param folder - of the repository's files
 * @throws ThreewaysError `SEED_MISSING`
 */
export async function readSeed(folder: string, file: string): Promise<Seed> {
  const absolute = path.resolve(folder, file)
  const help = `name a file of the repository, and add it to what x-threeways/artifact packs`
  if (!absolute.startsWith(path.resolve(folder) + path.sep)) {
    throw invalid('SEED_MISSING', { message: `seed "${file}" lies outside the repository`, help })
  }
  try {
    return { file, sql: await readFile(absolute, 'utf8') }
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT') && !hasCode(cause, 'EISDIR')) throw cause
    throw invalid('SEED_MISSING', { message: `seed "${file}" is not a file in ${folder}`, help, cause })
  }
}

/** A role and a database per environment and resource, in a cluster all environments of a home share. */
export function postgresResource(cluster: () => Promise<Cluster>) {
  return {
    /** Names and a password, nothing made yet. */
    describe(environment: EnvironmentId, resource: string): ResourceState {
      const database = `${prefixOf(environment)}${identifier(resource)}`
      return { type: 'postgres', database, role: database, password: randomBytes(24).toString('base64url'), ready: false }
    },

    /**
     * Makes role and database, seeded. Safe to repeat after any interruption; a database that is complete keeps its data,
     * also when nothing else remembers it.
     * @returns whether it was made
     * @throws ThreewaysError `SEED_FAILED`
     */
    async create(state: ResourceState, about: string, seed: Seed | undefined): Promise<boolean> {
      const server = await cluster()
      return withClient(server.connection('postgres'), async (admin) => {
        await keepOthersOut(admin)
        await giveRole(admin, state)
        if (await isComplete(admin, state.database)) return false
        const template = seed ? await templateFor(server, admin, seed) : undefined
        await admin.query(`drop database if exists ${quoted(state.database)} with (force)`)
        const from = template ? ` template ${quoted(template.database)}` : ''
        await admin.query(`create database ${quoted(state.database)}${from} owner ${quoted(state.role)}`)
        await admin.query(`revoke connect, temporary on database ${quoted(state.database)} from public`)
        if (template) {
          const inside = server.connection(state.database)
          await withClient(inside, (client) => client.query(`reassign owned by ${quoted(template.owner)} to ${quoted(state.role)}`))
        }
        // Last: a database without this comment is half made.
        await admin.query(`comment on database ${quoted(state.database)} is ${literal(`${completeMark} ${about}`)}`)
        return true
      })
    },

    /** What dependants of `resource` get. */
    async addresses(resource: string, state: ResourceState): Promise<Readonly<Record<string, string>>> {
      const { tcpPort } = await cluster()
      if (tcpPort === undefined)
        throw internal('CLUSTER_WITHOUT_TCP', { message: 'the database server for environments does not listen on TCP' })
      const { role, password, database } = state
      const parts = { HOST: '127.0.0.1', PORT: String(tcpPort), USER: role, PASSWORD: password, NAME: database }
      const all = { URL: `postgres://${role}:${password}@127.0.0.1:${tcpPort}/${database}`, ...parts }
      return Object.fromEntries(Object.entries(all).map(([what, value]) => [variableName(resource, what), value]))
    },

    /** Drops every database and role of an environment, also those no state remembers. */
    async drop(environment: EnvironmentId): Promise<void> {
      const server = await cluster()
      await withClient(server.connection('postgres'), async (admin) => {
        const own = [prefixOf(environment)]
        const databases = await admin.query<{ name: string }>('select datname as name from pg_database where starts_with(datname, $1)', own)
        for (const { name } of databases.rows) await admin.query(`drop database if exists ${quoted(name)} with (force)`)
        const roles = await admin.query<{ name: string }>('select rolname as name from pg_roles where starts_with(rolname, $1)', own)
        for (const { name } of roles.rows) await admin.query(`drop role if exists ${quoted(name)}`)
      })
    },
  }
}

export type PostgresResource = ReturnType<typeof postgresResource>

/** Begins the comment of a database that is whole. */
export const completeMark = 'threeways:'

/** An environment's role can connect to its own database and to no other. */
async function keepOthersOut(admin: Client): Promise<void> {
  const open = `select bool_or(has_database_privilege('public', datname, 'connect')) as open from pg_database where datname in ('postgres', 'template1')`
  if (!(await admin.query<{ open: boolean }>(open)).rows[0]!.open) return
  await alone(admin, () => admin.query('revoke connect on database postgres, template1 from public'))
}

/** One at a time, also with other processes; the lock ends with the session. */
async function alone<T>(admin: Client, work: () => Promise<T>): Promise<T> {
  await admin.query('select pg_advisory_lock(7333, 1)')
  try {
    return await work()
  } finally {
    await admin.query('select pg_advisory_unlock(7333, 1)')
  }
}

async function giveRole(admin: Client, state: ResourceState): Promise<void> {
  const found = await admin.query('select from pg_roles where rolname = $1', [state.role])
  const rights = `login password ${literal(state.password)} nosuperuser nocreatedb nocreaterole connection limit ${connectionsMax}`
  await admin.query(`${found.rowCount === 0 ? 'create' : 'alter'} role ${quoted(state.role)} ${rights}`)
}

async function isComplete(admin: Client, database: string): Promise<boolean> {
  return (await commentOn(admin, database))?.startsWith(completeMark) === true
}

/** Undefined: no such database. */
export async function commentOn(admin: Client, database: string): Promise<string | undefined> {
  const sql = `select coalesce(shobj_description(oid, 'pg_database'), '') as comment from pg_database where datname = $1`
  return (await admin.query<{ comment: string }>(sql, [database])).rows[0]?.comment
}

type Template = { readonly database: string; readonly owner: string }

/** A database that holds the seed, made once per content. Nobody can connect to it, so it can be copied at any time. */
async function templateFor(server: Cluster, admin: Client, seed: Seed): Promise<Template> {
  const database = `template_${sha256(seed.sql).slice('sha256:'.length, 'sha256:'.length + 16)}`
  const template = { database, owner: `${database}_owner` }
  await alone(admin, async () => {
    if (await isComplete(admin, database)) return
    await makeTemplate(server, admin, template, seed)
    await dropOldTemplates(admin)
  })
  return template
}

async function makeTemplate(server: Cluster, admin: Client, template: Template, seed: Seed): Promise<void> {
  const { database, owner } = template
  const password = randomBytes(24).toString('base64url')
  await removeTemplate(admin, template)
  // The seed runs with no more rights than the service will have.
  await admin.query(`create role ${quoted(owner)} login password ${literal(password)}`)
  await admin.query(`create database ${quoted(database)} owner ${quoted(owner)}`)
  await admin.query(`revoke connect, temporary on database ${quoted(database)} from public`)
  const asOwner = { host: '127.0.0.1', port: server.tcpPort!, user: owner, password, database }
  await withClient(asOwner, (client) => client.query(seed.sql)).catch(async (error: unknown) => {
    await removeTemplate(admin, template)
    throw seedFailed(seed, error)
  })
  await admin.query(`alter role ${quoted(owner)} nologin password null`)
  await admin.query(`alter database ${quoted(database)} owner to current_user`)
  await admin.query(`alter database ${quoted(database)} with is_template true allow_connections false`)
  await admin.query(
    `comment on database ${quoted(database)} is ${literal(`${completeMark} ${new Date().toISOString()} seed ${seed.file}`)}`,
  )
}

async function removeTemplate(admin: Client, { database, owner }: Template): Promise<void> {
  await admin.query(`drop database if exists ${quoted(database)} with (force)`)
  await admin.query(`drop role if exists ${quoted(owner)}`)
}

async function dropOldTemplates(admin: Client): Promise<void> {
  const sql = `select datname as name from pg_database where starts_with(datname, 'template_') and datistemplate
    order by shobj_description(oid, 'pg_database') desc nulls last offset $1`
  const old = await admin.query<{ name: string }>(sql, [templatesMax])
  for (const { name } of old.rows) {
    await admin.query(`alter database ${quoted(name)} is_template false`)
    // One that is being copied right now cannot be dropped; the next round gets it.
    await admin.query(`drop database if exists ${quoted(name)}`).catch(() => {})
    await admin.query(`drop role if exists ${quoted(`${name}_owner`)}`).catch(() => {})
  }
}

function seedFailed(seed: Seed, error: unknown) {
  const position = error instanceof DatabaseError && error.position !== undefined ? Number(error.position) : undefined
  const line = position === undefined ? '' : ` line ${seed.sql.slice(0, position).split('\n').length}`
  return invalid('SEED_FAILED', {
    message: `seed "${seed.file}"${line}: ${messageOf(error)}`,
    help: "a seed is plain SQL, run once with the rights of the database's owner; psql commands (\\copy, \\i) and COPY from stdin do not work",
    cause: error,
  })
}

export async function withClient<T>(config: ClientConfig, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(config)
  client.on('error', () => {}) // The query that is under way tells.
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Of the environment alone, so that everything of it is found without its state. */
export function prefixOf(environment: EnvironmentId): string {
  return `env_${shortHash(environment)}_`
}

/** Readable where it can be, unique always; names of PostgreSQL end after 63 bytes. */
function identifier(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')
  return plain === name && plain.length <= 40 ? plain : `${plain.slice(0, 30)}_${shortHash(name)}`
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

export const quoted = escapeIdentifier
export const literal = escapeLiteral
