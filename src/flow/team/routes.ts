import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import { instantOf, type Clock } from '../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { NewId } from '../../kernel/ids.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Past } from '../measures/past.ts'
import { own } from './own.ts'
import type { Owners } from './owners.ts'
import { OwnersQuery, OwnersRecorded, OwnersSaid, OwnersView } from './schemas.ts'

type Parts = {
  readonly ledger: Pick<Ledger, 'append'>
  readonly owners: () => Promise<Owners>
  readonly past: () => Promise<Past>
  readonly clock: Clock
  readonly newId: NewId
}

/** Which team value streams belong to, over HTTP. */
export function teamRoutes({ past, ...parts }: Parts): Hono<HttpEnv> {
  const { owners, clock } = parts
  const route = (summary: string, schema: z.ZodType) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, schema) })
  const streams = async () => new Set((await past()).streams.keys())
  return new Hono<HttpEnv>()
    .get(
      '/owners',
      route('which team each value stream belongs to', OwnersView),
      requires('read'),
      valid('query', OwnersQuery),
      async (c) => c.json(ownersView(await owners(), c.req.valid('query'), clock.now())),
    )
    .post(
      '/owners',
      route('say which team value streams belong to; all of it or nothing', OwnersRecorded),
      requires('operate'),
      valid('json', OwnersSaid),
      async (c) => c.json(await own({ ...parts, streams }, { ...c.req.valid('json'), by: c.var.actor.name })),
    )
}

function ownersView(owners: Owners, { asOf, team }: z.infer<typeof OwnersQuery>, nowMs: number): OwnersView {
  const at = asOf === undefined ? nowMs : Date.parse(asOf)
  const meant = team === undefined ? undefined : owners.streamsOf(team, at)
  const rows = owners.at(at).filter(({ stream }) => meant?.has(stream) ?? true)
  return {
    owners: rows.map(({ stream, team: of, since, by, reason }) => ({
      stream,
      team: of,
      since: instantOf(since),
      by,
      reason: reason ?? null,
    })),
  }
}
