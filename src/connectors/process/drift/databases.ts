import { createHash } from 'node:crypto'
import { Client } from 'pg'
import type { Digest } from '../../../kernel/digest.ts'
import type { Cluster } from '../../../kernel/postgres/cluster.ts'
import { makeTurns } from '../../../kernel/turns.ts'
import type { ResourceFacts } from '../../../flow/environment/drift/facts.port.ts'
import { expectedRights, rightsSql, type Rights } from './rights.ts'
import { schemaSql } from './schema-sql.ts'

type Found = { readonly name: string; readonly owner: string; readonly touched: string }
type Look = { readonly databases: ReadonlyMap<string, Found>; readonly roles: ReadonlyMap<string, Rights> }

const validMs = 1_500
/** Of the time, for schemas of databases in which somebody always writes. */
const readingShare = 0.1

type Known = { readonly touched: string; readonly digest: Digest; readonly readAt: number; readonly costMs: number }

/**
 * What the databases of environments are: looked at for all of them with two queries on one connection.
 * @param now - milliseconds of a clock that goes only forward
 */
export function databaseLook(cluster: () => Promise<Cluster>, now: () => number = () => performance.now()) {
  let admin: Client | undefined
  let latest: Promise<Look> | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  const schemas = new Map<string, Known>()
  const inTurn = makeTurns<string>()

  async function connected(): Promise<Client> {
    if (admin) return admin
    const client = new Client((await cluster()).connection('postgres'))
    const drop = () => {
      if (admin === client) admin = undefined
    }
    client.on('error', drop).on('end', drop)
    await client.connect()
    return (admin = client)
  }

  async function look(): Promise<Look> {
    const client = await connected()
    const databases = await client.query<Found>(databasesSql)
    const roles = await client.query<Rights>(rightsSql)
    return {
      databases: new Map(databases.rows.map((row) => [row.name, row])),
      roles: new Map(roles.rows.map((row) => [row.role, row])),
    }
  }

  /** All of them, read again and again, take their share of the time: with many, each is read more rarely. */
  function isDue({ readAt }: Known): boolean {
    const allMs = [...schemas.values()].reduce((sum, { costMs }) => sum + costMs, 0)
    return now() - readAt >= allMs / readingShare
  }

  /** Read anew only when something was written in the database; one after the other, and not all the time. */
  async function schemaOf(found: Found): Promise<Digest | undefined> {
    const known = schemas.get(found.name)
    if (known && (known.touched === found.touched || !isDue(known))) return known.digest
    return inTurn('schemas', () => readSchema(found))
  }

  async function readSchema(found: Found): Promise<Digest | undefined> {
    const began = now()
    const client = new Client((await cluster()).connection(found.name))
    client.on('error', () => {}) // The query that is under way tells.
    try {
      await client.connect()
      const lines = (await client.query<{ line: string }>(schemaSql)).rows.map(({ line }) => line).toSorted()
      const digest: Digest = `sha256:${createHash('sha256').update(lines.join('\n')).digest('hex')}`
      const readAt = now()
      schemas.set(found.name, { touched: found.touched, digest, readAt, costMs: readAt - began })
      return digest
    } catch {
      return undefined // Gone, or full of connections: another look tells.
    } finally {
      await client.end().catch(() => {})
    }
  }

  return {
    /** @throws errors of the connection: then nothing is known */
    async look(name: string, state: { readonly database: string; readonly role: string }): Promise<ResourceFacts> {
      if (now() - lookedAt >= validMs) {
        lookedAt = now()
        latest = look().then((found) => {
          for (const known of schemas.keys()) if (!found.databases.has(known)) schemas.delete(known)
          return found
        })
      }
      const { databases, roles } = await latest!
      const database = databases.get(state.database)
      if (!database) return { name, exists: false, role: undefined, schema: undefined }
      const role = { expected: expectedRights, observed: observedRights(roles.get(state.role), database.owner === state.role) }
      return { name, exists: true, role, schema: await schemaOf(database) }
    },
    /** Something was changed on purpose: what was seen before that says nothing any more. */
    forget(): void {
      lookedAt = Number.NEGATIVE_INFINITY
      for (const [name, known] of schemas) schemas.set(name, { ...known, readAt: Number.NEGATIVE_INFINITY })
    },
    async close(): Promise<void> {
      await admin?.end().catch(() => {})
      admin = undefined
    },
  }
}

function observedRights(rights: Rights | undefined, isOwner: boolean): string {
  if (!rights) return 'it is gone'
  return `${rights.rights}${isOwner ? ', owns the database' : ', does not own the database'}`
}

// Their counters are of all tables, the system's own included, so that no change of a schema passes by them.
const databasesSql = `
  select d.datname as name, pg_get_userbyid(d.datdba) as owner, concat_ws(' ', d.oid, s.tup_inserted, s.tup_updated, s.tup_deleted) as touched
  from pg_database d left join pg_stat_database s on s.datid = d.oid
  where starts_with(d.datname, 'env_')`
