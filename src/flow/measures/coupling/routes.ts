import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import type { Lineages } from '../../lineage/lineages.ts'
import type { Owners } from '../../team/owners.ts'
import type { Past } from '../past.ts'
import { CouplingQuery, CouplingView } from './schemas.ts'
import { changedView, coupledView } from './view.ts'

/** Which value streams are deployed together, over HTTP. */
export function couplingRoutes(
  past: () => Promise<Past>,
  lineages: () => Promise<Lineages>,
  owners: () => Promise<Owners>,
  clock: Clock,
): Hono<HttpEnv> {
  const summary = 'value streams that are deployed, or changed, together more often than by chance'
  return new Hono<HttpEnv>().get(
    '/coupling',
    describeRoute({ summary, tags: ['flow'], responses: answers(summary, CouplingView) }),
    requires('read'),
    valid('query', CouplingQuery),
    async (c) => {
      const query = c.req.valid('query')
      if (query.by === 'change') return c.json(changedView(await lineages(), query, clock.now(), await owners()))
      return c.json(coupledView(await past(), query, clock.now(), await owners()))
    },
  )
}
