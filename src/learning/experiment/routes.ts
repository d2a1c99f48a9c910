import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Experiments } from './experiments.ts'
import { Deciding, ExperimentOverlaps, ExperimentRow, ExperimentStatus, Planned, Planning } from './schemas.ts'
import { overlapsView, rowView, statusView } from './views.ts'

/** Experiments over HTTP. */
export function experimentRoutes(experiments: Experiments): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType, status = 200) =>
    describeRoute({ summary, tags: ['experiments'], responses: answers(summary, response, status) })

  app.get('/experiments', route('every experiment', z.object({ experiments: z.array(ExperimentRow) })), requires('read'), async (c) =>
    c.json({ experiments: (await experiments.all()).map(rowView) }),
  )
  app.get(
    '/experiment-overlaps',
    route('pairs of running experiments: do their effects depend on each other', ExperimentOverlaps),
    requires('read'),
    async (c) => c.json(overlapsView(await experiments.overlaps())),
  )
  app.post('/experiments', route('write an experiment down', Planned, 201), requires('operate'), valid('json', Planning), async (c) => {
    const { kept, notes } = await experiments.plan(c.req.valid('json').plan, c.var.actor.name)
    return c.json({ ...rowView(kept), notes: [...notes] }, 201)
  })
  app.get('/experiments/:experiment', route('what an experiment says by now', ExperimentStatus), requires('read'), async (c) =>
    c.json(statusView(await experiments.status(c.req.param('experiment')))),
  )
  app.post('/experiments/:experiment/start', route('count from now on', ExperimentRow), requires('operate'), async (c) =>
    c.json(rowView(await experiments.start(c.req.param('experiment'), c.var.actor.name))),
  )
  app.post(
    '/experiments/:experiment/decide',
    route('decide, and end it', ExperimentRow),
    requires('operate'),
    valid('json', Deciding),
    async (c) => {
      const { arm, ...how } = c.req.valid('json')
      return c.json(rowView(await experiments.decide(c.req.param('experiment'), { ...how, arm, by: c.var.actor.name })))
    },
  )
  return app
}
