import { sql, type Kysely, type Migration } from 'kysely'
import type { Passable } from './gate-answer.ts'

/** What people said of a candidate that wants into a stage: an approval, or that it need not wait for its soak time or a window. */
export type Consent = {
  readonly run: string
  readonly stage: string
  readonly kind: 'approval' | Passable
  /** Name of the token. */
  readonly by: string
  /** The very candidate they meant. */
  readonly candidate: string
  readonly reason: string
  readonly at: string
  /** Who wrote what would be promoted, as git has it; null: nobody asked. Beside the ledger, because addresses are personal. */
  readonly authors: readonly { readonly name: string; readonly email: string }[] | null
  /** Counts no longer than this: a way around this evening's closed window is none around next week's. */
  readonly until: string | null
}

/** Approvals given so far move here; a run knows the address of its author. */
export const consentMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('consent')
      .addColumn('run', 'text', (c) => c.notNull().references('run.id').onDelete('cascade'))
      .addColumn('stage', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('by', 'text', (c) => c.notNull())
      .addColumn('candidate', 'text', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('at', 'text', (c) => c.notNull())
      .addColumn('authors', 'jsonb')
      .addColumn('until', 'text')
      .addPrimaryKeyConstraint('consent_pk', ['run', 'stage', 'kind', 'by'])
      .execute()
    await sql`
      insert into consent (run, stage, kind, "by", candidate, reason, at)
      select step.run, step.stage, 'approval', step.approved_by, run.candidate, '', run.queued_at
      from step join run on run.id = step.run
      where step.approved_by is not null and step.stage is not null and run.candidate is not null`.execute(db)
    await db.schema.alterTable('step').dropColumn('approvedBy').execute()
  },
}
