import type { Migration } from 'kysely'
import { systemClock, type Clock } from '../../kernel/clock.ts'
import type { Catalogue } from '../catalogue.ts'
import type { Projection } from '../projection.ts'
import { adoptProjections, migrate } from './adopt.ts'
import { writerOf } from './append.ts'
import { checkServer, configOf, ensureDatabase, kyselyOf, poolOf, translated, type Database } from './connection.ts'
import { LedgerStore } from './store.ts'
import { tableOf } from './table.ts'

export type OpenOptions = {
  readonly database: Database
  /** All of them: a projection that is not given is dropped from the database. */
  readonly projections: readonly Projection[]
  /** Tables of capabilities, run after the ledger's own. Names are unique and start with a letter: `pipeline-1`. */
  readonly migrations?: Readonly<Record<string, Migration>>
  readonly catalogue: Catalogue
  readonly clock?: Clock
  /** Told what takes time. */
  readonly watch?: (message: string) => void
}

/**
 * Opens the ledger in this database, and prepares a database that holds none.
 *
 * @throws ThreewaysError `LEDGER_UNAVAILABLE`, `LEDGER_TOO_NEW`, `DATABASE_UNSUITABLE`, `DATABASE_URL_INVALID`,
 * `MIGRATION_FAILED`, `REBUILD_FAILED`
 */
export async function openLedger(options: OpenOptions): Promise<LedgerStore> {
  const { database, projections, catalogue, clock = systemClock, migrations = {}, watch = () => {} } = options
  const writer = writerOf(projections.map(tableOf))
  const config = configOf(database)
  const pool = poolOf(config, 12)
  try {
    if ('cluster' in database) await ensureDatabase(database.cluster, database.name ?? 'threeways')
    await checkServer(pool)
    await migrate(kyselyOf(pool), migrations)
    await adoptProjections(pool, writer, watch)
  } catch (error) {
    await pool.end()
    throw translated(error)
  }
  return new LedgerStore({ config, pool, writer, catalogue, clock })
}
