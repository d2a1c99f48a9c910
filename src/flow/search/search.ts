import { sql, type SqlBool } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { projectionSchema } from '../../ledger/store/table.ts'
import { candidates } from '../candidate/projection.ts'
import { environments } from '../environment/projection.ts'
import type { Flag } from '../flags/flag.ts'
import { flagRevisions } from '../flags/projection.ts'
import { deploymentHistory } from '../history/projection.ts'
import { toInstant } from '../pipeline/stage-view.ts'
import { streamNames } from '../pipeline/stream-facts.ts'
import { tables } from '../pipeline/tables.ts'
import type { Found } from './schemas.ts'

type Place = Pick<Ledger, 'db'>

const ofEachKind = 8
/** So many of the newest are looked through for words; by their names all of them are found. */
const newest = 20_000

/** Value streams, environments, flags, candidates and runs in which every word of the question is. */
export async function searchFlow(place: Place, question: string): Promise<readonly Found[]> {
  const words = wordsOf(question)
  if (words.length === 0) return []
  const [streams, told, places, flags, made, runs] = await Promise.all([
    streamNames(place),
    streamsTold(place),
    findEnvironments(place, words),
    findFlags(place, words),
    findCandidates(place, words),
    findRuns(place, words),
  ])
  const ours = new Set(streams)
  return [
    ...named(streams, words).map((name) => streamFound('stream', name)),
    ...named(
      told.filter((name) => !ours.has(name)),
      words,
    ).map((name) => streamFound('history', name)),
    ...places,
    ...flags,
    ...made,
    ...runs,
  ]
}

/** Those that begin with it stand before those that hold it. */
function named(streams: readonly string[], words: readonly string[]): readonly string[] {
  const order = (name: string) => (name.toLowerCase().startsWith(words[0]!) ? 0 : 1)
  const found = streams.filter((name) => words.every((word) => name.toLowerCase().includes(word)))
  return found.toSorted((a, b) => order(a) - order(b) || a.localeCompare(b)).slice(0, ofEachKind)
}

const streamFound = (kind: 'stream' | 'history', name: string): Found => ({
  kind,
  id: name,
  stream: name,
  title: name,
  detail: '',
  at: null,
  state: null,
})

/** Value streams of which a deployment is known, whoever made it. */
async function streamsTold({ db }: Place): Promise<readonly string[]> {
  const told = sql.table(`${projectionSchema}.${deploymentHistory.table}`)
  // From each name to the next one through the index, as `streamNames`.
  const { rows } = await sql<{ stream: string }>`
    with recursive name as (
      (select stream from ${told} order by stream limit 1)
      union all
      select (select stream from ${told} where stream > name.stream order by stream limit 1) from name where name.stream is not null
    )
    select stream from name where stream is not null`.execute(db)
  return rows.map(({ stream }) => stream)
}

export const wordsOf = (question: string): readonly string[] => question.trim().toLowerCase().split(/\s+/).filter(Boolean).slice(0, 8)

/** Signs that `like` gives a meaning stand for themselves. */
const like = (word: string) => `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`
export const hasAll = (words: readonly string[], text: ReturnType<typeof sql>) =>
  sql<SqlBool>`${sql.join(
    words.map((word) => sql`${text} ilike ${like(word)}`),
    sql` and `,
  )}`

async function findEnvironments({ db }: Place, words: readonly string[]): Promise<Found[]> {
  const rows = await rowsOf(db, environments)
    .select(['id', 'stream', 'provider', 'since'])
    .where('state', '=', 'there')
    .where(hasAll(words, sql`row.id`))
    .orderBy('id')
    .limit(ofEachKind)
    .execute()
  return rows.map(({ id, stream, provider, since }) => {
    const at = since === null ? null : toInstant(since)
    return { kind: 'environment', id, stream: stream ?? id.split('/')[0]!, title: id, detail: provider ?? '', at, state: null }
  })
}

async function findFlags({ db }: Place, words: readonly string[]): Promise<Found[]> {
  const columns = ['flag', 'definition', 'at'] as const
  const latest = rowsOf(db, flagRevisions).select(columns).distinctOn('flag').orderBy('flag').orderBy('revision', 'desc').as('row')
  const text = sql`concat_ws(' ', row.flag, row.definition->>'description', row.definition->>'owner', row.definition->>'service')`
  const rows = await db
    .selectFrom(latest)
    .select(columns)
    .where(hasAll(words, text))
    // What is called so stands before what says so.
    .orderBy(sql`row.flag not ilike ${like(words[0]!)}`)
    .orderBy('flag')
    .limit(ofEachKind)
    .execute()
  return rows.map(({ flag, definition, at }) => {
    const { description, owner, service } = definition as Partial<Flag>
    const detail = [description, owner].filter(Boolean).join(' · ')
    return { kind: 'flag', id: flag, stream: service ?? '', title: flag, detail, at: at === null ? null : toInstant(at), state: null }
  })
}

async function findCandidates({ db }: Place, words: readonly string[]): Promise<Found[]> {
  const hex = words.length === 1 ? /^(?:sha256:)?([0-9a-f]{6,64})$/.exec(words[0]!)?.[1] : undefined
  const columns = ['digest', 'stream', 'commit', 'author', 'summary', 'builtAt'] as const
  const latest = rowsOf(db, candidates).select(columns).orderBy('builtAt', 'desc').limit(newest).as('row')
  const rows =
    hex === undefined
      ? await db
          .selectFrom(latest)
          .select(columns)
          .where(hasAll(words, sql`concat_ws(' ', row.stream, row.commit, row.author, row.summary)`))
          .orderBy('builtAt', 'desc')
          .limit(ofEachKind)
          .execute()
      : await rowsOf(db, candidates)
          .select(columns)
          .where((is) => is.or([is('digest', 'like', `sha256:${hex}%`), is('commit', 'like', `${hex}%`)]))
          .orderBy('builtAt', 'desc')
          .limit(ofEachKind)
          .execute()
  return rows.map(({ digest, stream, commit, author, summary, builtAt }) => ({
    kind: 'candidate',
    id: digest,
    stream: stream ?? '',
    title: summary ?? '',
    detail: `${(commit ?? '').slice(0, 7)} ${author ?? ''}`,
    at: builtAt === null ? null : toInstant(builtAt),
    state: null,
  }))
}

async function findRuns(place: Place, words: readonly string[]): Promise<Found[]> {
  const columns = ['id', 'number', 'stream', 'commit', 'branch', 'author', 'summary', 'state', 'queuedAt'] as const
  const rows = await place.db
    .selectFrom(tables(place).selectFrom('run').select(columns).orderBy('number', 'desc').limit(newest).as('row'))
    .select(columns)
    .where(hasAll(words, sql`concat_ws(' ', row.id, row.stream, row.commit, row.branch, row.author, row.summary)`))
    .orderBy('number', 'desc')
    .limit(ofEachKind)
    .execute()
  return rows.map(({ id, stream, commit, author, summary, state, queuedAt }) => ({
    kind: 'run',
    id,
    stream,
    title: summary,
    detail: `${commit.slice(0, 7)} ${author}`,
    at: new Date(queuedAt).toISOString(),
    state,
  }))
}
