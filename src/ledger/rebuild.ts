import type { ClientBase } from 'pg'
import type { LedgerStore } from './store/store.ts'
import { shadowSchema, swapIn, withShadow, type RebuildProgress } from './store/shadow.ts'
import { projectionSchema, quoted, type ProjectionTable } from './store/table.ts'
import { translated } from './store/connection.ts'

/** Where a projection differs from what the events say. */
export type Difference = {
  readonly projection: string
  /** Rows the events call for that do not stand so. */
  readonly missing: number
  /** Rows that stand so without an event that says it. */
  readonly unexpected: number
  /** Up to three of them, for people. */
  readonly examples: readonly string[]
}

/**
 * Reads every event anew into fresh tables and puts them in the place of the old ones. Appends go on meanwhile; the last
 * step holds them for a moment. Killed in the middle, it changes nothing.
 */
export async function rebuildProjections(ledger: LedgerStore, progress: RebuildProgress = () => {}): Promise<void> {
  const { tables } = ledger.writer
  await told(withShadow(ledger.pool, tables, progress, (client) => swapIn(client, tables)))
}

/** Compares every projection with what a rebuild makes of the events, at one moment of the ledger. Changes nothing. */
export async function verifyProjections(ledger: LedgerStore, progress: RebuildProgress = () => {}): Promise<readonly Difference[]> {
  const { tables } = ledger.writer
  const found = await told(
    withShadow(ledger.pool, tables, progress, async (client) => {
      const differences: Difference[] = []
      for (const table of tables) differences.push(await difference(client, table))
      return differences
    }),
  )
  return found.filter(({ missing, unexpected }) => missing + unexpected > 0)
}

async function difference(client: ClientBase, { projection: { table } }: ProjectionTable): Promise<Difference> {
  const [standing, called] = [`select * from ${projectionSchema}.${quoted(table)}`, `select * from ${shadowSchema}.${quoted(table)}`]
  const only = async (these: string, others: string) => {
    const { rows } = await client.query<{ count: number; examples: string[] | null }>(
      `with d as (${these} except ${others}) select (select count(*) from d) as count, array(select d::text from d limit 3) as examples`,
    )
    return { count: rows[0]!.count, examples: rows[0]!.examples ?? [] }
  }
  const [missing, unexpected] = [await only(called, standing), await only(standing, called)]
  const examples = [...missing.examples.map((row) => `missing ${row}`), ...unexpected.examples.map((row) => `unexpected ${row}`)]
  return { projection: table, missing: missing.count, unexpected: unexpected.count, examples: examples.slice(0, 3) }
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw translated(error)
  }
}
