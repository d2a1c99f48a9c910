import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import type { Lineages } from '../../lineage/lineages.ts'
import type { Owners } from '../../team/owners.ts'
import type { Past } from '../past.ts'
import { CouplingQuery, CouplingView, PairWorks, PairWorksQuery } from './schemas.ts'
import { changedView, coupledView, pairWorksView, workedView } from './view.ts'

/** Which value streams are deployed together, over HTTP. */
export function couplingRoutes(
  past: () => Promise<Past>,
  lineages: () => Promise<Lineages>,
  owners: () => Promise<Owners>,
  clock: Clock,
): Hono<HttpEnv> {
  const summary = 'value streams that are deployed, or changed, together more often than by chance'
  const works = 'pieces of work that touched two value streams of different repositories, with their changes'
  const known = async () => {
    const { streams } = await past()
    return (stream: string) => streams.has(stream)
  }
  return new Hono<HttpEnv>()
    .get(
      '/coupling',
      describeRoute({ summary, tags: ['flow'], responses: answers(summary, CouplingView) }),
      requires('read'),
      valid('query', CouplingQuery),
      async (c) => {
        const query = c.req.valid('query')
        if (query.by === 'change') return c.json(changedView(await lineages(), query, clock.now(), await owners()))
        if (query.by === 'work') return c.json(workedView(await lineages(), query, clock.now(), await owners(), await known()))
        return c.json(coupledView(await past(), query, clock.now(), await owners()))
      },
    )
    .get(
      '/coupling/works',
      describeRoute({ summary: works, tags: ['flow'], responses: answers(works, PairWorks) }),
      requires('read'),
      valid('query', PairWorksQuery),
      async (c) => c.json(pairWorksView(await lineages(), c.req.valid('query'), clock.now(), await known())),
    )
}
