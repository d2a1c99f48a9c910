import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { Clock } from '../../kernel/clock.ts'
import { notFound } from '../../kernel/errors.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Lineages } from '../lineage/lineages.ts'
import { buildsView } from './board.ts'
import type { Builds } from './builds.ts'
import { BuildsQuery, BuildsView } from './schemas.ts'

/** How long builds wait and last, and how they end, over HTTP. */
export function buildRoutes(builds: () => Promise<Builds>, lineages: () => Promise<Lineages>, clock: Clock): Hono<HttpEnv> {
  const route = (summary: string) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, BuildsView) })
  return new Hono<HttpEnv>()
    .get('/builds', route('how long pipelines and jobs wait and last'), requires('read'), valid('query', BuildsQuery), async (c) => {
      const all = await builds()
      return c.json(buildsView(all, c.req.valid('query'), all.horizonOf(all, clock.now())))
    })
    .get(
      '/builds/:stream',
      route('how long pipelines and jobs of one value stream wait and last'),
      requires('read'),
      valid('query', BuildsQuery),
      async (c) => {
        const stream = c.req.param('stream')
        const all = await builds()
        const { links } = (await lineages()).repositories
        const sources = links.of(stream, all.repositories()).map(({ repository }) => repository)
        const own = all.ofStream(stream, new Set(sources))
        if (own.count === 0)
          throw notFound('BUILDS_UNKNOWN', {
            message: `nothing is known of builds of "${stream}"`,
            help: 'webhooks, `threeways import github` or OpenTelemetry bring them in: docs/webhooks.md, docs/history.md',
          })
        return c.json(buildsView(own, c.req.valid('query'), all.horizonOf(own, clock.now())))
      },
    )
}
