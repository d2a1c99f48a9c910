import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import { streamsMeant } from '../../team/meant.ts'
import type { Owners } from '../../team/owners.ts'
import type { ToldFailures } from '../attribution/read.ts'
import type { Past } from '../past.ts'
import { BoardQuery, FlowQuery } from '../schemas.ts'
import { recoveryBoard, recoveryOf } from './board.ts'
import { RecoveryBoard, RecoveryView } from './schemas.ts'

/** How failures are mended, over HTTP. */
export function recoveryRoutes(
  past: () => Promise<Past>,
  told: () => Promise<ToldFailures>,
  owners: () => Promise<Owners>,
  clock: Clock,
): Hono<HttpEnv> {
  const route = (summary: string, schema: z.ZodType) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, schema) })
  return new Hono<HttpEnv>()
    .get(
      '/recovery',
      route('how failures of every value stream are mended', RecoveryBoard),
      requires('read'),
      valid('query', BoardQuery),
      async (c) => {
        const query = c.req.valid('query')
        const meant = await streamsMeant(owners, query, clock.now())
        return c.json(recoveryBoard(await past(), await told(), query, clock.now(), meant))
      },
    )
    .get(
      '/flow/:stream/recovery',
      route('how failures of one value stream are mended: detected, recovered, verified', RecoveryView),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => c.json(recoveryOf(await past(), await told(), c.req.param('stream'), c.req.valid('query'), clock.now())),
    )
}
