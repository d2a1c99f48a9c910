import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import { differenceOf, patchOf, type Differing } from './difference.ts'
import { Difference, Patch } from './schemas.ts'

const Against = z.object({
  against: z.string().min(1).max(200).default('production').meta({ description: 'a stage, or another candidate' }),
})
const OfFile = Against.extend({
  path: z.string().min(1).max(4096),
  previous: z.string().min(1).max(4096).optional().meta({ description: 'its path before it was moved' }),
})

/** What a candidate changes. */
export function differenceRoutes(differing: Differing): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, response) })
  app.get(
    '/candidates/:candidate/diff',
    route('what a candidate changes of what runs in a stage', Difference),
    requires('read'),
    valid('query', Against),
    async (c) => c.json(await differenceOf(differing, c.req.param('candidate'), c.req.valid('query').against)),
  )
  app.get(
    '/candidates/:candidate/diff/file',
    route('the text of what it changes in one file, at most 256 KiB', Patch),
    requires('read'),
    valid('query', OfFile),
    async (c) => {
      const { against, path, previous } = c.req.valid('query')
      return c.json(await patchOf(differing, c.req.param('candidate'), against, path, previous))
    },
  )
  return app
}
