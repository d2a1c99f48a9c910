import { sql, type SqlBool } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { candidates } from '../candidate/projection.ts'
import { candidateCard } from '../candidate/views.ts'
import type { Stage } from '../definition/definition.ts'
import { deployments, holds, type Deployment, type Hold } from '../deployment/projection.ts'
import { promotions, type Promotion } from './projection.ts'
import type { CandidateCard } from './schemas.ts'
import { tables, type RunRow, type StepRow } from './tables.ts'

type Place = Pick<Ledger, 'db'>

const runsShown = 20
export const candidatesShown = 10

/** A run without its definition, which is as long as everything else of it together, many times. */
export type RunFacts = Omit<RunRow, 'definition' | 'origin' | 'place'>

/** A step that works, waits or wants a person. */
export type ActiveStep = Pick<StepRow, 'run' | 'name' | 'stage' | 'state' | 'waiting'>

/** One value stream as the tables know it. */
export type StreamFacts = {
  readonly stream: string
  /** Newest first. */
  readonly runs: readonly RunFacts[]
  /** As its newest delivery has them. */
  readonly stages: readonly Stage[]
  /** In the order of the steps. */
  readonly active: readonly ActiveStep[]
  /** The last stage that a run came to. */
  readonly reached: ReadonlyMap<string, string>
  /** Newest first, so many of each stage as are shown. */
  readonly entered: readonly Promotion[]
  readonly held: readonly Hold[]
  readonly running: readonly Deployment[]
}

/** Every value stream that something was delivered in. */
export async function streamNames({ db }: Place): Promise<readonly string[]> {
  // From each name to the next one through the index: `distinct` would read every run there ever was.
  const { rows } = await sql<{ stream: string }>`
    with recursive name as (
      (select stream from run order by stream limit 1)
      union all
      select (select stream from run where stream > name.stream order by stream limit 1) from name where name.stream is not null
    )
    select stream from name where stream is not null`.execute(db)
  return rows.map(({ stream }) => stream)
}

/** What each value stream has, by name, as its newest delivery says. */
export async function streamPlaces(place: Place) {
  const streams = await streamNames(place)
  const { rows } = await sql<{ stream: string; stages: Stage[]; environments: string[]; services: string[] }>`
    select name.stream, newest.*
    from unnest(${[...streams]}::text[]) as name(stream)
    join lateral (
      select
        definition->'stages' as stages,
        array(select jsonb_object_keys(coalesce(definition->'environments', '{}'))) as environments,
        array(select jsonb_object_keys(coalesce(definition->'services', '{}'))) as services
      from run where stream = name.stream and kind = 'delivery' order by number desc limit 1
    ) as newest on true`.execute(place.db)
  return rows.map(({ stages, environments, ...row }) => ({
    ...row,
    stages: stages.map(({ name }) => name),
    environments: [...new Set([...environments, ...stages.flatMap(({ environment }) => environment ?? [])])],
  }))
}

/** With the same few queries for one stream and for hundreds. Streams that nothing was delivered in are left out. */
export async function factsOf(place: Place, streams: readonly string[]): Promise<readonly StreamFacts[]> {
  const runs = await latestRuns(place, streams)
  const stages = await stagesOf(place, runs)
  const [active, reached, entered, held, running] = await Promise.all([
    activeSteps(
      place,
      runs.flatMap(({ id, finishedAt }) => (finishedAt === null ? [id] : [])),
    ),
    reachedStages(
      place,
      runs.map(({ id }) => id),
    ),
    enteredCandidates(place, stages),
    heldCandidates(place, streams),
    runningCandidates(place, stages),
  ])
  const ofRun = Map.groupBy(active, ({ run }) => run)
  const ofStream = {
    runs: Map.groupBy(runs, ({ stream }) => stream),
    entered: Map.groupBy(entered, ({ stream }) => stream),
    held: Map.groupBy(held, ({ stream }) => stream),
    running: Map.groupBy(running, ({ environment }) => environment.split('/', 1)[0]!),
  }
  return [...ofStream.runs].map(([stream, own]) => ({
    stream,
    runs: own,
    stages: stages.get(stream)!,
    active: own.flatMap(({ id }) => ofRun.get(id) ?? []),
    reached,
    entered: ofStream.entered.get(stream) ?? [],
    held: ofStream.held.get(stream) ?? [],
    running: ofStream.running.get(stream) ?? [],
  }))
}

// One parameter, however many values: a statement has room for 65,535 of them.
const each = (values: readonly string[]) => sql<{ value: string }>`unnest(${[...values]}::text[])`
export const anyOf = (values: Iterable<string>) => sql<string>`any(${[...values]}::text[])`

