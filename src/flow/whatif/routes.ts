import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Builds } from '../builds/builds.ts'
import type { Lineages } from '../lineage/lineages.ts'
import type { Past } from '../measures/past.ts'
import { isAboutRunners, runnersView } from './runners/view.ts'
import { SweepQuery, WhatIfQuery, WhatIfSweep, WhatIfView } from './schemas.ts'
import { readChanges, sweep, whatIf } from './views.ts'

/** What a change would do to a stream's flow, over HTTP. */
export function whatIfRoutes(
  past: () => Promise<Past>,
  lineages: () => Promise<Lineages>,
  builds: () => Promise<Builds>,
  clock: Clock,
): Hono<HttpEnv> {
  const route = (told: string, schema: z.ZodType) => describeRoute({ summary: told, tags: ['flow'], responses: answers(told, schema) })
  return new Hono<HttpEnv>()
    .get('/whatif/:stream', route('what a change would do', WhatIfView), requires('read'), valid('query', WhatIfQuery), async (c) => {
      const [stream, query] = [c.req.param('stream'), c.req.valid('query')]
      const changes = readChanges(query.change)
      if (!isAboutRunners(changes)) return c.json(whatIf(await past(), stream, query, clock.now()))
      const [all, known] = [await lineages(), await builds()]
      const { links } = all.repositories
      const repositories = new Set(links.of(stream, known.repositories()).map(({ repository }) => repository))
      const parts = { past: await past(), builds: known, lineages: await all.of(stream), repositories }
      return c.json(runnersView(parts, stream, changes, query, clock.now()))
    })
    .get(
      '/whatif/:stream/sweep',
      route('what each stage and gate would do', WhatIfSweep),
      requires('read'),
      valid('query', SweepQuery),
      async (c) => c.json(sweep(await past(), c.req.param('stream'), c.req.valid('query'), clock.now())),
    )
}
