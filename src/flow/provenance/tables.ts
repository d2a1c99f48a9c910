import type { Kysely, Migration } from 'kysely'
import type { Tables } from '../../ledger/ledger.ts'

/** What was signed, under the digest of its text: the ledger names it, and notices when it is another. */
export type ProvenanceTables = { statement: { digest: string; body: string } }

export function statementsIn(place: { readonly db: Kysely<Tables> }): Kysely<ProvenanceTables> {
  return place.db.withTables<ProvenanceTables>()
}

export const provenanceMigrations: Readonly<Record<string, Migration>> = {
  'flow-2026-11-proof': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('statement')
        .addColumn('digest', 'text', (c) => c.primaryKey())
        .addColumn('body', 'text', (c) => c.notNull())
        .execute()
    },
  },
}
