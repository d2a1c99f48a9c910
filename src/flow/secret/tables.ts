import type { Kysely, Migration } from 'kysely'
import type { Tables } from '../../ledger/ledger.ts'

export type SecretRow = {
  stream: string
  name: string
  /** Key of the definition's `environments`; empty: all that have no value of their own. */
  environment: string
  /** Counts from 1, also over removals. */
  version: number
  /** Sealed value; null when it was removed, or is older than the one before the latest. */
  sealed: Buffer | null
  /** Which key sealed it. */
  keyId: string
  fingerprint: string
  setBy: string
  setAt: string
}

export type SecretTables = {
  secret: SecretRow
  /** What the stages of a delivery need, and where its file asks for it: `threeways.yaml:12:9`. */
  secretNeed: { run: string; stage: string; secret: string; environment: string; place: string }
}

export const secretTables = (place: { readonly db: Kysely<Tables> }): Kysely<SecretTables> => place.db.withTables<SecretTables>()

export const secretMigrations: Readonly<Record<string, Migration>> = {
  'secret-2026-11-secrets': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('secret')
        .addColumn('stream', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('environment', 'text', (c) => c.notNull())
        .addColumn('version', 'integer', (c) => c.notNull())
        .addColumn('sealed', 'bytea')
        .addColumn('keyId', 'text', (c) => c.notNull())
        .addColumn('fingerprint', 'text', (c) => c.notNull())
        .addColumn('setBy', 'text', (c) => c.notNull())
        .addColumn('setAt', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('secret_pkey', ['stream', 'name', 'environment', 'version'])
        .execute()
      await db.schema
        .createTable('secretNeed')
        .addColumn('run', 'text', (c) => c.notNull())
        .addColumn('stage', 'text', (c) => c.notNull())
        .addColumn('secret', 'text', (c) => c.notNull())
        .addColumn('environment', 'text', (c) => c.notNull())
        .addColumn('place', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('secret_need_pkey', ['run', 'stage', 'secret', 'place'])
        .execute()
    },
  },
}
