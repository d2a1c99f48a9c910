import { open } from 'node:fs/promises'
import path from 'node:path'
import type { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { notFound, refused } from '../../kernel/errors.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import { sharedLook } from '../../kernel/shared-look.ts'
import { cancel, rerun } from './control.ts'
import { buildOnly, deliver } from './deliver.ts'
import { gateRoutes, Reason } from './gate/gate-routes.ts'
import { stepFolder } from './step/attempt.ts'
import type { Engine } from './engine/engine.ts'
import type { Workshop } from './execution.ts'
import { rollback } from './rollback.ts'
import { findRun } from './engine/runs.ts'
import { CandidateStory, RunView, StreamView } from './schemas.ts'
import { tellStory, type Telling } from './story.ts'
import { sharedLog } from './step/step-log.ts'
import type { StepRow } from './tables.ts'
import { viewRun, viewStream, viewStreams, type Viewing } from './views.ts'

export type PipelineRoutes = { readonly shop: Workshop; readonly engine: Engine; readonly viewing: Viewing; readonly telling: Telling }

const Streams = z.object({ streams: z.array(StreamView) }).meta({ id: 'ValueStreams' })
const Delivery = z.object({
  repository: z.string().min(1).max(4096).optional().meta({ description: 'folder of the git repository; the server has a default' }),
  revision: z.string().min(1).max(500).default('HEAD').meta({ description: 'what to deliver: a commit, branch or tag' }),
  buildOnly: z.boolean().default(false).meta({ description: 'make the candidate and promote it nowhere' }),
})
const Accepted = z
  .object({ run: RunView, leftOut: z.array(z.string()).meta({ description: 'files of the work tree that are no part of the commit' }) })
  .meta({ id: 'Accepted' })

/** Value streams, runs and candidates. @param home - the folder deliveries come from when none is named */
export function pipelineRoutes({ shop, engine, viewing, telling }: PipelineRoutes, home: string | undefined): Hono<HttpEnv> {
  const app = gateRoutes({ shop, engine, viewing })
  const act = (by: string, reason: string) => ({ by, reason })
  const route = (summary: string, response: z.ZodType) => describeRoute({ summary, tags: ['flow'], responses: answers(summary, response) })

  // Every page asks for it at every change: those who ask together share the look and its text.
  const streams = sharedLook(async () => JSON.stringify({ streams: await viewStreams(viewing) }))
  app.get('/streams', route('every value stream, whole', Streams), requires('read'), async (c) => {
    return c.body(await streams(), 200, { 'content-type': 'application/json' })
  })
  app.get('/streams/:stream', route('one value stream, from left to right', StreamView), requires('read'), async (c) =>
    c.json(await viewStream(viewing, c.req.param('stream'))),
  )
  app.post(
    '/streams/:stream/rollback',
    route('bring a stage back to its last verified candidate', RunView),
    requires('operate'),
    valid('json', z.object({ stage: z.string(), reason: z.string().trim().min(1, 'say why').max(2000) })),
    async (c) => {
      const { stage, reason } = c.req.valid('json')
      const run = await rollback(shop, c.req.param('stream'), stage, act(c.var.actor.name, reason))
      engine.look(run.id)
      return c.json(await viewRun(viewing, run.id))
    },
  )
  app.post('/deliveries', route('take a commit in for delivery', Accepted), requires('deliver'), valid('json', Delivery), async (c) => {
    const { repository, revision, buildOnly: only } = c.req.valid('json')
    const request = { repository: repositoryOf(repository, home), revision, by: c.var.actor.name }
    const { run, leftOut } = await (only ? buildOnly(shop, request) : deliver(shop, request))
    engine.look(run.id)
    return c.json({ run: await viewRun(viewing, run.id), leftOut: [...leftOut] }, 201)
  })
  app.get('/runs/:id', route('one run with its steps', RunView), requires('read'), async (c) =>
    c.json(await viewRun(viewing, c.req.param('id'))),
  )
  app.post('/runs/:id/cancel', route('end a run', RunView), requires('deliver'), valid('json', Reason), async (c) => {
    await cancel(shop, c.req.param('id'), act(c.var.actor.name, c.req.valid('json').reason))
    await engine.cancelled(c.req.param('id'))
    return c.json(await viewRun(viewing, c.req.param('id')))
  })
  app.post(
    '/runs/:id/rerun',
    route('run again from a step, with the same inputs', RunView),
    requires('deliver'),
    valid('json', Reason.extend({ from: z.string() })),
    async (c) => {
      const { from, reason } = c.req.valid('json')
      await rerun(shop, c.req.param('id'), from, act(c.var.actor.name, reason))
      engine.look(c.req.param('id'))
      return c.json(await viewRun(viewing, c.req.param('id')))
    },
  )
  app.get('/candidates/:digest', route('the story of a candidate', CandidateStory), requires('read'), async (c) =>
    c.json(await tellStory(telling, c.req.param('digest'))),
  )
  app.get(
    '/runs/:id/log',
    describeRoute({
      summary: 'a part of the log of a step',
      tags: ['flow'],
      responses: { 200: { description: 'text; x-next-offset says where to go on, x-complete whether the step is over' } },
    }),
    requires('read'),
    valid(
      'query',
      z.object({ step: z.string(), offset: z.coerce.number().int().min(0).default(0), attempt: z.coerce.number().int().min(1).optional() }),
    ),
    async (c) => {
      const { step: name, offset, attempt } = c.req.valid('query')
      return logPart(shop, c.req.param('id'), name, offset, attempt)
    },
  )
  return app
}

function repositoryOf(named: string | undefined, home: string | undefined): string {
  const repository = named ?? home
  if (repository !== undefined) return path.resolve(repository)
  throw refused('REPOSITORY_MISSING', { message: 'which repository?', help: 'name its folder in "repository"' })
}

const logPartBytes = 256 * 1024

async function logPart(shop: Workshop, run: string, name: string, offset: number, attempt: number | undefined): Promise<Response> {
  const { steps } = await findRun(shop.ledger, run)
  const step = steps.find((candidate) => candidate.name === name)
  if (!step) throw notFound('STEP_NOT_FOUND', { message: `run ${run} has no step "${name}"` })
  const over = !['pending', 'waiting', 'running'].includes(step.state)
  const asked = { ...step, attempt: attempt ?? step.attempt }
  const file = path.join(stepFolder(shop.home, asked), 'log')
  const { text, next, end } = (await readPart(file, offset, over)) ?? (await sharedPart(shop, asked, offset))
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-next-offset': String(next), 'x-complete': String(over && end) }
  return new Response(text, { headers })
}

type Part = { readonly text: string; readonly next: number; readonly end: boolean }

/** Of a step that another machine worked on: there when it is over. */
async function sharedPart({ ledger }: Workshop, step: StepRow, offset: number): Promise<Part> {
  const log = await sharedLog(ledger, step)
  return log === undefined || log.length <= offset
    ? { text: '', next: offset, end: true }
    : { text: log.subarray(offset).toString('utf8'), next: log.length, end: true }
}

async function readPart(file: string, offset: number, over: boolean): Promise<Part | undefined> {
  const log = await open(file, 'r').catch(() => undefined)
  if (log === undefined) return undefined
  try {
    const { size } = await log.stat()
    // It was bounded meanwhile: what is left begins anew.
    const from = offset > size ? 0 : offset
    const { buffer, bytesRead } = await log.read(Buffer.alloc(logPartBytes), 0, logPartBytes, from)
    const part = buffer.subarray(0, bytesRead)
    // Nobody is going to write the rest of a last character.
    const whole = over && from + bytesRead >= size ? part : wholeCharacters(part)
    return { text: whole.toString('utf8'), next: from + whole.length, end: from + whole.length >= size }
  } finally {
    await log.close()
  }
}

/** Without the first bytes of a character that the part cut in two. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.subarray(0, -back) : bytes
    if (byte < 0x80) return bytes
  }
  return bytes
}
