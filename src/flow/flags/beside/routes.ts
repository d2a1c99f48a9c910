import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { answers, requires, type HttpEnv } from '../../../kernel/http.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import type { Flags } from '../flags.ts'
import { FlagBeside } from '../schemas.ts'
import { besideOf } from './read.ts'

/** What happened beside a flag, over HTTP. */
export function besideRoutes(place: Pick<LedgerTransaction, 'db'>, flags: Flags): Hono<HttpEnv> {
  const summary = 'what happened to the service of a flag while the flag lived: deployments and incidents'
  return new Hono<HttpEnv>().get(
    '/flags/:flag/beside',
    describeRoute({ summary, tags: ['flags'], responses: answers(summary, FlagBeside) }),
    requires('read'),
    async (c) => c.json(await besideOf(place, await flags.life(c.req.param('flag')))),
  )
}
