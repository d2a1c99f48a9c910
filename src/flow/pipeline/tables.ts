import { sql, type ColumnType, type Generated, type JSONColumnType, type Kysely, type Migration, type Selectable } from 'kysely'
import type { Tables } from '../../ledger/ledger.ts'
import type { Definition } from '../definition/definition.ts'
import type { Migration as DatabaseMigration } from '../migration/migrations.port.ts'
import { consentMigration, type Consent } from './gate/consent-table.ts'
import type { Waiting } from './schemas.ts'
import type { RunState, StepState, Work } from './work.ts'

type Json<T> = JSONColumnType<T & object>
type Instant = ColumnType<string | null, string | null, string | null>

/**
 * State of the engine, written in the transaction of the event that tells of it. The ledger is what is true; these rows are
 * what is being worked on.
 */
export type PipelineTables = {
  run: {
    id: string
    /** Order in which they were asked for. */
    number: Generated<number>
    kind: 'delivery' | 'rollback'
    stream: string
    repository: string
    commit: string
    branch: string | null
    /** The commit stands on the trunk: its failures are the line's. */
    onTrunk: boolean
    author: string
    summary: string
    committedAt: string
    fixesStop: string | null
    /** Full names of the commits that it was seen to undo, separated by blanks. */
    reverts: string | null
    definition: Json<Definition>
    candidate: string | null
    requestedBy: string
    reason: string | null
    state: RunState
    message: string | null
    queuedAt: string
    startedAt: Instant
    finishedAt: Instant
    cancelledBy: string | null
    /** Home of the server that took it in: its repository is there. null: of before there were several. */
    origin: string | null
    /** Home of the machine where its checkout stands. */
    place: string | null
  }
  step: {
    run: string
    name: string
    /** Order in which people read them. */
    position: number
    work: Json<Work>
    stage: string | null
    title: string
    needs: Json<readonly string[]>
    rule: 'success' | 'always'
    undoes: string | null
    idempotent: boolean
    timeoutMs: number | null
    retries: number
    attempt: number
    state: StepState
    waiting: Json<Waiting> | null
    message: string | null
    output: Json<Record<string, unknown>> | null
    startedAt: Instant
    finishedAt: Instant
    /** Not before this time: it is tried again after a pause. */
    notBefore: Instant
    /** Which server works on it. */
    owner: string | null
    /** Grows with each owner. A result that carries an old one is not written. */
    fence: number
    leaseUntil: ColumnType<Date | null, Date | string | null, Date | string | null>
  }
  /** What people said of a candidate that wants into a stage. */
  consent: Omit<Consent, 'authors'> & { authors: Json<readonly { name: string; email: string }[]> | null }
  /** Who is in a stage: one run at a time. */
  slot: { stream: string; stage: string; run: string }
  /** What running or returning to a candidate takes. */
  build: {
    candidate: string
    stream: string
    commit: string
    repository: string
    definition: Json<Definition>
    /** Digest of the artifact, and the folder of its files. */
    artifact: string
    folder: string
    environment: string
    /** null: built before candidates had any. */
    migrations: Json<readonly KnownMigration[]> | null
  }
  /** Contract migrations that the databases of environments remember, as read back when one was last migrated. */
  contracted: { environment: string; resource: string; name: string }
  /** Servers and workers, each a data folder on some machine. They show themselves by a beat. */
  machine: {
    /** Id of its data folder. */
    home: string
    /** Names its process; what it holds carries this name. */
    owner: string
    role: 'server' | 'worker'
    name: string
    labels: Json<Readonly<Record<string, string>>>
    /** Steps at the same time. */
    capacity: number
    /** Of a server's API, as it knows itself. */
    url: string | null
    seenAt: ColumnType<Date, Date | string, Date | string>
    /** A person said that it never comes back. */
    forgottenAt: Instant
  }
  /** Which server an environment stands on. */
  environmentPlace: { environment: string; home: string }
  /** Folders on their way between machines, packed: `source <commit>`, `artifact <digest>`. Whole once its row is here. */
  parcel: {
    name: string
    chunks: number
    bytes: number
    /** When somebody brought it last. */
    wantedAt: ColumnType<Date, Date | undefined, Date>
  }
  parcelChunk: { name: string; position: number; bytes: Buffer }
  /** The end of the log of an attempt, for those who ask another server than the one that worked on it. */
  stepLog: { run: string; step: string; attempt: number; bytes: Buffer }
}

/** A migration that a candidate brings. */
export type KnownMigration = { readonly resource: string } & Pick<DatabaseMigration, 'name' | 'kind' | 'checksum'>

export type RunRow = Selectable<PipelineTables['run']>
export type StepRow = Selectable<PipelineTables['step']>
export type BuildRow = Selectable<PipelineTables['build']>

/** The engine's tables, inside a transaction or for reading. */
export function tables(place: { readonly db: Kysely<Tables> }): Kysely<PipelineTables> {
  return place.db.withTables<PipelineTables>()
}

