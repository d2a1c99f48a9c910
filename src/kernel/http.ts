import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { resolver, validator } from 'hono-openapi'
import { z, type ZodType } from 'zod'
import { forbidden, invalid, unauthorized, type Fault } from './errors.ts'

/** What a token may be good for; `admin` is good for everything. */
export const scopes = ['read', 'events', 'evaluate', 'deliver', 'operate', 'emergency', 'work', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** Who asks. */
export type Actor = { readonly name: string; readonly scopes: readonly Scope[]; /** No token was shown. */ readonly anonymous: boolean }

export type HttpEnv = { Variables: { actor: Actor } }

/** Lets a request through only when its token is good for `scope`. @throws ThreewaysError `TOKEN_MISSING`, `SCOPE_MISSING` */
export function requires(scope: Scope): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { actor } = c.var
    if (!actor.scopes.some((held) => includes(held, scope))) throw notAllowed(actor, scope)
    await next()
  }
}

/** Whoever may act may also see what comes of it. */
const includes = (held: Scope, wanted: Scope): boolean =>
  held === wanted || held === 'admin' || (wanted === 'read' && (held === 'deliver' || held === 'operate'))

function notAllowed(actor: Actor, scope: Scope) {
  if (actor.anonymous) {
    return unauthorized('TOKEN_MISSING', {
      message: `this needs a token with the scope "${scope}"`,
      help: 'send it as `Authorization: Bearer <token>`; make one with `threeways token create`',
    })
  }
  return forbidden('SCOPE_MISSING', {
    message: `the token "${actor.name}" is good for ${actor.scopes.join(', ')}, not for "${scope}"`,
    help: `ask for one with the scope "${scope}"`,
  })
}

/** Lets no larger body through. @param refuse - what is answered instead */
export function bodyAtMost(bytes: number, refuse: (c: Ask) => Response): MiddlewareHandler<HttpEnv> {
  const counting = bodyLimit({ maxSize: bytes, onError: refuse as (c: Context) => Response })
  return async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const length = c.req.header('content-length')
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return counting(c, next)
    // Nobody sends more than they said. To look at the body itself would cost more than a short request as a whole.
    return Number(length) <= bytes ? next() : refuse(c)
  }
}

type Target = 'json' | 'query' | 'param'

/** Validates a part of the request and puts its schema into OpenAPI. What does not fit is named by path; the input is not echoed. */
export function valid<T extends ZodType, P extends Target>(target: P, schema: T) {
  return validator(target, schema, (result) => {
    if (!result.success)
      throw invalid('REQUEST_INVALID', {
        message: `the ${names[target]} is not as described`,
        faults: result.error.map(fault),
        help: 'see /api/openapi.json',
      })
  })
}

const names: Record<Target, string> = { json: 'body', query: 'query', param: 'path' }

function fault(issue: { readonly message: string; readonly path?: readonly unknown[] | undefined }): Fault {
  const keys = (issue.path ?? []).map((part) => (typeof part === 'object' && part !== null && 'key' in part ? part.key : part))
  return { path: `/${keys.join('/')}`, message: issue.message }
}

/** Problem details, RFC 9457, with our code, help and faults. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    help: z.string().optional(),
    faults: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          file: z.string().optional(),
          line: z.int().optional(),
          column: z.int().optional(),
          value: z.string().optional(),
          help: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

/** The responses of an operation for OpenAPI: its answer, and a problem for everything else. */
export function answers(description: string, schema: ZodType, status = 200) {
  return {
    [status]: { description, content: { 'application/json': { schema: resolver(schema) } } },
    default: {
      description: 'what is wrong, where, and what to do',
      content: { 'application/problem+json': { schema: resolver(Problem) } },
    },
  }
}

export type Ask = Context<HttpEnv>
