import { metricsRequest, type Metric } from '../../connectors/otel/metrics.ts'
import { flowBoard } from '../../flow/measures/board.ts'
import type { Past } from '../../flow/measures/past.ts'
import { runFinished, runQueued, runStarted } from '../../flow/pipeline/events.ts'
import { invalid, messageOf } from '../../kernel/errors.ts'
import { toFact } from '../../ledger/catalogue.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { RunMetrics } from './runs.ts'

const types = [runQueued, runStarted, runFinished].map(({ type }) => type)
const timeoutMs = 10_000
const readAtOnce = 1000
/** Lead times are those of the versions of so many days. */
const days = 28

export type MetricsTarget = { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly everyMs: number }

/**
 * Where metrics go, by the variables that OpenTelemetry's exporters have for it.
 * @returns undefined: nowhere
 * @throws ThreewaysError `METRICS_TARGET`
 */
export function metricsTargetOf(env: NodeJS.ProcessEnv): MetricsTarget | undefined {
  const url = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT']
  if (url === undefined || url === '') return undefined
  const wrong = (name: string, what: string) =>
    invalid('METRICS_TARGET', { message: `${name} ${what}`, help: 'docs/history.md shows how metrics are sent' })
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw wrong('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'is no http address')
  const told = env['OTEL_EXPORTER_OTLP_METRICS_HEADERS'] ?? env['OTEL_EXPORTER_OTLP_HEADERS'] ?? ''
  const headers = Object.fromEntries(
    told
      .split(',')
      .filter((pair) => pair.trim() !== '')
      .map((pair) => {
        const at = pair.indexOf('=')
        if (at < 1) throw wrong('OTEL_EXPORTER_OTLP_HEADERS', 'is not key=value,key=value')
        return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]
      }),
  )
  const everyMs = Number(env['OTEL_METRIC_EXPORT_INTERVAL'] ?? 60_000)
  if (!(everyMs >= 1000 && everyMs <= 86_400_000))
    throw wrong('OTEL_METRIC_EXPORT_INTERVAL', 'is no number of milliseconds from 1000 to a day')
  return { url, headers, everyMs }
}

type Options = {
  readonly ledger: Pick<Ledger, 'read'>
  readonly past: () => Promise<Past>
  readonly target: MetricsTarget
  readonly now: () => number
  readonly log: (message: string) => void
}

/** Sends how pipelines run and changes flow over OTLP/HTTP, again and again. A receiver that is away misses nothing but time: all of it is cumulative. */
export function exportMetrics({ ledger, past, target, now, log }: Options): { readonly close: () => Promise<void> } {
  const runs = new RunMetrics()
  const over = new AbortController()
  let after = 0
  // All of it is counted from the ledger's beginning, whichever server does so.
  let startMs: number | undefined
  let isTold = false

  const collect = async (): Promise<readonly Metric[]> => {
    for (;;) {
      const events = await ledger.read({ after, types, limit: readAtOnce })
      for (const { event, seq } of events) {
        runs.add(toFact(event))
        after = seq
      }
      if (events.length < readAtOnce) return [...runs.metrics(), ...flowMetrics(await past(), now())]
    }
  }
  const send = async () => {
    try {
      startMs ??= Date.parse((await ledger.read({ limit: 1 }))[0]?.recordedAt ?? new Date(now()).toISOString())
      const body = JSON.stringify(metricsRequest(await collect(), { 'service.name': 'threeways' }, startMs, now()))
      const headers = { ...target.headers, 'content-type': 'application/json' }
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(timeoutMs)])
      const response = await fetch(target.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`HTTP ${response.status}`)
      if (isTold) log('metrics are taken again')
      isTold = false
    } catch (error) {
      if (!isTold && !over.signal.aborted)
        log(`metrics are not taken: ${messageOf(error instanceof Error ? (error.cause ?? error) : error)}`)
      isTold = true
    }
  }
  let sending: Promise<void> = send()
  const timer = setInterval(() => {
    // One at a time: what is slow is not asked twice.
    sending = sending.then(send)
  }, target.everyMs)
  timer.unref()
  return {
    async close() {
      clearInterval(timer)
      over.abort()
      await sending
    },
  }
}

/** OpenTelemetry has no names for these yet; ours say what they are of. */
function flowMetrics(past: Past, nowMs: number): readonly Metric[] {
  const board = flowBoard(past, { days, rows: false }, nowMs)
  const labels = (stream: string, environment: string) => ({ 'threeways.stream': stream, 'deployment.environment.name': environment })
  const deployed = [...past.streams.values()].flatMap(({ stream, deployments }) => {
    const counts = new Map<string, number>()
    for (const { environment } of deployments) counts.set(environment, (counts.get(environment) ?? 0) + 1)
    return [...counts].map(([environment, value]) => ({ labels: labels(stream, environment), value }))
  })
  const leads = board.flatMap(({ stream, order, lead }) =>
    (['p50', 'p85', 'p95'] as const).flatMap((name) => {
      const { value } = lead[name]
      return value === null
        ? []
        : [{ labels: { ...labels(stream, order.at(-1)!), 'threeways.quantile': `0.${name.slice(1)}` }, value: value / 1000 }]
    }),
  )
  return [
    {
      kind: 'sum',
      monotonic: true,
      name: 'threeways.deployments',
      unit: '{deployment}',
      description: 'Deployments on record',
      points: deployed,
    },
    {
      kind: 'gauge',
      name: 'threeways.lead_time',
      unit: 's',
      description: `Lead time of the versions of ${days} days, those on their way counted (Kaplan-Meier)`,
      points: leads,
    },
  ]
}