const created: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('run')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('number', 'bigint', (c) => c.generatedAlwaysAsIdentity().notNull().unique())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('repository', 'text', (c) => c.notNull())
      .addColumn('commit', 'text', (c) => c.notNull())
      .addColumn('branch', 'text')
      .addColumn('onTrunk', 'boolean', (c) => c.notNull())
      .addColumn('author', 'text', (c) => c.notNull())
      .addColumn('summary', 'text', (c) => c.notNull())
      .addColumn('committedAt', 'text', (c) => c.notNull())
      .addColumn('fixesStop', 'text')
      .addColumn('definition', 'jsonb', (c) => c.notNull())
      .addColumn('candidate', 'text')
      .addColumn('requestedBy', 'text', (c) => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('message', 'text')
      .addColumn('queuedAt', 'text', (c) => c.notNull())
      .addColumn('startedAt', 'text')
      .addColumn('finishedAt', 'text')
      .addColumn('cancelledBy', 'text')
      .execute()
    await db.schema.createIndex('run_stream').on('run').columns(['stream', 'number']).execute()
    await db.schema.createIndex('run_candidate').on('run').column('candidate').execute()
    await db.schema
      .createTable('step')
      .addColumn('run', 'text', (c) => c.notNull().references('run.id').onDelete('cascade'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('position', 'integer', (c) => c.notNull())
      .addColumn('work', 'jsonb', (c) => c.notNull())
      .addColumn('stage', 'text')
      .addColumn('title', 'text', (c) => c.notNull())
      .addColumn('needs', 'jsonb', (c) => c.notNull())
      .addColumn('rule', 'text', (c) => c.notNull())
      .addColumn('undoes', 'text')
      .addColumn('idempotent', 'boolean', (c) => c.notNull())
      .addColumn('timeoutMs', 'bigint')
      .addColumn('retries', 'integer', (c) => c.notNull())
      .addColumn('attempt', 'integer', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('waiting', 'jsonb')
      .addColumn('message', 'text')
      .addColumn('output', 'jsonb')
      .addColumn('startedAt', 'text')
      .addColumn('finishedAt', 'text')
      .addColumn('notBefore', 'text')
      .addColumn('approvedBy', 'text')
      .addColumn('owner', 'text')
      .addColumn('fence', 'bigint', (c) => c.notNull())
      .addColumn('leaseUntil', 'timestamptz')
      .addPrimaryKeyConstraint('step_pk', ['run', 'name'])
      .execute()
    await db.schema.createIndex('step_working').on('step').columns(['state', 'owner']).execute()
    await db.schema
      .createTable('slot')
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('stage', 'text', (c) => c.notNull())
      .addColumn('run', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('slot_pk', ['stream', 'stage'])
      .execute()
    await db.schema
      .createTable('build')
      .addColumn('candidate', 'text', (c) => c.primaryKey())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('commit', 'text', (c) => c.notNull())
      .addColumn('repository', 'text', (c) => c.notNull())
      .addColumn('definition', 'jsonb', (c) => c.notNull())
      .addColumn('artifact', 'text', (c) => c.notNull())
      .addColumn('folder', 'text', (c) => c.notNull())
      .addColumn('environment', 'text', (c) => c.notNull())
      .execute()
  },
}

const onSeveralMachines: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('run').addColumn('origin', 'text').addColumn('place', 'text').execute()
    await db.schema
      .createTable('machine')
      .addColumn('home', 'text', (c) => c.primaryKey())
      .addColumn('owner', 'text', (c) => c.notNull())
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('labels', 'jsonb', (c) => c.notNull())
      .addColumn('capacity', 'integer', (c) => c.notNull())
      .addColumn('url', 'text')
      .addColumn('seenAt', 'timestamptz', (c) => c.notNull())
      .addColumn('forgottenAt', 'text')
      .execute()
    await db.schema
      .createTable('environmentPlace')
      .addColumn('environment', 'text', (c) => c.primaryKey())
      .addColumn('home', 'text', (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('parcel')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('chunks', 'integer', (c) => c.notNull())
      .addColumn('bytes', 'bigint', (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('parcelChunk')
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('position', 'integer', (c) => c.notNull())
      .addColumn('bytes', 'bytea', (c) => c.notNull())
      .addPrimaryKeyConstraint('parcel_chunk_pk', ['name', 'position'])
      .execute()
    await db.schema
      .createTable('stepLog')
      .addColumn('run', 'text', (c) => c.notNull())
      .addColumn('step', 'text', (c) => c.notNull())
      .addColumn('attempt', 'integer', (c) => c.notNull())
      .addColumn('bytes', 'bytea', (c) => c.notNull())
      .addPrimaryKeyConstraint('step_log_pk', ['run', 'step', 'attempt'])
      .execute()
  },
}

const withReverts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('run').addColumn('reverts', 'text').execute()
  },
}

/** What every page asks for at each change stands in small indexes, however much is over. */
const withActiveIndexes: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create index run_open on run (stream) where finished_at is null`.execute(db)
    await sql`create index step_active on step (run)
      where state in ('running', 'waiting', 'needs-attention') or waiting is not null`.execute(db)
  },
}

const withMigrations: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('build').addColumn('migrations', 'jsonb').execute()
    await db.schema
      .createTable('contracted')
      .addColumn('environment', 'text', (c) => c.notNull())
      .addColumn('resource', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('contracted_pk', ['environment', 'resource', 'name'])
      .execute()
  },
}

const withWantedParcels: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('parcel')
      .addColumn('wantedAt', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
      .execute()
  },
}

/** In order of their names, after the ledger's own. */
export const pipelineMigrations: Readonly<Record<string, Migration>> = {
  'pipeline-2026-11': created,
  'pipeline-2026-11-durable': onSeveralMachines,
  'pipeline-2026-11-gates': consentMigration,
  'pipeline-2026-11-line': withReverts,
  'pipeline-2026-11-migrations': withMigrations,
  'pipeline-2026-11-page': withActiveIndexes,
  'pipeline-2026-11-parcels': withWantedParcels,
}
