import type { Kysely, Migration } from 'kysely'
import type { Tables } from '../../ledger/ledger.ts'

/** Every version of the policy there was. The last one counts. */
export type PolicyTables = {
  policy: { version: number; document: string; digest: string; by: string; reason: string; setAt: string }
}

export const policyTables = (place: { readonly db: Kysely<Tables> }): Kysely<PolicyTables> => place.db.withTables<PolicyTables>()

export const policyMigrations: Readonly<Record<string, Migration>> = {
  'policy-2026-11-gates': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('policy')
        .addColumn('version', 'integer', (c) => c.primaryKey())
        .addColumn('document', 'text', (c) => c.notNull())
        .addColumn('digest', 'text', (c) => c.notNull())
        .addColumn('by', 'text', (c) => c.notNull())
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('setAt', 'text', (c) => c.notNull())
        .execute()
    },
  },
}
