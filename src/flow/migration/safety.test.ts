import { describe, expect, it } from 'vitest'
import { judge } from './safety.ts'
import { statementsIn } from './statements.ts'

async function rulesOf(sql: string, kind: 'expand' | 'contract' = 'expand') {
  const parsed = await statementsIn(sql)
  if ('problem' in parsed) throw new Error(parsed.problem.message)
  return judge(parsed.statements, kind)
}
const found = async (sql: string, kind?: 'contract') => (await rulesOf(sql, kind)).findings.map(({ rule, line }) => `${line} ${rule}`)

describe('an expand migration', () => {
  it.each([
    'create table part (id bigserial primary key, name text not null unique, owner int references person)',
    "create table part (id int); create index on part (id); alter table part add column name text not null; insert into part values (1, 'a')",
    'alter table part add column price int',
    'alter table part add column price int not null default 0, add column at timestamptz not null default now()',
    'alter table part alter column price set default 5, alter column price drop not null',
    'alter table part add constraint positive check (price > 0) not valid',
    'alter table part add constraint owned foreign key (owner) references person not valid',
    'alter table part validate constraint positive',
    'alter table part add constraint once unique using index part_name',
    'create index concurrently if not exists part_name on part (name)',
    'drop index concurrently if exists part_name',
    'create view cheap as select * from part where price < 5',
    'create function filled() returns trigger language plpgsql as $$ begin return new; end $$',
    'update part set price = 1 where price is null',
    "comment on table part is 'what we sell'; select setval('part_id_seq', 7)",
    "create type colour as enum ('red'); alter type colour add value 'green'",
    'alter index part_name rename to part_by_name',
  ])('may %s', async (sql) => {
    expect(await found(sql)).toEqual([])
  })

  it.each([
    ['drop', 'alter table part drop column name'],
    ['drop', 'drop table part'],
    ['drop', 'drop index part_name'],
    ['drop', 'alter table part drop constraint positive'],
    ['rename', 'alter table part rename column name to title'],
    ['rename', 'alter table part rename to parts'],
    ['rename', "alter type colour rename value 'red' to 'rouge'"],
    ['type', 'alter table part alter column id type bigint'],
    ['not-null', 'alter table part alter column name set not null'],
    ['not-null', 'alter table part add column price int not null'],
    ['rewrite', 'alter table part add column key uuid default gen_random_uuid()'],
    ['rewrite', 'alter table part add column number serial'],
    ['rewrite', 'alter table part add column twice text generated always as (name) stored'],
    ['default', 'alter table part alter column price drop default'],
    ['constraint', 'alter table part add constraint positive check (price > 0)'],
    ['constraint', 'alter table part add foreign key (owner) references person'],
    ['constraint', 'alter table part add unique (name)'],
    ['constraint', 'alter table part add primary key (id)'],
    ['constraint', 'alter table part add column name text unique'],
    ['index', 'create index on part (name)'],
    ['data', 'delete from part'],
    ['data', 'truncate part'],
    ['data', 'insert into old with gone as (delete from part returning *) select * from gone'],
    ['unknown', 'set lock_timeout = 0'],
    ['unknown', 'reset all'],
    ['unknown', "select set_config('lock_timeout', '0', false)"],
    ['revoke', 'revoke select on part from app'],
    ['replace', 'create or replace view cheap as select 1'],
    ['opaque', 'do $$ begin drop table part; end $$'],
    ['opaque', 'select tidy_up()'],
    ['unknown', 'alter table part disable trigger all'],
    ['unknown', 'create rule r as on insert to part do instead nothing'],
    ['unknown', 'alter table part attach partition p default'],
  ])('is refused for %s: %s', async (rule, sql) => {
    expect(await found(sql)).toContain(`1 ${rule}`)
  })

  it('is named at the line where the statement begins, behind comments and letters of two bytes', async () => {
    expect(await found(`-- é\nselect setval('a', 1);\n\n/* why */ -- so\n\nalter table part\n  drop column é;`)).toEqual(['6 drop'])
  })

  it('does not take a table for new that may have been there', async () => {
    expect(await found('create table if not exists part (id int);\ncreate index on part (id)')).toEqual(['2 index'])
  })

  it('does not take a table for new whose name means another by now', async () => {
    expect(await found('create table part (id int); set search_path to shop;\nalter table part drop column id')).toEqual(['2 drop'])
  })

  it.each([
    ['backfill', 'alter table part add column a int;', 'update part set a = 1'],
    ['backfill', 'alter table part add column a int;', 'insert into sold select * from part'],
    ['backfill', 'alter table part add column a int;', 'create table copied as select * from part'],
    ['backfill', 'create trigger t before insert on part for each row execute function filled();', 'update part set a = 1'],
    ['constraint', 'alter table part add constraint c check (a > 0) not valid;', 'alter table part validate constraint c'],
    ['constraint', 'alter table part add column a int;', 'alter table part validate constraint c'],
    ['constraint', '', 'alter table part add constraint c check (a > 0) not valid, validate constraint c'],
  ])('does not hold a lock while it fills or validates (%s): %s %s', async (rule, first, second) => {
    expect(await found(`${first}\n${second}`)).toEqual([`2 ${rule}`])
  })

  it('may validate and fill where nothing is locked', async () => {
    const sql = 'alter table part validate constraint c;\nalter table part validate constraint d;\nupdate part set a = 1'
    expect(await found(sql)).toEqual([])
    expect(await found('alter table part add column a int;\ninsert into part (id) values (1)')).toEqual([])
  })

  it('may do what a reviewed comment before the statement allows by its rule, with a reason', async () => {
    const sql = `-- threeways:allow drop: nobody has read it since March\nalter table part drop column old;\nalter table part drop column new;`
    const judged = await rulesOf(sql)
    expect(judged.allowed).toEqual([{ rule: 'drop', line: 2, reason: 'nobody has read it since March' }])
    expect(judged.findings).toMatchObject([{ rule: 'drop', line: 3 }])
    expect(await found('-- threeways:allow rename: other rule\ndrop table part')).toEqual(['2 drop'])
    expect(await found('-- threeways:allow drop:\ndrop table part')).toEqual(['2 drop'])
  })
})

describe('every migration', () => {
  it('leaves its transaction alone, whatever a comment says', async () => {
    expect(await found('-- threeways:allow transaction: please\nbegin;\ndrop table part;\ncommit', 'contract')).toEqual([
      '2 transaction',
      '4 transaction',
    ])
  })

  it('runs CONCURRENTLY alone in its file, and so that it can be repeated', async () => {
    expect(await found('drop index concurrently if exists a; drop table part', 'contract')).toEqual(['1 concurrently'])
    expect(await found('create index concurrently a on part (id)', 'contract')).toEqual(['1 concurrently'])
    expect((await rulesOf('create index concurrently if not exists a on part (id)')).concurrently).toEqual({ index: 'a' })
  })

  it('may take away in a contract what nobody needs any more', async () => {
    expect(await found('alter table part drop column name; delete from part; do $$ begin end $$', 'contract')).toEqual([])
  })
})
