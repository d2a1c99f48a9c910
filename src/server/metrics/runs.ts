import type { Labels, Metric } from '../../connectors/otel/metrics.ts'
import type { Fact } from '../../ledger/event.ts'

/** Seconds: from a check that takes moments to a release that takes a night. */
export const bounds = [1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400] as const

type Run = { name: string; queued: number | undefined; started: number | undefined; finished: number | undefined; outcome: string }
type Told = Pick<Fact, 'type' | 'source' | 'subject' | 'time' | 'content'>

/** By the conventions for CI/CD: cicd.pipeline.result. */
const results: Readonly<Record<string, string>> = { success: 'success', failure: 'failure', cancel: 'cancellation', error: 'error' }

/** Runs of pipelines, ours and those of others, in whatever order their events come. */
export class RunMetrics {
  readonly #runs = new Map<string, Run>()

  add({ type, source, subject, time, content }: Told): void {
    const key = `${source}#${subject}`
    const run: Run = this.#runs.get(key) ?? { name: '', queued: undefined, started: undefined, finished: undefined, outcome: '' }
    this.#runs.set(key, run)
    const at = Date.parse(time)
    const { pipelineName = '', outcome = '' } = content as { readonly pipelineName?: string; readonly outcome?: string }
    run.name = greater(run.name, pipelineName)
    if (type.includes('.queued.')) run.queued = Math.min(run.queued ?? at, at)
    else if (type.includes('.started.')) run.started = Math.min(run.started ?? at, at)
    else {
      run.outcome = run.finished === at ? greater(run.outcome, outcome) : at > (run.finished ?? 0) ? outcome : run.outcome
      run.finished = Math.max(run.finished ?? at, at)
    }
  }

  metrics(): readonly Metric[] {
    const durations = new Map<string, { labels: Labels; counts: number[]; sum: number }>()
    const active = new Map<string, { labels: Labels; value: number }>()
    for (const { name, queued, started, finished, outcome } of this.#runs.values()) {
      const labels = { 'cicd.pipeline.name': name || 'unknown' }
      const ended = { ...labels, 'cicd.pipeline.result': results[outcome] ?? 'error' }
      const state = (word: 'pending' | 'executing') => ({ 'cicd.pipeline.run.state': word })
      if (finished === undefined) {
        const point = pointOf(active, { ...labels, ...state(started === undefined ? 'pending' : 'executing') }, () => ({ value: 0 }))
        point.value++
        continue
      }
      if (started === undefined) continue
      note(durations, { ...ended, ...state('executing') }, finished - started)
      if (queued !== undefined) note(durations, { ...ended, ...state('pending') }, started - queued)
    }
    return [
      {
        kind: 'histogram',
        name: 'cicd.pipeline.run.duration',
        unit: 's',
        description: 'How long runs of a pipeline took, by state',
        bounds,
        points: [...durations.values()],
      },
      {
        kind: 'sum',
        monotonic: false,
        name: 'cicd.pipeline.run.active',
        unit: '{run}',
        description: 'Runs of a pipeline that are under way, by state',
        points: [...active.values()],
      },
    ]
  }
}

function note(points: Map<string, { labels: Labels; counts: number[]; sum: number }>, labels: Labels, ms: number): void {
  // What ends before it begins is no time.
  if (ms < 0) return
  const point = pointOf(points, labels, () => ({ counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 }))
  const above = bounds.findIndex((bound) => ms / 1000 <= bound)
  const place = above === -1 ? bounds.length : above
  point.counts[place] = point.counts[place]! + 1
  point.sum += ms / 1000
}

function pointOf<T>(points: Map<string, T & { labels: Labels }>, labels: Labels, begin: () => T): T & { labels: Labels } {
  const key = JSON.stringify(labels)
  const point = points.get(key) ?? { ...begin(), labels }
  points.set(key, point)
  return point
}

const greater = (a: string, b: string) => (a >= b ? a : b)
