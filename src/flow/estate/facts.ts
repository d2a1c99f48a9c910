import { sql } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import type { Stage } from '../definition/definition.ts'
import { deployments, type Deployment } from '../deployment/projection.ts'
import { tables, type RunRow, type StepRow } from '../pipeline/tables.ts'

type Place = Pick<Ledger, 'db'>

export const recentShown = 12
/** More than that is "very many" to anyone. */
const changesCounted = 1000

export type EstateRun = Pick<
  RunRow,
  'id' | 'stream' | 'kind' | 'repository' | 'commit' | 'author' | 'summary' | 'state' | 'message' | 'queuedAt' | 'finishedAt' | 'candidate'
>
export type EstateStep = Pick<StepRow, 'run' | 'name' | 'stage' | 'state' | 'waiting'>
export type Beyond = { readonly stream: string; readonly changes: number; readonly since: string | null }

const anyOf = (values: Iterable<string>) => sql<string>`any(${[...values]}::text[])`
const columns = ['id', 'stream', 'kind', 'repository', 'commit', 'author', 'summary', 'state', 'message'] as const

/** The latest runs of each stream, newest first. */
export async function recentRuns(place: Place, streams: readonly string[]): Promise<readonly EstateRun[]> {
  return tables(place)
    .selectFrom(sql<{ value: string }>`unnest(${[...streams]}::text[])`.as<'name'>(sql`name(value)`))
    .innerJoinLateral(
      (db) =>
        db
          .selectFrom('run')
          .select([...columns, 'number', 'queuedAt', 'finishedAt', 'candidate'])
          .whereRef('stream', '=', 'name.value')
          .orderBy('number', 'desc')
          .limit(recentShown)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .select([...columns, 'queuedAt', 'finishedAt', 'candidate'])
    .orderBy('latest.stream')
    .orderBy('latest.number', 'desc')
    .execute()
}

/** Also those that waited so long that newer ones hide them. */
export async function openRuns(place: Place): Promise<readonly EstateRun[]> {
  return tables(place)
    .selectFrom('run')
    .select([...columns, 'queuedAt', 'finishedAt', 'candidate'])
    .where('finishedAt', 'is', null)
    .execute()
}

export async function activeSteps(place: Place, runs: readonly string[]): Promise<readonly EstateStep[]> {
  return tables(place)
    .selectFrom('step')
    .select(['run', 'name', 'stage', 'state', 'waiting'])
    .where('run', '=', anyOf(runs))
    .where((is) => is.or([is('state', 'in', ['running', 'waiting', 'needs-attention']), is('waiting', 'is not', null)]))
    .orderBy('position')
    .execute()
}

/** @param runs - one of each stream @returns what a run's definition says of its stages; it never changes */
export async function stagesOf(place: Place, runs: readonly string[]): Promise<ReadonlyMap<string, readonly Stage[]>> {
  const rows = await tables(place)
    .selectFrom('run')
    .select(['id', sql<readonly Stage[]>`definition->'stages'`.as('stages')])
    .where('id', '=', anyOf(runs))
    .execute()
  return new Map(rows.map(({ id, stages }) => [id, stages]))
}

export async function deployed({ db }: Place, environments: readonly string[]): Promise<readonly Deployment[]> {
  return rowsOf(db, deployments).selectAll().where('environment', '=', anyOf(environments)).where('candidate', 'is not', null).execute()
}

/** How many changes of the trunk came in after the one that each stream's production runs. */
export async function beyondProduction(
  { db }: Place,
  running: readonly { readonly stream: string; readonly candidate: string }[],
): Promise<readonly Beyond[]> {
  const streams = running.map(({ stream }) => stream)
  const candidates = running.map(({ candidate }) => candidate)
  const { rows } = await sql<Beyond>`
    select place.stream, count(distinct later.commit)::int as changes, min(later.at) as since
    from unnest(${streams}::text[], ${candidates}::text[]) as place(stream, candidate)
    join lateral (
      select max(number) as number from run where candidate = place.candidate and stream = place.stream and kind = 'delivery'
    ) as here on here.number is not null
    left join lateral (
      select commit, ${sql.ref('committedAt')} as at from run
      where stream = place.stream and number > here.number and kind = 'delivery' and ${sql.ref('onTrunk')} limit ${changesCounted}
    ) as later on true
    group by place.stream`.execute(db)
  return rows
}
