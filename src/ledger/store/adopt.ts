import { Migrator, type Kysely, type Migration } from 'kysely'
import type { Pool } from 'pg'
import { hasCode, internal, messageOf, refused, ThreewaysError } from '../../kernel/errors.ts'
import type { Tables } from '../ledger.ts'
import type { Writer } from './append.ts'
import { ledgerMigrations } from './schema.ts'
import { swapIn, withShadow } from './shadow.ts'
import { engineVersion, handlersDigest, projectionSchema, quoted, shapeOf } from './table.ts'

/**
 * Runs the migrations that were not run yet, each in a transaction with its record. Two processes at once are fine.
 * @throws ThreewaysError `LEDGER_TOO_NEW`, `MIGRATION_FAILED`
 */
export async function migrate(db: Kysely<Tables>, own: Readonly<Record<string, Migration>>): Promise<void> {
  const migrations = { ...own, ...ledgerMigrations }
  const early = Object.keys(own).find((name) => !/^[a-z]/.test(name))
  if (early !== undefined)
    throw new Error(`the name of migration "${early}" does not start with a letter, so it would run before the ledger's`)
  const table = 'ledger_migration'
  await refuseNewer(db, table, migrations)
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
    allowUnorderedMigrations: true,
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return
  if (error instanceof ThreewaysError && error.kind === 'unavailable') throw error
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName
  const what = failed === undefined ? 'preparing the ledger' : `migration "${failed}"`
  const help = whatToDo(error)
  const description = { message: `${what} failed: ${messageOf(error)}`, cause: error }
  throw help === undefined ? internal('MIGRATION_FAILED', description) : refused('MIGRATION_FAILED', { ...description, help })
}

function whatToDo(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  if (hasCode(cause, '42501')) return 'let this role create tables: make it the owner of the database'
  if (hasCode(cause, '42P07') || hasCode(cause, '42723')) return 'something else lives in this database: give the ledger one of its own'
  return undefined
}

async function refuseNewer(db: Kysely<Tables>, table: string, migrations: object): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === table)) return
  const run = await db.withTables<Record<string, { name: string }>>().selectFrom(table).select('name').execute()
  const unknown = run.filter(({ name }) => !(name in migrations)).map(({ name }) => `"${name}"`)
  if (unknown.length > 0) throw tooNew(`it has had ${unknown.join(', ')}, which this version does not know`)
}

function tooNew(why: string) {
  return refused('LEDGER_TOO_NEW', {
    message: `this ledger was written by a newer version of threeways: ${why}`,
    help: 'use the newer version; nothing was changed',
  })
}

/** Brings the projections' tables to what `writer` defines: fresh ones are filled from the events, strange ones go. */
export async function adoptProjections(pool: Pool, writer: Writer, watch: (message: string) => void): Promise<void> {
  const head = (await pool.query<{ engine: number; projections: string }>('select engine, projections from ledger_head')).rows[0]!
  if (head.engine > engineVersion) throw tooNew(`its projections are of generation ${head.engine}, this version makes ${engineVersion}`)
  const standing = await pool.query<{ name: string; shape: string; handlers: string }>(
    'select name, shape, handlers from projection_definition',
  )
  const definitions = new Map(standing.rows.map((row) => [row.name, row]))
  const stale = writer.tables.filter((table) => {
    const known = definitions.get(table.projection.table)
    return known?.shape !== shapeOf(table) || known.handlers !== handlersDigest(table)
  })
  const names = new Set(writer.tables.map(({ projection }) => projection.table))
  const strange = [...definitions.keys()].filter((name) => !names.has(name))
  if (stale.length === 0 && strange.length === 0 && head.projections === writer.projections) return
  const progress = (read: number, of: number): void => {
    if (of > 0) watch(`reading events anew for ${stale.map(({ projection }) => projection.table).join(', ')}: ${read} of ${of}`)
  }
  await withShadow(pool, stale, progress, async (client) => {
    for (const name of strange) await client.query(`drop table if exists ${projectionSchema}.${quoted(name)}`)
    await swapIn(client, stale)
    await client.query('delete from projection_definition where name = any($1)', [
      [...strange, ...stale.map(({ projection }) => projection.table)],
    ])
    for (const table of stale) {
      const values = [table.projection.table, shapeOf(table), handlersDigest(table)]
      await client.query('insert into projection_definition (name, shape, handlers) values ($1, $2, $3)', values)
    }
    await client.query('update ledger_head set engine = $1, projections = $2', [engineVersion, writer.projections])
  })
}