async function latestRuns(place: Place, streams: readonly string[]): Promise<readonly RunFacts[]> {
  return tables(place)
    .selectFrom(each(streams).as<'name'>(sql`name(value)`))
    .innerJoinLateral(
      (db) =>
        db
          .selectFrom('run')
          .select(['id', 'number', 'kind', 'stream', 'repository', 'commit', 'branch', 'onTrunk', 'author', 'summary', 'committedAt'])
          .select(['fixesStop', 'reverts', 'candidate', 'requestedBy', 'reason', 'state', 'message', 'queuedAt', 'startedAt', 'finishedAt'])
          .select('cancelledBy')
          .whereRef('stream', '=', 'name.value')
          .orderBy('number', 'desc')
          .limit(runsShown)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .selectAll('latest')
    .orderBy('latest.stream')
    .orderBy('latest.number', 'desc')
    .execute()
}

type Stages = ReadonlyMap<string, readonly Stage[]>

async function stagesOf(place: Place, runs: readonly RunFacts[]): Promise<Stages> {
  const newest = new Map<string, RunFacts>()
  for (const run of runs) {
    const known = newest.get(run.stream)
    // A rollback walks an older definition; the newest delivery's is what the stream looks like now.
    if (known === undefined || (known.kind !== 'delivery' && run.kind === 'delivery')) newest.set(run.stream, run)
  }
  const rows = await tables(place)
    .selectFrom('run')
    .select(['stream', sql<readonly Stage[]>`definition->'stages'`.as('stages')])
    .where('id', '=', anyOf([...newest.values()].map(({ id }) => id)))
    .execute()
  return new Map(rows.map(({ stream, stages }) => [stream, stages]))
}

export async function activeSteps(place: Place, runs: readonly string[]): Promise<readonly ActiveStep[]> {
  return tables(place)
    .selectFrom('step')
    .select(['run', 'name', 'stage', 'state', 'waiting'])
    .where('run', '=', anyOf(runs))
    .where((is) => is.or([is('state', 'in', ['running', 'waiting', 'needs-attention']), is('waiting', 'is not', null)]))
    .orderBy('position')
    .execute()
}

async function reachedStages(place: Place, runs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tables(place)
    .selectFrom(each(runs).as<'id'>(sql`id(value)`))
    .innerJoinLateral(
      (db) =>
        db
          .selectFrom('step')
          .select(['run', 'stage'])
          .whereRef('run', '=', 'id.value')
          .where('stage', 'is not', null)
          .where('state', 'not in', ['pending', 'skipped'])
          .orderBy('position', 'desc')
          .limit(1)
          .as('last'),
      (join) => join.onTrue(),
    )
    .select(['last.run', 'last.stage'])
    .execute()
  return new Map(rows.map(({ run, stage }) => [run, stage!]))
}

async function enteredCandidates({ db }: Place, stages: Stages): Promise<readonly Promotion[]> {
  const places = [...stages].flatMap(([stream, list]) => list.map(({ name }) => ({ stream, name })))
  const here = sql<SqlBool>`row.stream = place.stream and row.stage = place.name`
  return db
    .selectFrom(
      sql`unnest(${places.map(({ stream }) => stream)}::text[], ${places.map(({ name }) => name)}::text[])`.as<'place'>(
        sql`place(stream, name)`,
      ),
    )
    .innerJoinLateral(rowsOf(db, promotions).selectAll().where(here).orderBy('since', 'desc').limit(candidatesShown).as('latest'), (join) =>
      join.onTrue(),
    )
    .selectAll('latest')
    .orderBy('latest.since', 'desc')
    .execute()
}

async function runningCandidates({ db }: Place, stages: Stages): Promise<readonly Deployment[]> {
  const ids = [...stages].flatMap(([stream, list]) =>
    list.flatMap(({ environment, ephemeral }) => (environment === undefined || ephemeral ? [] : [`${stream}/${environment}`])),
  )
  return rowsOf(db, deployments).selectAll().where('environment', '=', anyOf(ids)).execute()
}

async function heldCandidates({ db }: Place, streams: readonly string[]): Promise<readonly Hold[]> {
  return rowsOf(db, holds).selectAll().where('held', '=', true).where('stream', '=', anyOf(streams)).execute()
}

/** What people need to recognise candidates by. */
export async function cardsOf({ db }: Place, digests: readonly string[]): Promise<ReadonlyMap<string, CandidateCard>> {
  const rows = await rowsOf(db, candidates)
    .select(['digest', 'commit', 'author', 'summary', 'committedAt', 'builtAt'])
    .where('digest', '=', anyOf(new Set(digests)))
    .execute()
  return new Map(rows.map((row) => [row.digest, candidateCard(row)]))
}
