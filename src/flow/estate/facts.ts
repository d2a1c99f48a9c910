import { sql } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import type { Stage } from '../definition/definition.ts'
import { deployments, type Deployment } from '../deployment/projection.ts'
import { anyOf } from '../pipeline/stream-facts.ts'
import { tables, type RunRow } from '../pipeline/tables.ts'
import type { RunState } from '../pipeline/work.ts'

type Place = Pick<Ledger, 'db'>

const recentShown = 12
/** More than that is "very many" to anyone. */
const changesCounted = 1000

export type EstateRun = Pick<
  RunRow,
  'id' | 'stream' | 'kind' | 'repository' | 'commit' | 'author' | 'summary' | 'state' | 'message' | 'queuedAt' | 'finishedAt' | 'candidate'
>
export type Beyond = { readonly stream: string; readonly changes: number; readonly since: string | null }

const columns = ['id', 'stream', 'kind', 'repository', 'commit', 'author', 'summary', 'state'] as const
const outcome = ['message', 'queuedAt', 'finishedAt', 'candidate'] as const

/** What the latest runs of a stream come to, made by the database: of hundreds of streams they are thousands of rows. */
export type Lately = {
  readonly stream: string
  /** How its deliveries stand, newest first. */
  readonly recent: readonly RunState[]
  /** Number of the newest delivery, and of the newest run that failed. */
  readonly latest: number
  readonly failed: number | null
}

export async function lately({ db }: Place, streams: readonly string[]): Promise<readonly Lately[]> {
  const { rows } = await sql<Lately>`
    select name.stream, run.*
    from unnest(${[...streams]}::text[]) as name(stream)
    join lateral (
      select
        coalesce(array_agg(state order by number desc) filter (where kind = 'delivery'), '{}') as recent,
        coalesce(max(number) filter (where kind = 'delivery'), max(number)) as latest,
        max(number) filter (where state = 'failed') as failed
      from (select number, kind, state from run where stream = name.stream order by number desc limit ${recentShown}) as newest
    ) as run on run.latest is not null`.execute(db)
  return rows
}

/** @returns by number */
export async function runsNumbered(place: Place, numbers: readonly number[]): Promise<ReadonlyMap<number, EstateRun>> {
  const runs = await tables(place)
    .selectFrom('run')
    .select([...columns, ...outcome, 'number'])
    .where('number', '=', sql<number>`any(${[...numbers]}::bigint[])`)
    .execute()
  return new Map(runs.map(({ number, ...run }) => [number, run]))
}

/** Also those that waited so long that newer ones hide them. */
export async function openRuns(place: Place): Promise<readonly EstateRun[]> {
  return tables(place)
    .selectFrom('run')
    .select([...columns, ...outcome])
    .where('finishedAt', 'is', null)
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
