import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { readJson } from '../connectors/otel/json.ts'
import { protobufAnswer, protobufStatus, readProtobuf } from '../connectors/otel/protobuf.ts'
import type { Span } from '../connectors/otel/span.ts'
import { tellOf } from '../connectors/otel/tell.ts'
import { eventOf } from '../flow/history/record.ts'
import { hasCode, invalid, ThreewaysError, tooLarge } from '../kernel/errors.ts'
import { requires, type HttpEnv } from '../kernel/http.ts'
import type { CloudEvent } from '../ledger/event.ts'
import type { Ledger } from '../ledger/ledger.ts'

const unpackedBytesMax = 32 * 1024 * 1024
const unpack = promisify(gunzip)

type Encoding = 'json' | 'protobuf'

/**
 * OpenTelemetry traces over OTLP/HTTP (OTLP 1.x), for exporters and collectors: what spans say of runs, tasks and deployments is recorded,
 * once however often it is sent, all the others are let go. Set OTEL_EXPORTER_OTLP_ENDPOINT to `…/api/otlp`.
 */
export function otlpRoutes(ledger: Pick<Ledger, 'append'>): Hono<HttpEnv> {
  const summary = 'take OpenTelemetry traces over OTLP/HTTP: runs, tasks and deployments of a pipeline'
  return new Hono<HttpEnv>().post(
    '/otlp/v1/traces',
    describeRoute({ summary, tags: ['otlp'], responses: { 200: { description: 'ExportTraceServiceResponse' } } }),
    requires('events'),
    async (c) => {
      const encoding = encodingOf(c.req.header('content-type'))
      try {
        if (encoding === undefined)
          throw invalid('OTLP_INVALID', {
            message: 'the content type is none of OTLP/HTTP',
            help: 'send application/x-protobuf or application/json',
          })
        const bytes = await bodyOf(c.req.raw)
        const { events, refused } = eventsOf(encoding === 'json' ? readJson(bytes) : readProtobuf(bytes))
        if (events.length > 0) await ledger.append(events)
        return accepted(encoding, refused)
      } catch (error) {
        if (!(error instanceof ThreewaysError) || error.kind === 'internal') throw error
        return refusal(encoding ?? 'json', error)
      }
    },
  )
}

function encodingOf(contentType = ''): Encoding | undefined {
  const media = contentType.split(';', 1)[0]!.trim().toLowerCase()
  return media === 'application/json' ? 'json' : media === 'application/x-protobuf' ? 'protobuf' : undefined
}

async function bodyOf(request: Request): Promise<Uint8Array> {
  const bytes = new Uint8Array(await request.arrayBuffer())
  const packing = request.headers.get('content-encoding') ?? 'identity'
  if (packing === 'identity') return bytes
  if (packing !== 'gzip')
    throw invalid('OTLP_INVALID', { message: `content encoding "${packing}" is not known`, help: 'send gzip or none' })
  try {
    return await unpack(bytes, { maxOutputLength: unpackedBytesMax })
  } catch (error) {
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE'))
      throw tooLarge('BODY_TOO_LARGE', { message: `the body unpacks to more than ${unpackedBytesMax} bytes`, help: 'send it in parts' })
    throw invalid('OTLP_INVALID', { message: 'the body is not packed by gzip, or cut off', cause: error })
  }
}

function eventsOf(spans: readonly Span[]): { readonly events: readonly CloudEvent[]; readonly refused: readonly string[] } {
  const events: CloudEvent[] = []
  const refused: string[] = []
  for (const span of spans) {
    const found = tellOf(span)
    if (typeof found === 'string') refused.push(found)
    else if (found !== undefined) events.push(...found.told.map((one) => eventOf(one, found.source)))
  }
  return { events, refused }
}

/** ExportTraceServiceResponse, with what could not be taken as partial success. */
function accepted(encoding: Encoding, refused: readonly string[]): Response {
  const message = refused.length === 0 ? '' : `${refused[0]}${refused.length > 1 ? `, and ${refused.length - 1} more` : ''}`.slice(0, 1000)
  if (encoding === 'protobuf') return answer(protobufAnswer(refused.length, message), encoding, 200)
  const partialSuccess = refused.length === 0 ? {} : { partialSuccess: { rejectedSpans: refused.length, errorMessage: message } }
  return answer(JSON.stringify(partialSuccess), encoding, 200)
}

/** google.rpc.Status, which OTLP/HTTP wants as the body of a refusal. */
function refusal(encoding: Encoding, { message, help, status }: ThreewaysError): Response {
  const told = help === undefined ? message : `${message}; ${help}`
  return answer(encoding === 'protobuf' ? protobufStatus(told) : JSON.stringify({ message: told }), encoding, status)
}

const answer = (body: string | Uint8Array<ArrayBuffer>, encoding: Encoding, status: number) =>
  new Response(body, { status, headers: { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf' } })
