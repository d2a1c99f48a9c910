import { Hono, type Context } from 'hono'
import { describeRoute } from 'hono-openapi'
import { sha256, shortDigest } from '../../../kernel/digest.ts'
import { ThreewaysError } from '../../../kernel/errors.ts'
import { bodyAtMost, requires, type HttpEnv } from '../../../kernel/http.ts'
import type { Evaluation } from '../../../../sdk/src/evaluate/evaluator.ts'
import type { Metadata } from '../../../../sdk/src/evaluate/flag-set.ts'
import type { Served } from './served.ts'
import type { Counting } from './counting.ts'
import type { Tickets } from './tickets.ts'

/** A context is what is known of one user; more than this is a mistake. */
const contextBytesMax = 128 * 1024
const inactivitySec = 120

/**
 * OpenFeature Remote Evaluation Protocol 0.3 (open-feature/protocol, `service/openapi.yaml`), below `/flag-sets/{environment}`: any
 * OpenFeature SDK with an OFREP provider works with that as its base address.
 */
export function ofrepRoutes(served: Served, tickets: Tickets, counting: Counting): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const told = (summary: string) => describeRoute({ summary, tags: ['flags'], responses: { 200: { description: 'as OFREP 0.3 has it' } } })
  const limit = bodyAtMost(contextBytesMax, (c) =>
    c.json({ errorCode: 'INVALID_CONTEXT', errorDetails: `the context is larger than ${contextBytesMax} bytes` }, 400),
  )

  app.post(
    '/flag-sets/:environment/ofrep/v1/evaluate/flags/:key',
    told('evaluate one flag (OFREP)'),
    requires('evaluate'),
    limit,
    async (c) => {
      const key = c.req.param('key')
      const found = await evaluatorFor(c, served)
      if ('problem' in found) return c.json({ key, ...found.problem }, 404)
      const context = await contextOf(c)
      if ('problem' in context) return c.json({ key, ...context.problem }, 400)
      const result = found.evaluator.evaluate(key, context.context)
      if (result.errorCode === 'FLAG_NOT_FOUND') return c.json(failure(key, result), 404)
      if (result.errorCode !== undefined) return c.json(failure(key, result), 400)
      counting.count(found.set.environment, key, result.variant, result.revision)
      return inJson(c, success(key, result))
    },
  )

  app.post(
    '/flag-sets/:environment/ofrep/v1/evaluate/flags',
    told('evaluate every flag (OFREP)'),
    requires('evaluate'),
    limit,
    async (c) => {
      const found = await evaluatorFor(c, served)
      if ('problem' in found) return c.json(found.problem, 404)
      const context = await contextOf(c)
      if ('problem' in context) return c.json(context.problem, 400)
      const { environment } = found.set
      const requestUri = `/api/flag-sets/${encodeURIComponent(environment)}/events${tickets.queryFor(c.var.actor)}`
      // The same flags for the same context at the same address: an answer that nothing changed carries no new one.
      const etag = `"${found.set.etag.slice(1, -1)}-${shortDigest(sha256(`${context.text} ${requestUri}`))}"`
      c.header('etag', etag)
      if (c.req.header('if-none-match') === etag) return c.body(null, 304)
      const flags = found.evaluator.evaluateAll(context.context).map((one) => answerOf(one.key, one))
      const eventStreams = [{ type: 'sse', endpoint: { requestUri }, inactivityDelaySec: inactivitySec }]
      const rest = JSON.stringify({ metadata: found.evaluator.metadata(), eventStreams })
      return inJson(c, `{"flags":[${flags.join(',')}],${rest.slice(1)}`)
    },
  )
  return app
}

async function evaluatorFor(c: Context<HttpEnv>, served: Served) {
  try {
    return await served.of(c.req.param('environment')!)
  } catch (error) {
    if (!(error instanceof ThreewaysError) || error.kind !== 'notFound') throw error
    return { problem: { errorCode: 'FLAG_NOT_FOUND', errorDetails: `${error.message}; ${error.help}` } }
  }
}

type Found =
  | { readonly context: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly problem: { readonly errorCode: string; readonly errorDetails: string } }

async function contextOf(c: Context<HttpEnv>): Promise<Found> {
  const text = await c.req.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return { problem: { errorCode: 'PARSE_ERROR', errorDetails: 'the body is not JSON' } }
  }
  const context = isMap(body) ? (body['context'] ?? {}) : undefined
  if (!isMap(context)) return { problem: { errorCode: 'INVALID_CONTEXT', errorDetails: 'the body should be {"context": {…}}' } }
  const { targetingKey } = context
  if (targetingKey !== undefined && typeof targetingKey !== 'string')
    return { problem: { errorCode: 'INVALID_CONTEXT', errorDetails: 'targetingKey should be text' } }
  return { context, text }
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Why a value is what it is, in the words that OFREP has. It knows no `DEFAULT`. */
const reasons: Readonly<Record<string, string>> = { DEFAULT: 'UNKNOWN' }

/** What was answered for a flag, by why: the same few texts for everybody. With the flag's metadata, which are others when the flag is, they go. */
const answered = new WeakMap<Metadata, Map<string, { readonly value: unknown; readonly text: string }>>()

/** @returns JSON */
function success(key: string, { value, variant, reason, metadata, rule, revision }: Evaluation): string {
  let texts = answered.get(metadata)
  if (texts === undefined) answered.set(metadata, (texts = new Map()))
  const why = `${reason} ${variant ?? ''} ${rule}`
  const known = texts.get(why)
  if (known !== undefined && known.value === value) return known.text
  const text = JSON.stringify({
    key,
    // Left out where the code's own default is meant.
    ...(value === undefined ? {} : { value }),
    ...(variant === undefined ? {} : { variant }),
    reason: reasons[reason] ?? reason,
    metadata: { ...metadata, 'tw.rule': rule, ...(revision === undefined ? {} : { 'tw.rev': revision }) },
  })
  texts.set(why, { value, text })
  return text
}

const failure = (key: string, { errorCode, errorMessage }: Evaluation) => ({ key, errorCode, errorDetails: errorMessage ?? '' })

const answerOf = (key: string, result: Evaluation): string =>
  result.errorCode === undefined ? success(key, result) : JSON.stringify(failure(key, result))

const inJson = (c: Context<HttpEnv>, text: string) => c.body(text, 200, { 'content-type': 'application/json' })
