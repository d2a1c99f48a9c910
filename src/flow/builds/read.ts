import { sharedLook } from '../../kernel/shared-look.ts'
import { toFact } from '../../ledger/catalogue.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { runHistory, runNamed, runTypes, taskHistory, type PastRun, type PastTask } from '../history/runs.ts'
import { Builds, timesOf, type Job, type Run } from './builds.ts'

/** So many new events are looked at one by one; more of them, and all is read again. */
const newMax = 1000

/** Reads every run once, and afterwards those of which something was told. Whoever asks together shares the look. */
export function makeBuilds(ledger: Pick<Ledger, 'db' | 'head' | 'read'>): () => Promise<Builds> {
  let seen: number | undefined
  let runs = new Map<string, Run>()
  let builds = new Builds([])
  return sharedLook(async () => {
    // Before the rows: what comes in between is read now and once more.
    const head = await ledger.head()
    if (seen === head) return builds
    const news = seen === undefined ? [] : await ledger.read({ after: seen, types: runTypes, limit: newMax })
    if (seen === undefined || news.length === newMax) runs = await readRuns(ledger)
    else if (news.length > 0) {
      const names = new Set(news.flatMap(({ event }) => runNamed(toFact(event) as Parameters<typeof runNamed>[0]) ?? []))
      const sources = new Set(news.map(({ event }) => event.source))
      // A task that names no run is of none.
      const told = names.size === 0 ? [] : await readRuns(ledger, { sources: [...sources], names: [...names] })
      for (const [key, run] of told) runs.set(key, run)
    }
    if (seen === undefined || news.length > 0) builds = new Builds([...runs.values()])
    seen = news.length === newMax ? head : Math.max(head, news.at(-1)?.seq ?? 0)
    return builds
  })
}

const keyOf = ({ source, run }: Pick<PastRun, 'source' | 'run'>) => `${source}\u0000${run}`

type Which = { readonly sources: readonly string[]; readonly names: readonly string[] }

/** @param which - runs of these sources and names, as their keys have them: they are found without looking at all; undefined: all of them */
async function readRuns({ db }: Pick<Ledger, 'db'>, which?: Which): Promise<Map<string, Run>> {
  const [allRuns, allTasks] = [rowsOf(db, runHistory).selectAll(), rowsOf(db, taskHistory).selectAll()]
  const rows = await (
    which === undefined ? allRuns : allRuns.where('source', 'in', which.sources).where('run', 'in', which.names)
  ).execute()
  const tasks = await (
    which === undefined ? allTasks : allTasks.where('source', 'in', which.sources).where('run', 'in', which.names)
  ).execute()
  const jobs = Map.groupBy(tasks as readonly PastTask[], keyOf)
  const told = new Map((rows as readonly PastRun[]).map((row) => [keyOf(row), row]))
  const runs = new Map<string, Run>()
  for (const [key, row] of told) runs.set(key, runOf(row, jobs.get(key) ?? []))
  // Of some only the jobs are told.
  for (const [key, own] of jobs) if (!told.has(key)) runs.set(key, runOf({ ...own[0]!, ...unsaid }, own))
  return runs
}

const unsaid = { name: null, queued: null, started: null, finished: null, outcome: null, attempt: null, kind: null }

const executionOf = ({ name, queued, started, finished, outcome, attempt }: PastRun | PastTask) => ({
  name: name ?? undefined,
  ...timesOf({ queued, started, finished }),
  outcome: outcome ?? undefined,
  attempt: attempt ?? 1,
})

function runOf(row: PastRun, tasks: readonly PastTask[]): Run {
  const { source, run, repository, commit, stream, environment, kind } = row
  return {
    ...executionOf(row),
    source,
    run,
    repository: repository ?? undefined,
    commit: commit ?? undefined,
    stream: stream ?? undefined,
    environment: environment ?? undefined,
    kind: kind ?? undefined,
    jobs: tasks.map((task): Job => ({ ...executionOf(task), job: task.task, stage: task.stage ?? undefined })),
  }
}
