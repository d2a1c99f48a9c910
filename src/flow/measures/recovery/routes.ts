import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import type { ToldFailures } from '../attribution/read.ts'
import type { Past } from '../past.ts'
import { FlowQuery } from '../schemas.ts'
import { recoveryBoard, recoveryOf } from './board.ts'
import { RecoveryBoard, RecoveryView } from './schemas.ts'

/** How failures are mended, over HTTP. */
export function recoveryRoutes(past: () => Promise<Past>, told: () => Promise<ToldFailures>, clock: Clock): Hono<HttpEnv> {
  const route = (summary: string, schema: z.ZodType) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, schema) })
  return new Hono<HttpEnv>()
    .get(
      '/recovery',
      route('how failures of every value stream are mended', RecoveryBoard),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => c.json(recoveryBoard(await past(), await told(), c.req.valid('query'), clock.now())),
    )
    .get(
      '/flow/:stream/recovery',
      route('how failures of one value stream are mended: detected, recovered, verified', RecoveryView),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => c.json(recoveryOf(await past(), await told(), c.req.param('stream'), c.req.valid('query'), clock.now())),
    )
}
