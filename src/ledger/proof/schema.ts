import { sql, type Kysely, type Migration } from 'kysely'

const statements = [
  // One row, whose lock is the proof's: who holds it adds to the tree and signs. Appends do not wait for it.
  `create table ledger_log (single boolean primary key default true check (single), origin text not null, sealed bigint not null)`,
  `insert into ledger_log (origin, sealed) values ('threeways/ledger/' || left(replace(gen_random_uuid()::text, '-', ''), 16), 0)`,
  // 256 hashes a row: of leaves at level 0, of complete subtrees of 256^level leaves above.
  `create table ledger_tile (level smallint not null, index bigint not null, hashes bytea not null, primary key (level, index))`,
  `create table ledger_key (
    keyid text primary key, position int generated always as identity, public_key text not null, made_at text not null, handover text, signs boolean not null
  )`,
  `create table ledger_checkpoint (size bigint primary key, note text not null, made_at timestamptz not null)`,
  `create function checkpoint_is_final() returns trigger language plpgsql as $$
  begin
    raise exception 'checkpoints and keys are never edited or removed';
  end $$`,
  `create trigger checkpoint_is_final before update or delete or truncate on ledger_checkpoint for each statement execute function checkpoint_is_final()`,
  `create trigger key_is_final before update or delete or truncate on ledger_key for each statement execute function checkpoint_is_final()`,
]

/** Tables of the proof. Events that stood there before are added to the tree when the first checkpoint is made. */
export const proofMigrations: Readonly<Record<string, Migration>> = {
  '0-ledger-2026-11-proof': {
    async up(db: Kysely<unknown>) {
      for (const statement of statements) await sql.raw(statement).execute(db)
    },
  },
}

export type ProofTables = {
  event: { seq: number; source: string; id: string; time: string; recordedAt: Date; digest: Buffer; body: string }
  ledgerLog: { single: boolean; origin: string; sealed: number }
  ledgerTile: { level: number; index: number; hashes: Buffer }
  ledgerKey: {
    keyid: string
    position: number
    publicKey: string
    madeAt: string
    handover: string | null
    /** It signs checkpoints; else only what its server makes. */
    signs: boolean
  }
  ledgerCheckpoint: { size: number; note: string; madeAt: Date }
}
