import { sql, type Generated, type Kysely, type Migration } from 'kysely'
import type { CommitStatus } from './commit-status.port.ts'

/** What is to be told, one row of each context of a commit: what changed before it was told is told once. */
export type StatusTables = {
  statusOutbox: {
    target: string
    commit: string
    context: string
    state: CommitStatus['state']
    description: string
    url: string | null
    /** Grows when there is something else to tell; told when `toldRevision` is as high. */
    revision: Generated<number>
    toldRevision: Generated<number>
    attempts: Generated<number>
    notBefore: Generated<Date>
    /** Why it was given up. */
    problem: string | null
  }
  /** How far the ledger was read for each target: another server may have others. */
  statusCursor: { target: string; seq: number }
}

export const statusMigrations: Readonly<Record<string, Migration>> = {
  'server-2026-11-statuses': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('statusOutbox')
        .addColumn('target', 'text', (c) => c.notNull())
        .addColumn('commit', 'text', (c) => c.notNull())
        .addColumn('context', 'text', (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addColumn('url', 'text')
        .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(1))
        .addColumn('toldRevision', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('notBefore', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
        .addColumn('problem', 'text')
        .addPrimaryKeyConstraint('status_outbox_pk', ['target', 'commit', 'context'])
        .execute()
      await sql`create index status_outbox_untold on status_outbox (not_before) where told_revision < revision`.execute(db)
      await db.schema
        .createTable('statusCursor')
        .addColumn('target', 'text', (c) => c.primaryKey())
        .addColumn('seq', 'bigint', (c) => c.notNull())
        .execute()
    },
  },
}
