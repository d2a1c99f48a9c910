import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Tables } from './ledger.ts'
import type { Columns, Projection, Row } from './projection.ts'
import { projectionSchema } from './store/table.ts'

// oxlint-disable-next-line no-empty-object-type -- nothing is selected yet
type Nothing = {}

/**
 * Reads a projection: `rowsOf(ledger.db, holds).select('reason').where('stage', '=', stage)`. With a transaction's `tx.db` it
 * sees what the transaction appended; behind `tx.lock()` it stays true until commit. The table's alias is `row`.
 */
export function rowsOf<Key extends string, C extends Columns>(
  db: Kysely<Tables>,
  { table, key, columns }: Projection<Key, C>,
): SelectQueryBuilder<{ row: Row<Projection<Key, C>> }, 'row', Nothing> {
  const source = db.withTables<Record<string, Record<string, unknown>>>()
  // Only the declared columns: the table also keeps when each value was said.
  const declared = source.selectFrom(`${projectionSchema}.${table}`).select([...key, ...Object.keys(columns)])
  return source.selectFrom(declared.as('row')) as unknown as SelectQueryBuilder<{ row: Row<Projection<Key, C>> }, 'row', Nothing>
}
