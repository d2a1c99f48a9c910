import { gzipSync } from 'node:zlib'
import { serve, type ServerType } from '@hono/node-server'
import { SpanStatusCode, type Attributes } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CloudEvent } from '../ledger/event.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const commit = 'a'.repeat(40)
const began = Date.UTC(2026, 2, 1, 9, 30)

describe('OpenTelemetry traces', () => {
  let t: TestThreeways
  let server: ServerType
  let endpoint: string
  let secret: string
  beforeAll(async () => {
    t = await openTestThreeways()
    secret = ((await t.ask('POST', '/api/tokens', { name: 'ci', scopes: ['events'] })).body as { secret: string }).secret
    await new Promise<void>((resolve) => {
      server = serve({ fetch: t.threeways.app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
        endpoint = `http://127.0.0.1:${port}/api/otlp/v1/traces`
        resolve()
      })
    })
  })
  afterAll(async () => {
    server.close()
    await t.close()
  })

  const after = async (head: number) => {
    const { events } = (await t.ask('GET', `/api/events?after=${head}`)).body as { events: { event: CloudEvent }[] }
    return events.map(({ event }) => event)
  }
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    fetch(endpoint, { method: 'POST', body, headers: { authorization: `Bearer ${secret}`, ...headers } })

  describe.each([
    ['protobuf', ProtobufExporter],
    ['JSON', JsonExporter],
  ])('of the exporter for %s', (_, Exporter) => {
    let head: number
    beforeEach(async () => {
      head = await t.threeways.ledger.head()
    })
    const exporter = () => {
      const options = { url: endpoint, headers: { authorization: `Bearer ${secret}` }, compression: 'gzip' as never }
      return new Exporter(options)
    }
    const provider = new (class {
      made: BasicTracerProvider | undefined
      get tracer() {
        const resource = resourceFromAttributes({ 'service.name': 'shop', 'vcs.repository.name': 'shop', 'vcs.owner.name': 'acme' })
        this.made = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter())] })
        return this.made.getTracer('ci')
      }
    })()
    afterEach(() => provider.made?.shutdown())
    const send = async (spans: readonly { name: string; minutes: number; attributes: Attributes; failed?: boolean }[]) => {
      const { tracer } = provider
      for (const { name, minutes, attributes, failed } of spans) {
        const span = tracer.startSpan(name, { startTime: began, attributes })
        if (failed === true) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end(began + minutes * 60_000)
      }
      await provider.made!.forceFlush()
    }

    it('tell of a run, its tasks and what it deployed, and of nothing else', async () => {
      const run = { 'cicd.pipeline.name': 'release', 'cicd.pipeline.run.id': '42', 'vcs.ref.head.revision': commit }
      await send([
        { name: 'BUILD release', minutes: 9, attributes: { ...run, 'cicd.pipeline.result': 'success' } },
        {
          name: 'unit tests',
          minutes: 4,
          failed: true,
          attributes: { ...run, 'cicd.pipeline.task.name': 'unit tests', 'cicd.pipeline.task.run.id': 'job-7' },
        },
        {
          name: 'deploy',
          minutes: 5,
          attributes: {
            ...run,
            'cicd.pipeline.task.name': 'deploy',
            'cicd.pipeline.task.run.id': 'job-8',
            'cicd.pipeline.task.type': 'deploy',
            'cicd.pipeline.task.run.result': 'success',
            'deployment.environment.name': 'production',
          },
        },
        { name: 'GET /cart', minutes: 0, attributes: { 'http.request.method': 'GET' } },
      ])
      const events = await after(head)
      expect(events.map(({ type }) => type.replace(/^dev\.cdevents\.|\.\d.*/g, '')).toSorted()).toEqual([
        'pipelinerun.finished',
        'pipelinerun.started',
        'service.deployed',
        'taskrun.finished',
        'taskrun.finished',
        'taskrun.started',
        'taskrun.started',
      ])
      const tests = events.find(({ subject, type }) => subject === '42/job-7' && type.includes('finished'))!
      expect(tests).toMatchObject({
        source: '/otlp/release',
        data: { subject: { content: { outcome: 'failure', taskName: 'unit tests' } } },
      })
      expect(tests.data.customData).toMatchObject({ repository: 'acme/shop', commit, stream: 'shop' })
      expect(events.find(({ type }) => type.includes('service.deployed'))).toMatchObject({
        time: '2026-03-01T09:35:00.000Z',
        data: { subject: { content: { environment: { id: 'shop/production' } } }, customData: { stream: 'shop', version: commit, commit } },
      })
      const flow = await t.ask('GET', '/api/flow/shop?rows=true')
      expect(flow.body).toMatchObject({ order: ['production'], deployments: expect.any(Number) })
    })

    it('say that a deployment failed, or that half of it is missing', async () => {
      const failed = { 'deployment.environment.name': 'production', 'deployment.status': 'failed', 'service.version': '1.2.3' }
      await send([
        { name: 'roll-out', minutes: 1, attributes: failed },
        { name: 'roll-out', minutes: 1, attributes: { 'deployment.status': 'succeeded' } },
      ])
      expect((await after(head)).map(({ type, data }) => [type, data.subject.content])).toEqual([
        ['dev.cdeventsx.threeways-deployment.failed.0.1.0', { stream: 'shop', environment: 'production', version: '1.2.3' }],
      ])
    })
  })

  it('are recorded once, however often they are sent, and what cannot be used is told', async () => {
    const span = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      name: 'x',
      startTimeUnixNano: '1772357400000000000',
      endTimeUnixNano: '1772357460000000000',
    }
    const named = (attributes: Record<string, string>) =>
      Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))
    const body = JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                { ...span, attributes: named({ 'cicd.pipeline.run.id': '7', 'cicd.pipeline.result': 'timeout' }) },
                { ...span, spanId: 'b7ad6b7169203332', attributes: named({ 'deployment.id': '9' }) },
              ],
            },
          ],
        },
      ],
    })
    const headers = { 'content-type': 'application/json' }
    const head = await t.threeways.ledger.head()
    expect(await (await post(body, headers)).json()).toEqual({
      partialSuccess: { rejectedSpans: 1, errorMessage: expect.stringContaining('says not service.name, deployment.environment.name') },
    })
    await post(body, headers)
    expect((await after(head)).map(({ data }) => data.subject.content['outcome'])).toEqual([undefined, 'error'])
  })

  const json = { 'content-type': 'application/json' }
  const protobuf = { 'content-type': 'application/x-protobuf' }
  it.each([
    ['what is no JSON', '{', json, 400, 'not JSON'],
    [
      'what is of another shape',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"7"}]}]}]}',
      json,
      400,
      '/resourceSpans/0/scopeSpans/0/spans/0/traceId',
    ],
    ['protobuf that is cut off', Uint8Array.from([0x0a, 0x20, 0x12, 0x04]), protobuf, 400, 'protobuf'],
    ['what is no protobuf', 'hello there', protobuf, 400, 'protobuf'],
    ['what is packed otherwise than it says', 'hello', { ...json, 'content-encoding': 'gzip' }, 400, 'gzip'],
    ['what unpacks to 50 MB', gzipSync(Buffer.alloc(50e6, 32)), { ...json, 'content-encoding': 'gzip' }, 413, 'unpacks to more'],
    ['another content type', 'x', { 'content-type': 'text/plain' }, 400, 'content type'],
  ])('refuse %s, and record nothing', async (_, body, headers, status, told) => {
    const head = await t.threeways.ledger.head()
    const response = await post(body as string, headers as Record<string, string>)
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(told)])
    expect(await t.threeways.ledger.head()).toBe(head)
  })

  it('need a token that may record', async () => {
    expect((await post('{}', { ...json, authorization: 'Bearer nobody' })).status).toBe(401)
    expect((await post(new Uint8Array(50e6), protobuf)).status).toBe(413)
  })
})
