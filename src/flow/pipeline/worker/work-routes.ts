import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { Digest } from '../../../kernel/digest.ts'
import { answers, requires, valid, type Ask, type HttpEnv } from '../../../kernel/http.ts'
import { ownerOf } from '../engine/machines.ts'
import type { Desk, Worker } from './work-desk.ts'
import { ArtifactPart, Beat, End, HeldStep, OfStep, Part, Take, type WorkerCard } from './work-schemas.ts'

const Assignments = z.object({ given: z.array(z.object({ run: z.unknown(), step: z.unknown(), steps: z.array(z.unknown()) })) })

/** For workers on other machines (`threeways worker`). Not an interface for others: it changes with the version. */
export function workRoutes(desk: Desk): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['workers'], responses: answers(summary, response) })
  const bytes = (summary: string) => describeRoute({ summary, tags: ['workers'], responses: { 200: { description: 'a packed folder' } } })

  app.post(
    '/work/beat',
    route('a worker lives, and still works on these', z.object({ kept: z.array(HeldStep), cancelled: z.array(HeldStep) })),
    requires('work'),
    valid('json', Beat),
    async (c) => {
      const { worker, holding } = c.req.valid('json')
      return c.json(await desk.beat(known(c, worker), holding))
    },
  )
  app.post('/work/take', route('waits for steps to work on', Assignments), requires('work'), valid('json', Take), async (c) => {
    const { worker, holding, waitMs } = c.req.valid('json')
    return c.json({ given: await desk.take(known(c, worker), holding, waitMs, c.req.raw.signal) })
  })
  app.post(
    '/work/end',
    route('a step has ended', Assignments.extend({ runOver: z.boolean() })),
    requires('work'),
    valid('json', End),
    async (c) => {
      const { worker, holding, step, how, leaving } = c.req.valid('json')
      return c.json(await desk.end(known(c, worker), step, how, leaving ? 'leaving' : holding))
    },
  )
  app.post(
    '/work/log',
    route('a part of the log of a step', z.object({ next: z.int() })),
    requires('work'),
    valid('query', Part),
    async (c) => {
      const { home, offset, ...step } = c.req.valid('query')
      return c.json({ next: await desk.log(someone(c, home), step, offset, new Uint8Array(await c.req.arrayBuffer())) })
    },
  )
  app.post(
    '/work/artifact',
    route('a part of the artifact that a step made', z.object({ next: z.int() })),
    requires('work'),
    valid('query', ArtifactPart),
    async (c) => {
      const { home, offset, digest, last, ...step } = c.req.valid('query')
      const part = { offset, bytes: new Uint8Array(await c.req.arrayBuffer()), isLast: last === 'true' }
      return c.json({ next: await desk.bring(someone(c, home), step, digest as Digest, part) })
    },
  )
  app.get('/work/source', bytes('the source of the commit of a step'), requires('work'), valid('query', OfStep), async (c) => {
    const { home, ...step } = c.req.valid('query')
    return packed(await desk.source(someone(c, home), step))
  })
  app.get('/work/artifact', bytes('the artifact of the candidate of a step'), requires('work'), valid('query', OfStep), async (c) => {
    const { home, ...step } = c.req.valid('query')
    return packed(await desk.artifact(someone(c, home), step))
  })
  return app
}

const packed = (stream: Readable) =>
  new Response(Readable.toWeb(stream) as ReadableStream, { headers: { 'content-type': 'application/octet-stream' } })

/** A worker is its token and its data folder: with another's token nobody holds its steps. */
function known(c: Ask, { home, ...card }: WorkerCard): Worker {
  const own = `${c.var.actor.name}.${home}`
  return { ...card, home: own, owner: ownerOf(own) }
}

const someone = (c: Ask, home: string): Worker => known(c, { home, name: home, labels: {}, capacity: 1 })
