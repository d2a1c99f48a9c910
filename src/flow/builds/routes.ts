import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { Clock } from '../../kernel/clock.ts'
import { notFound } from '../../kernel/errors.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Lineages } from '../lineage/lineages.ts'
import { streamsMeant } from '../team/meant.ts'
import type { Owners } from '../team/owners.ts'
import { buildsView } from './board.ts'
import type { Builds } from './builds.ts'
import { BuildsBoardQuery, BuildsQuery, BuildsView } from './schemas.ts'

/** How long builds wait and last, and how they end, over HTTP. */
export function buildRoutes(
  builds: () => Promise<Builds>,
  lineages: () => Promise<Lineages>,
  owners: () => Promise<Owners>,
  clock: Clock,
): Hono<HttpEnv> {
  const route = (summary: string) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, BuildsView) })
  const buildsOf = async (all: Builds, streams: ReadonlySet<string>): Promise<Builds> => {
    const { links } = (await lineages()).repositories
    const repositories = all.repositories()
    const sources = [...streams].flatMap((stream) => links.of(stream, repositories).map(({ repository }) => repository))
    return all.ofStreams(streams, new Set(sources))
  }
  return new Hono<HttpEnv>()
    .get('/builds', route('how long pipelines and jobs wait and last'), requires('read'), valid('query', BuildsBoardQuery), async (c) => {
      const query = c.req.valid('query')
      const meant = await streamsMeant(owners, query, clock.now())
      const all = await builds()
      // A team's are seen in the window in which all are seen: what is its own alone says the same there and here.
      const own = meant === undefined ? all : await buildsOf(all, meant)
      return c.json(buildsView(own, query, all.horizonOf(all, clock.now())))
    })
    .get(
      '/builds/:stream',
      route('how long pipelines and jobs of one value stream wait and last'),
      requires('read'),
      valid('query', BuildsQuery),
      async (c) => {
        const stream = c.req.param('stream')
        const all = await builds()
        const own = await buildsOf(all, new Set([stream]))
        if (own.count === 0)
          throw notFound('BUILDS_UNKNOWN', {
            message: `nothing is known of builds of "${stream}"`,
            help: 'webhooks, `threeways import github` or OpenTelemetry bring them in: docs/webhooks.md, docs/history.md',
          })
        return c.json(buildsView(own, c.req.valid('query'), all.horizonOf(own, clock.now())))
      },
    )
}
