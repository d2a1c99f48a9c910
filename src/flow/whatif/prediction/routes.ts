import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import { streamsMeant } from '../../team/meant.ts'
import type { Owners } from '../../team/owners.ts'
import { TeamName } from '../../team/schemas.ts'
import type { Predictions } from './predictions.ts'
import { KeepPrediction, PredictionBoard, PredictionRow } from './schemas.ts'

const Scored = z.object({ scored: z.int() })
const BoardQuery = z.object({
  stream: z.string().min(1).max(1000).optional(),
  team: TeamName.optional().meta({ description: 'only of value streams that belong to this team now' }),
})

/** What was predicted and what happened, over HTTP. */
export function predictionRoutes(predictions: Predictions, owners: () => Promise<Owners>, clock: Clock): Hono<HttpEnv> {
  const route = (told: string, schema: z.ZodType) => describeRoute({ summary: told, tags: ['flow'], responses: answers(told, schema) })
  return new Hono<HttpEnv>()
    .post(
      '/whatif/:stream',
      route('keep what a change would do as a prediction', PredictionRow),
      requires('operate'),
      valid('json', KeepPrediction),
      async (c) => c.json(await predictions.keep(c.req.param('stream'), c.req.valid('json'), c.var.actor.name)),
    )
    .get(
      '/predictions',
      route('what was predicted, and what happened', PredictionBoard),
      requires('read'),
      valid('query', BoardQuery),
      async (c) => {
        const { stream, team } = c.req.valid('query')
        const meant = await streamsMeant(owners, { team }, clock.now())
        return c.json(await predictions.board((one) => (stream ?? one) === one && (meant === undefined || meant.has(one))))
      },
    )
    .post('/predictions/score', route('record the scores of predictions whose window has passed', Scored), requires('operate'), async (c) =>
      c.json({ scored: await predictions.score() }),
    )
}
