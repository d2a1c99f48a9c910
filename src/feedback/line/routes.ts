import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Line } from './line.ts'
import type { LineStop } from './projection.ts'

/** One stop of a line, as the API shows it. */
export const StopView = z.object({
  id: z.string(),
  stream: z.string(),
  reason: z.string(),
  by: z.string(),
  since: z.iso.datetime(),
  cause: z.enum(['person', 'rollback', 'red-trunk']),
  commit: z.string().nullable(),
  candidate: z.string().nullable(),
  run: z.string().nullable(),
})
export type StopView = z.infer<typeof StopView>

const LineView = z.object({ status: z.enum(['open', 'stopped']), stops: z.array(StopView) }).meta({ id: 'Line' })
const Stop = z.object({ reason: z.string().trim().min(1, 'say why').max(2000) })
const Start = z.object({
  reason: z.string().max(2000).default(''),
  stop: z.string().optional().meta({ description: 'which stop, when several are open' }),
})

export function viewStop(stop: LineStop): StopView {
  const { id, stream, reason, by, since, cause, commit, candidate, run } = stop
  const kind = cause === 'rollback' || cause === 'red-trunk' ? cause : 'person'
  return {
    id,
    stream: stream ?? '',
    reason: reason ?? '',
    by: by ?? '',
    since: new Date(since ?? 0).toISOString(),
    cause: kind,
    commit,
    candidate,
    run,
  }
}

/** Stop and start the line of a value stream. */
export function lineRoutes(line: Line): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string) => describeRoute({ summary, tags: ['feedback'], responses: answers(summary, LineView) })
  const view = async (stream: string) => {
    const stops = await line.openStops([stream])
    return { status: stops.length > 0 ? ('stopped' as const) : ('open' as const), stops: stops.map(viewStop) }
  }
  app.get('/streams/:stream/line', route('whether the line moves'), requires('read'), async (c) =>
    c.json(await view(c.req.param('stream'))),
  )
  app.post('/streams/:stream/stop', route('stop the line'), requires('operate'), valid('json', Stop), async (c) => {
    await line.stop(c.req.param('stream'), c.req.valid('json').reason, c.var.actor.name)
    return c.json(await view(c.req.param('stream')))
  })
  app.post('/streams/:stream/start', route('end a stop'), requires('operate'), valid('json', Start), async (c) => {
    const { reason, stop } = c.req.valid('json')
    await line.start(c.req.param('stream'), reason, c.var.actor.name, stop)
    return c.json(await view(c.req.param('stream')))
  })
  return app
}
