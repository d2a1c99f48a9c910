import { sql } from 'kysely'
import { sharedLook } from '../../kernel/shared-look.ts'
import { toFact } from '../../ledger/catalogue.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { projectionSchema } from '../../ledger/store/table.ts'
import { runHistory, runNamed, runTypes, taskHistory, type PastRun, type PastTask } from '../history/runs.ts'
import { Builds, keyOf, timesOf, type Job, type Run, type RunName } from './builds.ts'
import { Columns } from './columns.ts'

/** So many new events are looked at one by one; more of them, and all is read again. */
const newMax = 1000
/** Of so many runs rows are in memory at once. */
const pageSize = 5000

/** Reads every run once, and afterwards those of which something was told. Whoever asks together shares the look. */
export function makeBuilds(ledger: Pick<Ledger, 'db' | 'head' | 'read'>): () => Promise<Builds> {
  let seen: number | undefined
  let base = new Columns()
  let told = new Map<string, Run>()
  let builds = new Builds([])
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more.
    const head = await ledger.head()
    if (seen === head) return builds
    const news = seen === undefined ? [] : await ledger.read({ after: seen, types: runTypes, limit: newMax })
    if (seen === undefined || news.length === newMax) {
      base = await readAll(ledger)
      told = new Map()
    } else if (news.length > 0) {
      const names = new Set(news.flatMap(({ event }) => runNamed(toFact(event) as Parameters<typeof runNamed>[0]) ?? []))
      const sources = new Set(news.map(({ event }) => event.source))
      // A task that names no run is of none.
      const again = names.size === 0 ? [] : await readTold(ledger, [...sources], [...names])
      for (const run of again) told.set(keyOf(run), run)
      if (told.size > newMax) {
        base = columnsOf(new Builds([...told.values()], base))
        told = new Map()
      }
    }
    if (seen === undefined || news.length > 0) builds = new Builds([...told.values()], base)
    seen = news.length === newMax ? head : Math.max(head, news.at(-1)?.seq ?? 0)
    return builds
  })
}

function columnsOf(runs: Iterable<Run>): Columns {
  const columns = new Columns()
  for (const run of runs) columns.add(run)
  return columns
}

/** All of them, page by page: as rows they are many times as large as what is kept of them. */
async function readAll({ db }: Pick<Ledger, 'db'>): Promise<Columns> {
  const columns = new Columns()
  const [runs, tasks] = [runHistory, taskHistory].map(({ table }) => sql.table(`${projectionSchema}.${table}`))
  let after: RunName = { source: '', run: '' }
  for (;;) {
    const behind = sql<boolean>`(source, run) > (${after.source}, ${after.run})`
    // Of some only the jobs are told.
    const { rows: names } = await sql<RunName>`
      (select source, run from ${runs} where ${behind} order by source, run limit ${pageSize})
      union (select distinct source, run from ${tasks} where ${behind} order by source, run limit ${pageSize})
      order by source, run limit ${pageSize}`.execute(db)
    const last = names.at(-1)
    if (last === undefined) return columns
    const page = sql<boolean>`${behind} and (source, run) <= (${last.source}, ${last.run})`
    const rows = await rowsOf(db, runHistory).selectAll().where(page).execute()
    const jobs = await rowsOf(db, taskHistory).selectAll().where(page).orderBy('task').execute()
    for (const run of runsOf(rows, jobs)) columns.add(run)
    after = last
  }
}

/** Runs of these sources and names, as their keys have them: they are found without looking at all. */
async function readTold({ db }: Pick<Ledger, 'db'>, sources: readonly string[], names: readonly string[]): Promise<readonly Run[]> {
  const rows = await rowsOf(db, runHistory).selectAll().where('source', 'in', sources).where('run', 'in', names).execute()
  const jobs = await rowsOf(db, taskHistory).selectAll().where('source', 'in', sources).where('run', 'in', names).orderBy('task').execute()
  return runsOf(rows, jobs)
}

function runsOf(rows: readonly PastRun[], tasks: readonly PastTask[]): readonly Run[] {
  const jobs = Map.groupBy(tasks, keyOf)
  const runs = rows.map((row) => runOf(row, jobs.get(keyOf(row)) ?? []))
  const told = new Set(rows.map(keyOf))
  // Of some only the jobs are told.
  for (const [key, own] of jobs) if (!told.has(key)) runs.push(runOf({ ...own[0]!, ...unsaid }, own))
  return runs
}

const unsaid = { name: null, queued: null, started: null, finished: null, outcome: null, attempt: null, kind: null }

const executionOf = ({ queued, started, finished, outcome, attempt }: PastRun | PastTask) => ({
  ...timesOf({ queued, started, finished }),
  outcome: outcome ?? undefined,
  attempt: attempt ?? 1,
})

function runOf(row: PastRun, tasks: readonly PastTask[]): Run {
  const { source, run, name, repository, commit, stream, environment, kind } = row
  return {
    ...executionOf(row),
    source,
    run,
    name: name ?? undefined,
    repository: repository ?? undefined,
    commit: commit ?? undefined,
    stream: stream ?? undefined,
    environment: environment ?? undefined,
    kind: kind ?? undefined,
    jobs: tasks.map((task): Job => ({ ...executionOf(task), name: task.name ?? task.task, stage: task.stage ?? undefined })),
  }
}
