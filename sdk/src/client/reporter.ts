import type { Rehearsals } from '../dark/record.ts'
import type { Evaluation } from '../evaluate/evaluator.ts'
import { murmurOfText } from '../evaluate/murmur.ts'
import { makeBackoff, retryAfterOf } from './backoff.ts'
import { makeCollector, type Batch } from './batch.ts'
import { ask, type Server } from './request.ts'

export type ReporterOptions = {
  readonly server: Server
  readonly url: string
  readonly everyMs: number
  readonly random: () => number
  readonly environment: () => string | undefined
  readonly rehearsals: () => readonly Rehearsals[]
  /** What stands for a unit in reports. [default: 64 bits of its hash, which keep its name out of the report but are no secret] */
  readonly unitOf?: (targetingKey: string) => string
  /** Metrics of which buckets are told too. */
  readonly quantiles?: readonly string[]
}

const answerMs = 10_000
const waitingMax = 50
/** The server takes no longer name, and would refuse all that is told with it. */
const metricMax = 100

/**
 * Tells the server who was shown what, once per unit, flag, revision and variant, and what they did. Nothing that goes wrong here
 * reaches the application; what there is no room for is counted, and the count is told.
 */
export function makeReporter({ server, url, everyMs, random, environment, rehearsals, unitOf = unitHash, quantiles }: ReporterOptions) {
  const { time } = server
  const collector = makeCollector(unitOf, new Set(quantiles))
  const backoff = makeBackoff(random, everyMs, everyMs * 32)
  let waiting: Batch[] = []
  let sending: Promise<void> | undefined
  let cancel: (() => void) | undefined
  let closed = false

  function collect(): void {
    waiting.push(...collector.take(rehearsals(), () => ({ id: newId(random), environment: environment(), at: time.wall() })))
    while (waiting.length > waitingMax) {
      const { exposures, metrics, dropped } = waiting.shift()!
      collector.drop(exposures.length + metrics.length + dropped)
    }
  }

  /** @returns milliseconds until the next try */
  async function sendAll(keepalive: boolean): Promise<number> {
    for (let batch = waiting[0]; batch !== undefined; batch = waiting[0]) {
      const body = JSON.stringify(batch)
      const answer = await ask(
        server,
        url,
        { method: 'POST', headers: { 'content-type': 'application/json' }, body, keepalive },
        answerMs,
        async (response) => {
          await response.body?.cancel()
          return response
        },
      ).catch(() => undefined)
      if (answer === undefined || answer.status >= 500 || answer.status === 429 || answer.status === 408)
        return backoff.next(answer === undefined ? 0 : retryAfterOf(answer))
      backoff.reset()
      waiting = waiting.filter((one) => one !== batch)
      // It will not be taken the next time either.
      if (!answer.ok) collector.drop(batch.exposures.length + batch.metrics.length + batch.dropped)
      if (answer.status === 404 || answer.status === 401 || answer.status === 403) return everyMs * 32
    }
    return everyMs
  }

  function flush(keepalive = false): Promise<void> {
    collect()
    cancel?.()
    sending ??= sendAll(keepalive)
      .then((wait) => {
        sending = undefined
        schedule(wait)
      })
      .catch(() => {
        sending = undefined
        schedule(everyMs)
      })
    return sending
  }

  function schedule(ms: number): void {
    if (!closed) cancel = time.after(ms * (0.9 + 0.2 * random()), () => void flush())
  }

  schedule(everyMs)
  return {
    evaluated(flag: string, targetingKey: unknown, { variant, reason, revision, rule }: Evaluation): void {
      if (variant === undefined) return
      const assigned = reason === 'TARGETING_MATCH' && revision !== undefined && typeof targetingKey === 'string' && targetingKey !== ''
      collector.show(flag, revision, variant, assigned ? targetingKey : undefined, rule, time.wall)
    },
    track(metric: string, targetingKey: unknown, value: number): void {
      if (typeof targetingKey !== 'string' || targetingKey === '' || metric === '' || metric.length > metricMax) collector.drop(1)
      else collector.measure(targetingKey, metric, value)
    },
    /** Sends what there is. @param keepalive - also when the page is being left */
    flush,
    async close(): Promise<void> {
      closed = true
      await flush()
      cancel?.()
    },
  }
}

function unitHash(targetingKey: string): string {
  const half = (salt: string): string =>
    murmurOfText(salt + targetingKey)
      .toString(16)
      .padStart(8, '0')
  return half('unit a ') + half('unit b ')
}

function newId(random: () => number): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
}
