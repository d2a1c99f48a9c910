import type { ClientBase, Pool, PoolClient } from 'pg'
import { internal, messageOf } from '../../kernel/errors.ts'
import type { CloudEvent } from '../event.ts'
import { toFact } from '../catalogue.ts'
import { asksAgain } from './connection.ts'
import { changesOf, fold, parametersOf, type Folded } from './fold.ts'
import { createIndexes, createTable, projectionSchema, quoted, upsert, type ProjectionTable } from './table.ts'

/** Where fresh tables are filled before they take the place of the old ones. A crash leaves it to the next one to remove. */
export const shadowSchema = 'projection_rebuild'

/** How far a rebuild is: events read, of how many. */
export type RebuildProgress = (read: number, of: number) => void

const pageSize = 10_000
// One at a time per database; any number would do.
const advisoryKey = 7_333_001

/**
 * Folds every event into fresh tables while appends go on, then calls `finish` behind the ledger's lock, in one transaction,
 * when the fresh tables are exactly what the events say up to this moment.
 */
export async function withShadow<T>(
  pool: Pool,
  tables: readonly ProjectionTable[],
  progress: RebuildProgress,
  finish: (client: ClientBase) => Promise<T>,
): Promise<T> {
  const [reader, writer] = [await pool.connect(), await pool.connect()]
  let failed = true
  try {
    await writer.query('select pg_advisory_lock($1)', [advisoryKey])
    await writer.query(`drop schema if exists ${shadowSchema} cascade`)
    await writer.query(`create schema ${shadowSchema}`)
    for (const table of tables) await writer.query(createTable(shadowSchema, table))
    const filled = await fill(reader, writer, tables, 0, await headOf(reader), progress)
    for (const table of tables) for (const index of createIndexes(shadowSchema, table)) await writer.query(index)
    const result = await finished(reader, writer, tables, filled, finish)
    await writer.query(`drop schema ${shadowSchema} cascade`)
    await writer.query('select pg_advisory_unlock($1)', [advisoryKey])
    failed = false
    return result
  } finally {
    reader.release(failed)
    writer.release(failed)
  }
}

async function finished<T>(
  reader: PoolClient,
  writer: PoolClient,
  tables: readonly ProjectionTable[],
  filled: number,
  finish: (client: ClientBase) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await writer.query('begin')
    try {
      const head = Number((await writer.query<{ seq: number }>('select seq from ledger_head for update')).rows[0]!.seq)
      await fill(reader, writer, tables, filled, head, () => {})
      const result = await finish(writer)
      await writer.query('commit')
      return result
    } catch (error) {
      await writer.query('rollback')
      // Somebody read a table and then asked for the lock, while we asked the other way round.
      if (!asksAgain(error) || attempt >= 10) throw error
    }
  }
}

async function headOf(client: ClientBase): Promise<number> {
  return Number((await client.query<{ seq: number }>('select seq from ledger_head')).rows[0]!.seq)
}

type Page = readonly { readonly seq: number; readonly body: string }[]

/** Folds events after `after` up to `head`. @returns `head` */
async function fill(
  reader: ClientBase,
  writer: ClientBase,
  tables: readonly ProjectionTable[],
  after: number,
  head: number,
  progress: RebuildProgress,
): Promise<number> {
  const types = [...new Set(tables.flatMap(({ handlers }) => [...handlers.keys()]))]
  // By ranges of seq, planned each time: a plan that goes by type instead would read all events for every page.
  const text = 'select seq, body from event where seq > $1 and seq <= $2 and type = any($3) order by seq'
  const pageAfter = async (seq: number): Promise<Page> =>
    seq >= head ? [] : (await reader.query<Page[number]>(text, [seq, Math.min(seq + pageSize, head), types])).rows
  let page = pageAfter(after)
  for (let seq = after; seq < head; seq += pageSize) {
    const events = await page
    // The next page is read while this one is folded.
    page = pageAfter(seq + pageSize)
    await Promise.all([page, foldPage(writer, tables, events)])
    progress(Math.min(seq + pageSize, head), head)
  }
  return head
}

async function foldPage(writer: ClientBase, tables: readonly ProjectionTable[], page: Page): Promise<void> {
  const folded = new Map<ProjectionTable, Folded>()
  for (const { seq, body } of page) {
    try {
      const fact = toFact(JSON.parse(body) as CloudEvent)
      fold(folded, fact, changesOf(tables, fact))
    } catch (cause) {
      throw internal('REBUILD_FAILED', { message: `event ${seq} cannot be projected: ${messageOf(cause)}`, cause })
    }
  }
  for (const [table, rows] of folded) {
    await writer.query({ name: `rebuild ${table.projection.table}`, text: upsert(shadowSchema, table), values: [...parametersOf(rows)] })
  }
}

/** Puts the fresh tables in the place of the old ones. */
export async function swapIn(client: ClientBase, tables: readonly ProjectionTable[]): Promise<void> {
  for (const { projection } of tables) {
    await client.query(`drop table if exists ${projectionSchema}.${quoted(projection.table)}`)
    await client.query(`alter table ${shadowSchema}.${quoted(projection.table)} set schema ${projectionSchema}`)
  }
}
