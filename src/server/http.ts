import { Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { openAPIRouteHandler } from 'hono-openapi'
import { internal, invalid, messageOf, notFound, ThreewaysError, tooLarge, unauthorized } from '../kernel/errors.ts'
import { bodyAtMost, type Actor, type HttpEnv, type Problem } from '../kernel/http.ts'
import { tables } from './tables.ts'

/** Larger than any request but an import or a batch of events, which bound themselves. */
const bodyBytesMax = 9 * 1024 * 1024

export type HttpOptions = {
  /** Who shows this token. Undefined: nobody we know. */
  authenticate(token: string): Promise<Actor | undefined>
  /** What a request without a token may do; undefined: nothing. */
  readonly anonymous: Actor | undefined
  /** Host names under which the server may be asked; undefined: any. Guards a loopback server against DNS rebinding. */
  readonly hosts: ReadonlySet<string> | undefined
  /** Told of defects: what went wrong that is not the asker's fault. */
  report(error: unknown): void
  readonly version: string
}

/** The API below `/api`: authentication, problems, OpenAPI. `mount` adds what it serves. */
export function makeHttp(options: HttpOptions, mount: (api: Hono<HttpEnv>) => void): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.onError((error) => problemResponse(error, options.report))
  app.notFound((c) =>
    problemResponse(
      notFound('ROUTE_NOT_FOUND', { message: `there is no ${c.req.method} ${c.req.path}`, help: 'see /api/openapi.json' }),
      options.report,
    ),
  )
  app.use('*', guard(options))
  app.use('/api/*', authentication(options))
  app.use('/api/*', bodyAtMost(bodyBytesMax, refuseSize))
  app.use('/api/*', tables())
  const api = new Hono<HttpEnv>()
  mount(api)
  app.route('/api', api)
  app.get(
    '/api/openapi.json',
    openAPIRouteHandler(app, {
      documentation: {
        openapi: '3.1.0',
        info: { title: 'Threeways', version: options.version, description: 'Delivery on one ledger: flow, feedback, learning.' },
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }, {}],
      },
    }),
  )
  return app
}

function refuseSize(): never {
  throw tooLarge('BODY_TOO_LARGE', { message: `the body is larger than ${bodyBytesMax} bytes`, help: 'send it in parts' })
}

function guard({ hosts }: HttpOptions): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const host = c.req.header('host')
    const name = host?.replace(/:\d+$/, '')
    if (hosts !== undefined && name !== undefined && !hosts.has(name)) {
      throw invalid('HOST_UNKNOWN', { message: `this server is not "${name}"`, help: `ask it as ${[...hosts].join(' or ')}` })
    }
    // No name of ours holds one, and neither a file name nor the database can.
    if (/%00/.test(c.req.url)) throw invalid('REQUEST_INVALID', { message: 'the address holds a zero character (%00)' })
    await next()
    // On the answer itself: the context's own way makes another answer for each.
    c.res.headers.set('x-content-type-options', 'nosniff')
    c.res.headers.set('referrer-policy', 'no-referrer')
  }
}

function authentication({ authenticate, anonymous }: HttpOptions): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const header = c.req.header('authorization')
    if (header === undefined) {
      c.set('actor', anonymous ?? { name: 'nobody', scopes: [], anonymous: true })
    } else {
      const token = /^Bearer +([\w-]{20,200})$/i.exec(header)?.[1]
      const actor = token === undefined ? undefined : await authenticate(token)
      if (!actor)
        throw unauthorized('TOKEN_UNKNOWN', {
          message: 'this token is not known, or was revoked',
          help: 'make one with `threeways token create`',
        })
      c.set('actor', actor)
    }
    await next()
  }
}

/** RFC 9457. What the asker did not cause is reported here and not told. */
export function problemResponse(error: unknown, report: (error: unknown) => void): Response {
  const known = asOurs(error, report)
  const problem: Problem = {
    type: 'about:blank',
    title: known.code.toLowerCase().replaceAll('_', ' '),
    status: known.status,
    detail: known.message,
    code: known.code,
    ...(known.help === undefined ? {} : { help: known.help }),
    ...(known.faults.length === 0 ? {} : { faults: [...known.faults] }),
  }
  return Response.json(problem, { status: known.status, headers: { 'content-type': 'application/problem+json' } })
}

function asOurs(error: unknown, report: (error: unknown) => void): ThreewaysError {
  if (error instanceof ThreewaysError) return error
  if (error instanceof HTTPException && error.status < 500) {
    return new ThreewaysError(error.status === 413 ? 'tooLarge' : 'invalid', 'REQUEST_INVALID', {
      message: messageOf(error).toLowerCase() || 'the request cannot be read',
    })
  }
  report(error)
  return internal('INTERNAL', { message: 'something went wrong inside', help: 'the server log says what; nothing was half done' })
}
