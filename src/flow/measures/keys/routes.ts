import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import type { Lineages } from '../../lineage/lineages.ts'
import { streamsMeant } from '../../team/meant.ts'
import type { Owners } from '../../team/owners.ts'
import type { ToldFailures } from '../attribution/read.ts'
import type { Past } from '../past.ts'
import { BoardQuery, FlowQuery } from '../schemas.ts'
import { BatchesView } from '../batch/schemas.ts'
import { batchesOfStream, batchesView, keysBoard, keysOfStream, type Commits } from './board.ts'
import { KeysBoard, StreamKeysDetail } from './schemas.ts'

/** The five DORA keys over HTTP. */
export function keysRoutes(
  past: () => Promise<Past>,
  told: () => Promise<ToldFailures>,
  lineages: () => Promise<Lineages>,
  owners: () => Promise<Owners>,
  clock: Clock,
): Hono<HttpEnv> {
  const route = (summary: string, schema: z.ZodType) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, schema) })
  return new Hono<HttpEnv>()
    .get('/keys', route('the five DORA keys of every value stream', KeysBoard), requires('read'), valid('query', BoardQuery), async (c) => {
      const query = c.req.valid('query')
      const meant = await streamsMeant(owners, query, clock.now())
      const all = await past()
      const commits = await commitsOf(await lineages(), [...(meant ?? all.streams.keys())])
      return c.json(keysBoard(all, await told(), query, clock.now(), commits, meant))
    })
    .get(
      '/keys/:stream',
      route('the five DORA keys of one value stream', StreamKeysDetail),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => {
        const stream = c.req.param('stream')
        const commits = await commitsOf(await lineages(), [stream])
        return c.json(keysOfStream(await past(), await told(), stream, c.req.valid('query'), clock.now(), commits))
      },
    )
    .get(
      '/batches',
      route('whether larger deployments fail more often, of all value streams', BatchesView),
      requires('read'),
      valid('query', BoardQuery),
      async (c) => {
        const query = c.req.valid('query')
        const meant = await streamsMeant(owners, query, clock.now())
        return c.json(batchesView(await past(), await told(), query, clock.now(), meant))
      },
    )
    .get(
      '/batches/:stream',
      route('whether larger deployments of one value stream fail more often', BatchesView),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => c.json(batchesOfStream(await past(), await told(), c.req.param('stream'), c.req.valid('query'), clock.now())),
    )
}

async function commitsOf(lineages: Lineages, streams: readonly string[]): Promise<Commits> {
  const found = await lineages.ofAll(streams)
  return (stream) => found.get(stream) ?? []
}
