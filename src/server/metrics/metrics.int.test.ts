import * as fc from 'fast-check'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Instant } from '../../kernel/clock.ts'
import { eventOf } from '../../flow/history/record.ts'
import type { Told } from '../../flow/history/history.port.ts'
import { toFact } from '../../ledger/catalogue.ts'
import { openTestThreeways, type TestThreeways } from '../testing.ts'
import { metricsTargetOf } from './exporting.ts'
import { RunMetrics } from './runs.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 9, minute)).toISOString() as Instant
const run = (name: string, minutes: readonly [number, number, number?]): readonly Told[] => {
  const common = { kind: 'run', run: name, name: 'CI' } as const
  const [queued, started, finished] = minutes
  return [
    { ...common, phase: 'queued', id: `${name} q`, at: at(queued) },
    { ...common, phase: 'started', id: `${name} s`, at: at(started) },
    ...(finished === undefined ? [] : [{ ...common, phase: 'finished', id: `${name} f`, at: at(finished), outcome: 'failure' } as const]),
  ]
}
const events = [...run('1', [0, 2, 12]), ...run('2', [1, 5, 6]), ...run('3', [7, 8])].map((one) => eventOf(one, '/ci/acme'))

type Point = { attributes: { key: string; value: { stringValue: string } }[]; bucketCounts?: string[]; sum?: number; asDouble?: number }
type Request = {
  resourceMetrics: {
    scopeMetrics: {
      metrics: {
        name: string
        unit: string
        histogram?: { dataPoints: Point[] }
        sum?: { dataPoints: Point[] }
        gauge?: { dataPoints: Point[] }
      }[]
    }[]
  }[]
}
const labels = ({ attributes }: Point) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key.replace('cicd.pipeline.', ''), value.stringValue]))

describe('metrics', () => {
  let t: TestThreeways | undefined
  let receiver: Server
  const taken: { headers: Record<string, unknown>; body: Request }[] = []
  let refuses = 0
  beforeEach(async () => {
    taken.length = 0
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (refuses-- > 0) return void response.writeHead(503).end()
        taken.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as Request })
        response.end('{}')
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    await t?.close()
    t = undefined
    receiver.close()
  })

  it('are sent over OTLP in the words of OpenTelemetry, also to a receiver that was away', async () => {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/metrics`
    refuses = 1
    const told: string[] = []
    t = await openTestThreeways({ metrics: { url, headers: { 'x-tenant': 'a' }, everyMs: 50 }, log: (message) => told.push(message) })
    await t.threeways.ledger.append([
      ...events,
      ...(['test', 'production'] as const).map((environment, n) =>
        eventOf({ kind: 'deployment', id: environment, at: at(n * 10), stream: 'shop', environment, version: 'v1' }, '/ci/acme'),
      ),
    ])
    const named = (name: string) => taken.at(-1)?.body.resourceMetrics[0]!.scopeMetrics[0]!.metrics.find((one) => one.name === name)
    await expect.poll(() => named('threeways.lead_time')?.gauge?.dataPoints.length ?? 0, { timeout: 20_000 }).toBeGreaterThan(0)
    expect(taken.at(-1)!.headers['x-tenant']).toBe('a')
    const points = named('cicd.pipeline.run.duration')!.histogram!.dataPoints
    const executing = points.find((point) => labels(point)['run.state'] === 'executing')!
    expect(labels(executing)).toEqual({ name: 'CI', result: 'failure', 'run.state': 'executing' })
    expect([executing.sum, executing.bucketCounts!.map(Number).reduce((a, b) => a + b)]).toEqual([660, 2])
    expect(named('cicd.pipeline.run.active')!.sum!.dataPoints.map((point) => [labels(point)['run.state'], point.asDouble])).toEqual([
      ['executing', 1],
    ])
    expect(named('threeways.deployments')!.sum!.dataPoints).toHaveLength(2)
    expect(named('threeways.lead_time')!.gauge!.dataPoints[0]!.asDouble).toBe(600)
    expect(told.filter((one) => one.includes('metrics'))).toEqual(['metrics are not taken: HTTP 503', 'metrics are taken again'])
  })

  it('are the same in whatever order the events come, and however often', () => {
    const facts = events.map((event) => toFact(event))
    const of = (all: readonly (typeof facts)[number][]) => {
      const metrics = new RunMetrics()
      for (const fact of all) metrics.add(fact)
      return JSON.stringify(metrics.metrics().map(({ points }) => points.map((point) => JSON.stringify(point)).toSorted()))
    }
    fc.assert(
      fc.property(fc.shuffledSubarray(facts, { minLength: facts.length }), (all) => {
        expect(of([...all, ...all.slice(3)])).toBe(of(facts))
      }),
    )
  })

  it('are refused a target that is none', () => {
    expect(metricsTargetOf({})).toBeUndefined()
    expect(
      metricsTargetOf({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://otel:4318/v1/metrics', OTEL_EXPORTER_OTLP_HEADERS: 'a=b%20c' }),
    ).toEqual({
      url: 'http://otel:4318/v1/metrics',
      headers: { a: 'b c' },
      everyMs: 60_000,
    })
    expect(() => metricsTargetOf({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'otel:4318' })).toThrow('is no http address')
    expect(() => metricsTargetOf({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://otel', OTEL_METRIC_EXPORT_INTERVAL: 'soon' })).toThrow(
      'OTEL_METRIC_EXPORT_INTERVAL',
    )
  })
})
