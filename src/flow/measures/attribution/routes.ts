import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import type { NewId } from '../../../kernel/ids.ts'
import { event } from '../../../ledger/event.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { incidentAttributed } from '../../history/events.ts'
import { streamsMeant } from '../../team/meant.ts'
import type { Owners } from '../../team/owners.ts'
import { failuresBoard } from '../keys/board.ts'
import { Failures } from '../keys/schemas.ts'
import type { Past } from '../past.ts'
import { BoardQuery } from '../schemas.ts'
import { correct } from './correct.ts'
import type { ToldFailures } from './read.ts'

const Name = z.string().trim().min(1).max(1000)
const Said = z.object({
  deployment: Name.meta({
    description: 'by its name, or a version: the latest deployment of it before the incident; "none": it came of none',
  }),
  reason: z.string().trim().min(1, 'say why').max(2000),
  stream: Name.optional(),
  environment: Name.optional(),
})
const Recorded = z.object({
  incident: z.string(),
  stream: z.string(),
  environment: z.string(),
  deployment: z.string().nullable(),
  version: z.string().nullable(),
  by: z.string(),
  reason: z.string(),
})

type Parts = {
  readonly ledger: Pick<Ledger, 'append'>
  readonly past: () => Promise<Past>
  readonly told: () => Promise<ToldFailures>
  readonly owners: () => Promise<Owners>
  readonly clock: Clock
  readonly newId: NewId
}

/** What failed and what it came of, over HTTP; and a person's word on it. */
export function failureRoutes({ ledger, past, told, owners, clock, newId }: Parts): Hono<HttpEnv> {
  const route = (summary: string, schema: z.ZodType) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, schema) })
  return new Hono<HttpEnv>()
    .get(
      '/failures',
      route('what failed in the last environments, and the deployments that may have caused it', Failures),
      requires('read'),
      valid('query', BoardQuery),
      async (c) => {
        const query = c.req.valid('query')
        const meant = await streamsMeant(owners, query, clock.now())
        return c.json(failuresBoard(await past(), await told(), query, clock.now(), meant))
      },
    )
    .post(
      '/incidents/:incident/attribution',
      route('say which deployment an incident came of', Recorded),
      requires('operate'),
      valid('json', Said),
      async (c) => {
        const { reason, ...said } = c.req.valid('json')
        const { incident, deployment } = correct({ ...said, incident: c.req.param('incident') }, await past(), await told())
        const by = c.var.actor.name
        const place = { stream: incident.stream, environment: incident.environment }
        const what = deployment === undefined ? {} : { deployment: deployment.deployment }
        const envelope = { id: newId(), time: clock.instant(), source: '/threeways', subject: incident.incident }
        await ledger.append([event(incidentAttributed, envelope, { ...place, incident: incident.incident, ...what, by, reason })])
        const named = { deployment: deployment?.deployment ?? null, version: deployment?.version ?? null }
        return c.json({ incident: incident.incident, ...place, ...named, by, reason })
      },
    )
}
