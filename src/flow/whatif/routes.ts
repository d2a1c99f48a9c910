import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Past } from '../measures/past.ts'
import { SweepQuery, WhatIfQuery, WhatIfSweep, WhatIfView } from './schemas.ts'
import { sweep, whatIf } from './views.ts'

/** What a change would do to a stream's flow, over HTTP. */
export function whatIfRoutes(past: () => Promise<Past>, clock: Clock): Hono<HttpEnv> {
  const route = (told: string, schema: z.ZodType) => describeRoute({ summary: told, tags: ['flow'], responses: answers(told, schema) })
  return new Hono<HttpEnv>()
    .get('/whatif/:stream', route('what a change would do', WhatIfView), requires('read'), valid('query', WhatIfQuery), async (c) =>
      c.json(whatIf(await past(), c.req.param('stream'), c.req.valid('query'), clock.now())),
    )
    .get(
      '/whatif/:stream/sweep',
      route('what each stage and gate would do', WhatIfSweep),
      requires('read'),
      valid('query', SweepQuery),
      async (c) => c.json(sweep(await past(), c.req.param('stream'), c.req.valid('query'), clock.now())),
    )
}
