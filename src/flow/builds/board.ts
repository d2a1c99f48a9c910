import { wilson } from '../../kernel/statistics/proportions.ts'
import { survival, survivalQuantile } from '../../kernel/statistics/survival.ts'
import { instant, orNull, windowOf } from '../measures/board.ts'
import type { Window } from '../measures/stream-flow.ts'
import type { Run } from './builds.ts'
import type { BuildRow, BuildsQuery, BuildsView } from './schemas.ts'

const most = 500
const tail = 0.025

/** As it was known: what happened later has not happened. Times in milliseconds. */
type Seen = {
  readonly queued: number | undefined
  readonly started: number | undefined
  readonly finished: number | undefined
  readonly outcome: string | undefined
  readonly attempt: number
}

type Told = Pick<Run, 'name' | 'queued' | 'started' | 'finished' | 'outcome' | 'attempt'>

/**
 * How long runs and their jobs wait and last, by name, and how they end.
 * @param latest - until when something is known of them, in milliseconds
 */
export function buildsView(runs: readonly Run[], query: BuildsQuery, latest: number): BuildsView {
  const window = windowOf({ ...query, rows: false }, latest)
  const kinds = new Map<string, { readonly pipeline: string | null; readonly job: string | null; readonly all: Seen[] }>()
  const add = (pipeline: string | undefined, job: string | null, told: Told) => {
    const seen = seenAt(told, window)
    if (seen === undefined) return
    const key = JSON.stringify([pipeline, job])
    const kind = kinds.get(key) ?? { pipeline: pipeline ?? null, job, all: [] }
    kinds.set(key, kind)
    kind.all.push(seen)
  }
  for (const run of runs) {
    if (run.queued !== undefined || run.started !== undefined || run.finished !== undefined) add(run.name, null, run)
    for (const job of run.jobs) add(run.name, job.name ?? job.job, job)
  }
  const rows = [...kinds.values()].map(({ pipeline, job, all }) => ({
    row: rowOf(pipeline, job, all, window),
    spent: spentBy(all, window),
  }))
  return {
    since: instant(window.since),
    until: instant(window.until),
    asOf: instant(window.asOf),
    total: rows.length,
    rows: rows
      .toSorted((a, b) => b.spent - a.spent)
      .slice(0, most)
      .map(({ row }) => row),
  }
}

/** Runs of a stream: whoever tells of them says so, or they are of a repository that it is built from. */
export const runsOf = (runs: readonly Run[], stream: string, repositories: ReadonlySet<string>): readonly Run[] =>
  runs.filter((run) =>
    run.stream === undefined ? run.repository !== undefined && repositories.has(run.repository) : run.stream === stream,
  )

/** Undefined: it does not belong to the window. */
function seenAt({ queued, started, finished, outcome, attempt }: Told, { since, until, asOf }: Window): Seen | undefined {
  const begin = queued ?? started ?? finished
  if (begin === undefined || begin < since || begin >= until || begin > asOf) return undefined
  const known = (at: number | undefined) => (at !== undefined && at > asOf ? undefined : at)
  const over = known(finished)
  return { queued, started: known(started), finished: over, outcome: over === undefined ? undefined : outcome, attempt }
}

function rowOf(pipeline: string | null, job: string | null, all: readonly Seen[], { asOf }: Window): BuildRow {
  const asked = all.filter(({ queued, started, finished }) => queued !== undefined && (started !== undefined || finished === undefined))
  const begun = all.filter(({ started }) => started !== undefined)
  const ended = all.filter(({ outcome }) => outcome === 'success' || outcome === 'failure' || outcome === 'error')
  const hits = ended.filter(({ outcome }) => outcome === 'success').length
  return {
    pipeline,
    job,
    runs: all.length,
    finished: all.filter(({ finished }) => finished !== undefined).length,
    queue: spreadOf(asked.map(({ queued, started }) => [queued!, started])),
    duration: spreadOf(begun.map(({ started, finished }) => [started!, finished])),
    success: ended.length === 0 ? null : { share: hits / ended.length, ...wilson({ hits, of: ended.length }, tail), of: ended.length },
    reruns: all.filter(({ attempt }) => attempt > 1).length,
  }

  function spreadOf(spans: readonly (readonly [begin: number, end: number | undefined])[]): BuildRow['queue'] {
    if (spans.length === 0) return null
    const curve = survival(
      Float64Array.from(spans, ([begin, end]) => (end ?? asOf) - begin),
      Uint8Array.from(spans, ([, end]) => (end === undefined ? 0 : 1)),
    )
    const time = (share: number) => orNull(survivalQuantile(curve, share))
    return { count: spans.length, p50: time(0.5), p85: time(0.85), p95: time(0.95) }
  }
}

const spentBy = (all: readonly Seen[], { asOf }: Window) =>
  all.reduce((sum, { started, finished }) => sum + (started === undefined ? 0 : (finished ?? asOf) - started), 0)
