import { sql, type Kysely, type Migration } from 'kysely'
import { proofMigrations } from '../proof/schema.ts'
import { projectionSchema } from './table.ts'

const statements = [
  // One row, whose lock is the ledger's: who holds it appends, or decides on what stands.
  `create table ledger_head (
    single boolean primary key default true check (single),
    seq bigint not null,
    engine int not null,
    projections text not null
  )`,
  `insert into ledger_head (seq, engine, projections) values (0, 0, '')`,

  `create table event (
    seq bigint primary key,
    source text collate "C" not null,
    id text collate "C" not null,
    type text collate "C" not null,
    subject text collate "C" not null,
    chain_id text collate "C",
    time text collate "C" not null,
    recorded_at timestamptz not null,
    body text collate "C" not null,
    digest bytea not null,
    unique (source, id)
  )`,
  `create index event_type on event (type, seq)`,
  `create index event_subject on event (subject, seq)`,
  `create index event_chain on event (chain_id, seq) where chain_id is not null`,

  `create function event_is_final() returns trigger language plpgsql as $$
  begin
    raise exception 'events are never edited or removed';
  end $$`,
  `create trigger event_is_final before update or delete or truncate on event for each statement execute function event_is_final()`,

  // Fields come as one text each, joined by a character that none may hold: much cheaper to read than arrays. When some of
  // the events stand there already nothing is written and they are named: the caller decides and calls again, still behind
  // the lock. A caller who did not wait for the answer says that all are new, and has everything undone if they are not.
  `create function ledger_append(
    projections text, sources text, ids text, types text, subjects text, chains text, times text, arrivals text, bodies text, all_new boolean,
    out head bigint, out known int[], out known_seq bigint[], out known_digest bytea[]
  ) language plpgsql as $$
  declare
    separator constant text := chr(30);
    agreed text;
    added bigint;
  begin
    select h.seq, h.projections into head, agreed from ledger_head h for update;
    if agreed <> $1 then
      raise exception 'the projections of this ledger were changed by another version' using errcode = 'TW001';
    end if;
    begin
      insert into event (seq, source, id, type, subject, chain_id, time, recorded_at, body, digest)
      select head + e.n, e.source, e.id, e.type, e.subject, e.chain, e.time, e.arrival::timestamptz, e.body, sha256(convert_to(e.body, 'UTF8'))
      from unnest(
        string_to_array(sources, separator), string_to_array(ids, separator), string_to_array(types, separator),
        string_to_array(subjects, separator), string_to_array(chains, separator, ''), string_to_array(times, separator),
        string_to_array(arrivals, separator), string_to_array(bodies, separator)
      ) with ordinality as e(source, id, type, subject, chain, time, arrival, body, n)
      order by e.n;
      get diagnostics added = row_count;
      update ledger_head set seq = head + added;
      perform pg_notify('threeways_ledger', (head + added)::text);
    exception when unique_violation then
      if all_new then
        raise exception 'some of these events are recorded already' using errcode = 'TW002';
      end if;
      select array_agg(e.n::int - 1), array_agg(s.seq), array_agg(s.digest)
      into known, known_seq, known_digest
      from unnest(string_to_array(sources, separator), string_to_array(ids, separator)) with ordinality as e(source, id, n)
      join event s on s.source = e.source and s.id = e.id;
    end;
  end $$`,

  `create schema ${projectionSchema}`,
  `create table projection_definition (name text primary key, shape text not null, handlers text not null)`,
]

/** The ledger's own tables. Names sort before those of capabilities. */
export const ledgerMigrations: Readonly<Record<string, Migration>> = {
  '0-ledger-1': {
    async up(db: Kysely<unknown>) {
      for (const statement of statements) await sql.raw(statement).execute(db)
    },
  },
  ...proofMigrations,
}
