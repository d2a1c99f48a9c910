import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { notFound } from '../../kernel/errors.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Builds } from '../builds/builds.ts'
import type { Lineages } from '../lineage/lineages.ts'
import type { Releases } from '../releases/releases.ts'
import type { Owners } from '../team/owners.ts'
import { streamsMeant } from '../team/meant.ts'
import { flowBoard, flowOfStream } from './board.ts'
import { changesView } from './changes-view.ts'
import { withOnly, type Past } from './past.ts'
import { pictureOf } from './picture.ts'
import { BoardQuery, ChangesView as ChangesAnswer, FlowBoard, FlowQuery, StreamFlowDetail, StreamFlowPicture } from './schemas.ts'

/** How changes really flow, over HTTP. */
export function measureRoutes(
  past: () => Promise<Past>,
  lineages: () => Promise<Lineages>,
  builds: () => Promise<Builds>,
  owners: () => Promise<Owners>,
  releases: () => Promise<Releases>,
  clock: Clock,
): Hono<HttpEnv> {
  const route = (told: string, schema: z.ZodType) => describeRoute({ summary: told, tags: ['flow'], responses: answers(told, schema) })
  const changesOf = async (way: StreamFlowDetail, { asOf, rows }: FlowQuery) => {
    const now = clock.now()
    const known = { releases: await releases(), asOf: asOf === undefined ? now : Math.min(now, Date.parse(asOf)) }
    return changesView(await (await lineages()).of(way.stream), way, rows, await builds(), known)
  }
  return new Hono<HttpEnv>()
    .get('/flow', route('how every value stream flows', FlowBoard), requires('read'), valid('query', BoardQuery), async (c) => {
      const query = c.req.valid('query')
      const meant = await streamsMeant(owners, query, clock.now())
      return c.json({ streams: [...flowBoard(withOnly(await past(), meant), query, clock.now())] })
    })
    .get('/flow/:stream', route('how one value stream flows', StreamFlowDetail), requires('read'), valid('query', FlowQuery), async (c) => {
      const query = c.req.valid('query')
      const detail = flowOfStream(await past(), c.req.param('stream'), query, clock.now())
      return c.json({ ...detail, ...(await changesOf(detail, query)) })
    })
    .get(
      '/flow/:stream/changes',
      route('the changes of one value stream, where commits are known', ChangesAnswer),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => {
        const query = c.req.valid('query')
        const way = flowOfStream(await past(), c.req.param('stream'), query, clock.now())
        const { changes } = await changesOf(way, { ...query, rows: true })
        if (changes === undefined)
          throw notFound('COMMITS_UNKNOWN', {
            message: `no commits of "${way.stream}" are known`,
            help: `bring them in: threeways import git PATH --stream ${way.stream}`,
          })
        return c.json(changes)
      },
    )
    .get(
      '/flow/:stream/picture',
      route('what the flow of one value stream is drawn from', StreamFlowPicture),
      requires('read'),
      valid('query', FlowQuery),
      async (c) => c.json(pictureOf(await past(), c.req.param('stream'), c.req.valid('query'), clock.now())),
    )
}
