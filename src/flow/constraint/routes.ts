import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Builds } from '../builds/builds.ts'
import type { Lineages } from '../lineage/lineages.ts'
import { withOnly, type Past } from '../measures/past.ts'
import { BoardQuery, FlowQuery } from '../measures/schemas.ts'
import { streamsMeant } from '../team/meant.ts'
import type { Releases } from '../releases/releases.ts'
import type { Owners } from '../team/owners.ts'
import { ConstraintBoard, ConstraintView } from './schemas.ts'
import { constraintBoard, constraintView } from './views.ts'

/** What holds a stream up, over HTTP. */
export function constraintRoutes(
  past: () => Promise<Past>,
  lineages: () => Promise<Lineages>,
  builds: () => Promise<Builds>,
  owners: () => Promise<Owners>,
  releases: () => Promise<Releases>,
  clock: Clock,
): Hono<HttpEnv> {
  const route = (told: string, schema: z.ZodType) => describeRoute({ summary: told, tags: ['flow'], responses: answers(told, schema) })
  return new Hono<HttpEnv>()
    .get(
      '/constraint',
      route('what holds up every value stream', ConstraintBoard),
      requires('read'),
      valid('query', BoardQuery),
      async (c) => {
        const query = c.req.valid('query')
        const all = withOnly(await past(), await streamsMeant(owners, query, clock.now()))
        const commits = await (await lineages()).ofAll(all.streams.keys())
        return c.json({ rows: constraintBoard(all, query, clock.now(), commits, await builds(), await releases()) })
      },
    )
    .get(
      '/constraint/:stream',
      route('what holds up one value stream', ConstraintView),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => {
        const stream = c.req.param('stream')
        const commits = await (await lineages()).of(stream)
        return c.json(constraintView(await past(), stream, c.req.valid('query'), clock.now(), commits, await builds(), await releases()))
      },
    )
}
