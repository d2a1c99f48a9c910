import { wilson } from '../../kernel/statistics/proportions.ts'
import { survival, survivalQuantile } from '../../kernel/statistics/survival.ts'
import { instant, orNull, windowOf } from '../measures/board.ts'
import type { Builds, Execution } from './builds.ts'
import type { BuildRow, BuildsQuery, BuildsView } from './schemas.ts'

const most = 500
const tail = 0.025

/** What is known of runs, or of jobs, of one name. Times in milliseconds. */
class Kind {
  runs = 0
  finished = 0
  reruns = 0
  ended = 0
  hits = 0
  /** How long they ran, all together. */
  spent = 0
  readonly waited = new Spans()
  readonly lasted = new Spans()

  /** As it was known: what happened later has not happened. */
  add({ queued, started: begun, finished: over, outcome, attempt }: Execution, asOf: number): void {
    const started = begun !== undefined && begun <= asOf ? begun : undefined
    const finished = over !== undefined && over <= asOf ? over : undefined
    this.runs++
    if (attempt > 1) this.reruns++
    if (finished !== undefined) {
      this.finished++
      if (outcome === 'success') this.hits++
      if (outcome === 'success' || outcome === 'failure' || outcome === 'error') this.ended++
    }
    if (queued !== undefined && (started !== undefined || finished === undefined)) this.waited.add(queued, started, asOf)
    if (started === undefined) return
    this.lasted.add(started, finished, asOf)
    this.spent += (finished ?? asOf) - started
  }
}

class Spans {
  readonly #lasted: number[] = []
  readonly #ended: number[] = []

  /** @param end - undefined: not yet */
  add(begin: number, end: number | undefined, asOf: number): void {
    this.#lasted.push((end ?? asOf) - begin)
    this.#ended.push(end === undefined ? 0 : 1)
  }

  spread(): BuildRow['queue'] {
    if (this.#lasted.length === 0) return null
    const curve = survival(Float64Array.from(this.#lasted), Uint8Array.from(this.#ended))
    const time = (share: number) => orNull(survivalQuantile(curve, share))
    return { count: curve.count, p50: time(0.5), p85: time(0.85), p95: time(0.95) }
  }
}

/**
 * How long runs and their jobs wait and last, by name, and how they end.
 * @param latest - until when something is known of them, in milliseconds
 */
export function buildsView(builds: Builds, query: BuildsQuery, latest: number): BuildsView {
  const window = windowOf({ ...query, rows: false }, latest)
  const kinds = new Map<string | undefined, Map<string | null, Kind>>()
  builds.executions(window.since, window.until, (pipeline, job, told) => {
    const begin = told.queued ?? told.started ?? told.finished
    if (begin === undefined || begin < window.since || begin >= window.until || begin > window.asOf) return
    const jobs = kinds.get(pipeline) ?? new Map<string | null, Kind>()
    const kind = jobs.get(job) ?? new Kind()
    kinds.set(pipeline, jobs.set(job, kind))
    kind.add(told, window.asOf)
  })
  const rows = [...kinds].flatMap(([pipeline, jobs]) => [...jobs].map(([job, kind]) => ({ pipeline: pipeline ?? null, job, kind })))
  return {
    since: instant(window.since),
    until: instant(window.until),
    asOf: instant(window.asOf),
    total: rows.length,
    rows: rows
      .toSorted((a, b) => b.kind.spent - a.kind.spent)
      .slice(0, most)
      .map(({ pipeline, job, kind }) => rowOf(pipeline, job, kind)),
  }
}

function rowOf(pipeline: string | null, job: string | null, { runs, finished, reruns, ended, hits, waited, lasted }: Kind): BuildRow {
  return {
    pipeline,
    job,
    runs,
    finished,
    queue: waited.spread(),
    duration: lasted.spread(),
    success: ended === 0 ? null : { share: hits / ended, ...wilson({ hits, of: ended }, tail), of: ended },
    reruns,
  }
}
