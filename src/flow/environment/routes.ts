import { Hono } from 'hono'
import { streamText } from 'hono/streaming'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { messageOf, ThreewaysError } from '../../kernel/errors.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Environments } from './environments.ts'
import type { Lives } from './life/life.ts'
import type { EnvironmentId, EnvironmentProvider } from './provider.port.ts'
import { EnvironmentView, ParityView } from './schemas.ts'

const lifeMsMax = 10 * 365 * 86_400_000
const ttl = z.int().min(1_000).max(lifeMsMax)
const Up = z.object({
  candidate: z.string().meta({ description: 'digest of a built candidate' }),
  settings: z.string().meta({ description: 'key of `environments` in its definition' }),
  name: z.string().meta({ description: 'of the new environment in its value stream' }),
  ttlMs: ttl.optional().meta({ description: 'how long it lives; else as its settings say' }),
})
const Extend = z.object({ ttlMs: ttl.nullable().meta({ description: 'from now; null: until somebody destroys it' }) })
const Until = z.object({ until: z.string().nullable() })
const Exec = z.object({ service: z.string(), command: z.array(z.string().max(65_536)).min(1).max(1000) })
const Ran = z.object({ code: z.int().nullable(), stdout: z.string(), stderr: z.string() })
const Logs = z.object({
  service: z.string().optional(),
  lines: z.coerce.number().int().min(0).max(100_000).default(200),
  follow: z.stringbool().default(false),
})

export type EnvironmentRoutes = {
  readonly environments: Environments
  readonly lives: Lives
  readonly provider: EnvironmentProvider
  /** The settings an environment was made from. */
  settingsOf(id: EnvironmentId): Promise<string>
}

/** Environments on demand. Their names hold a slash, so they are given in the query. */
export function environmentRoutes({ environments, lives, provider, settingsOf }: EnvironmentRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['environments'], responses: answers(summary, response) })
  const Named = z.object({ name: z.string().meta({ description: 'stream/name, or its name where that is unique' }) })

  app.get('/environments', route('every environment', z.object({ environments: z.array(EnvironmentView) })), requires('read'), async (c) =>
    c.json({ environments: [...(await environments.list())] }),
  )
  app.post(
    '/environments',
    describeRoute({
      summary: 'bring an environment up; answers with JSON lines: progress, then {environment} or {problem}',
      tags: ['environments'],
      responses: { 200: { description: 'application/jsonl' } },
    }),
    requires('deliver'),
    valid('json', Up),
    async (c) => {
      // What cannot be is refused with a status of its own, before the answer begins.
      const bringUp = await environments.up({ ...c.req.valid('json'), by: c.var.actor.name })
      return streamText(c, async (stream) => {
        const line = (value: object) => stream.writeln(JSON.stringify(value))
        try {
          const environment = await bringUp((progress) => void line({ progress }), c.req.raw.signal)
          await line({ environment })
        } catch (error) {
          const { code, help } = error instanceof ThreewaysError ? error : { code: 'INTERNAL', help: undefined }
          await line({ problem: { code, detail: messageOf(error), help } })
        }
      })
    },
  )
  app.delete(
    '/environments',
    route('destroy an environment', z.object({ destroyed: z.string() })),
    requires('deliver'),
    valid('query', Named),
    async (c) => {
      const { name } = c.req.valid('query')
      await environments.down(name)
      return c.json({ destroyed: name })
    },
  )
  app.get('/environments/one', route('one environment', EnvironmentView), requires('read'), valid('query', Named), async (c) =>
    c.json(await environments.show(c.req.valid('query').name)),
  )
  app.post(
    '/environments/heal',
    route('put right what has drifted', z.object({ healed: z.array(z.string()) })),
    requires('operate'),
    valid('query', Named),
    async (c) => c.json({ healed: [...(await environments.heal(c.req.valid('query').name))] }),
  )
  app.post(
    '/environments/sleep',
    route('end the processes of an environment; data and addresses stay', EnvironmentView),
    requires('operate'),
    valid('query', Named.extend({ untilWoken: z.stringbool().default(false).meta({ description: 'no request wakes it' }) })),
    async (c) => {
      const { name, untilWoken } = c.req.valid('query')
      const { environment } = await environments.existing(name)
      await lives.sleep(environment, c.var.actor.name, untilWoken)
      return c.json(await environments.show(environment))
    },
  )
  app.post(
    '/environments/wake',
    route('start what sleeps, and wait until it is ready', EnvironmentView),
    requires('operate'),
    valid('query', Named),
    async (c) => {
      const { environment } = await environments.existing(c.req.valid('query').name)
      await lives.wake(environment, c.var.actor.name)
      return c.json(await environments.show(environment))
    },
  )
  app.post(
    '/environments/extend',
    route('set how long an environment lives from now on', Until),
    requires('deliver'),
    valid('query', Named),
    valid('json', Extend),
    async (c) => {
      const { environment } = await environments.existing(c.req.valid('query').name)
      const { ttlMs } = c.req.valid('json')
      return c.json({ until: await lives.extend(environment, ttlMs ?? undefined, c.var.actor.name) })
    },
  )
  app.post(
    '/environments/apply',
    route('bring an environment to what it should be now; the candidate stays', EnvironmentView),
    requires('operate'),
    valid('query', Named),
    async (c) => c.json(await environments.apply(c.req.valid('query').name, settingsOf)),
  )
  app.get(
    '/environments/diff',
    route('the parity report of two environments', ParityView),
    requires('read'),
    valid('query', z.object({ a: z.string(), b: z.string() })),
    async (c) => {
      const { a, b } = c.req.valid('query')
      return c.json(await environments.diff(a, b, settingsOf))
    },
  )
  app.post(
    '/environments/exec',
    route('run a command beside a service', Ran),
    requires('operate'),
    valid('query', Named),
    valid('json', Exec),
    async (c) => {
      const { service, command } = c.req.valid('json')
      const { environment } = await environments.existing(c.req.valid('query').name)
      return c.json(await provider.exec(environment, service, command))
    },
  )
  app.get(
    '/environments/logs',
    describeRoute({
      summary: 'log lines of an environment, as JSON lines',
      tags: ['environments'],
      responses: { 200: { description: 'application/jsonl' } },
    }),
    requires('read'),
    valid('query', Named.extend(Logs.shape)),
    async (c) => {
      const { name, service, lines, follow } = c.req.valid('query')
      const { environment } = await environments.existing(name)
      return streamText(c, async (stream) => {
        const ended = new AbortController()
        stream.onAbort(() => ended.abort())
        for await (const line of provider.logs(environment, {
          lines,
          follow,
          signal: ended.signal,
          ...(service === undefined ? {} : { service }),
        })) {
          await stream.writeln(JSON.stringify(line))
        }
      })
    },
  )
  return app
}
