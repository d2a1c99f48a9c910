import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { viewBoard, viewOneStop, viewStats, viewStop } from './board.ts'
import type { Line } from './line.ts'
import { Board, LineStats, LineView, StopOnBoard } from './schemas.ts'
import { parseScope } from './scope.ts'

const Person = z.string().trim().min(1, 'say who').max(200)
const Why = z.string().trim().min(1, 'say why').max(2000)
const Stop = z.object({ reason: Why, owner: Person.optional() })
const Start = z.object({
  reason: z.string().max(2000).default(''),
  stop: z.string().optional().meta({ description: 'which stop, when several are open' }),
  falseStop: z.boolean().default(false).meta({ description: 'there was nothing wrong' }),
})
const dayMs = 86_400_000
const Window = z.object({ days: z.coerce.number().min(0.01).max(3660).default(30).meta({ description: 'how far back' }) })

export type LineRoutes = { readonly line: Line; readonly ledger: Pick<Ledger, 'db' | 'read'>; readonly clock: Clock }

/** Stop the line of a value stream or of more or less than one, come to help, start it again, and how that went. */
export function lineRoutes({ line, ledger, clock }: LineRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['feedback'], responses: answers(summary, response) })
  const view = async (stream: string) => {
    const stops = await line.openStops([stream])
    return { status: stops.length > 0 ? ('stopped' as const) : ('open' as const), stops: stops.map(viewStop) }
  }
  const one = (id: string) => viewOneStop(ledger, id, clock.now())

  app.get('/streams/:stream/line', route('whether the line moves', LineView), requires('read'), async (c) =>
    c.json(await view(c.req.param('stream'))),
  )
  app.post(
    '/streams/:stream/stop',
    route('stop the line of a value stream', LineView),
    requires('operate'),
    valid('json', Stop),
    async (c) => {
      const stream = c.req.param('stream')
      await line.stop({ ...c.req.valid('json'), scope: { kind: 'service', stream }, by: c.var.actor.name })
      return c.json(await view(stream))
    },
  )
  app.post('/streams/:stream/start', route('end a stop', LineView), requires('operate'), valid('json', Start), async (c) => {
    const { reason, stop, falseStop } = c.req.valid('json')
    await line.start(c.req.param('stream'), reason, c.var.actor.name, stop, falseStop)
    return c.json(await view(c.req.param('stream')))
  })

  app.get('/line', route('every open stop, and the latest that ended', Board), requires('read'), async (c) =>
    c.json(await viewBoard(ledger, clock.now())),
  )
  app.get('/line/stats', route('how often and how long the line stood', LineStats), requires('read'), valid('query', Window), async (c) => {
    const now = clock.now()
    return c.json(await viewStats(ledger, now - c.req.valid('query').days * dayMs, now))
  })
  app.post(
    '/line/stops',
    route('stop what a scope covers', StopOnBoard),
    requires('operate'),
    valid('json', Stop.extend({ scope: z.string().max(400) })),
    async (c) => {
      const { scope, ...stop } = c.req.valid('json')
      return c.json(await one(await line.stop({ ...stop, scope: parseScope(scope), by: c.var.actor.name })), 201)
    },
  )
  app.get('/line/stops/:id', route('one stop, open or over', StopOnBoard), requires('read'), async (c) =>
    c.json(await one(c.req.param('id'))),
  )
  app.post(
    '/line/stops/:id/start',
    route('end this stop', StopOnBoard),
    requires('operate'),
    valid('json', Start.omit({ stop: true })),
    async (c) => {
      const { reason, falseStop } = c.req.valid('json')
      return c.json(await one(await line.start(undefined, reason, c.var.actor.name, c.req.param('id'), falseStop)))
    },
  )
  app.post(
    '/line/stops/:id/join',
    route('come to help', StopOnBoard),
    requires('operate'),
    valid('json', z.object({ who: Person.optional() })),
    async (c) => {
      await line.join(c.req.param('id'), c.req.valid('json').who ?? c.var.actor.name)
      return c.json(await one(c.req.param('id')))
    },
  )
  app.post(
    '/line/stops/:id/owner',
    route('say who leads the way out', StopOnBoard),
    requires('operate'),
    valid('json', z.object({ owner: Person.optional() })),
    async (c) => {
      const by = c.var.actor.name
      await line.own(c.req.param('id'), c.req.valid('json').owner ?? by, by)
      return c.json(await one(c.req.param('id')))
    },
  )
  app.post(
    '/line/stops/:id/notes',
    route('say what was found out', StopOnBoard),
    requires('operate'),
    valid('json', z.object({ note: z.string().trim().min(1, 'say what').max(4000) })),
    async (c) => {
      await line.note(c.req.param('id'), c.req.valid('json').note, c.var.actor.name)
      return c.json(await one(c.req.param('id')))
    },
  )
  app.post(
    '/line/stops/:id/verdict',
    route('say whether it had been right to stop', StopOnBoard),
    requires('operate'),
    valid('json', z.object({ falseStop: z.boolean(), reason: Why })),
    async (c) => {
      const { falseStop, reason } = c.req.valid('json')
      await line.judge(c.req.param('id'), falseStop, reason, c.var.actor.name)
      return c.json(await one(c.req.param('id')))
    },
  )
  return app
}
