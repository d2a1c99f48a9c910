import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'
import { describeRoute } from 'hono-openapi'
import { unavailable } from '../../../kernel/errors.ts'
import { requires, type HttpEnv } from '../../../kernel/http.ts'
import { makeWatcher, type Watcher } from '../../../kernel/watcher.ts'
import type { FlagSet, FlagSets } from './sets.ts'
import type { Tickets } from './tickets.ts'

const pingMs = 15_000
/** Whoever listens for longer comes again, and shows anew that they may. */
const listeningMs = 3_600_000
/** Clients that come and go are counted so long after. */
const countMs = 500
const watchersMax = 20_000
/** More keys than this are not told by name: who listens reads the set anew. */
const keysMax = 200

/**
 * Lets browsers ask for flags from pages of these origins; others may not read what they get.
 * @param origins - as `https://shop.example.org`; besides, pages of this machine where the server listens only there
 */
export function flagOrigins(origins: readonly string[], isLocal: boolean): MiddlewareHandler<HttpEnv> {
  const isHere = (origin: string) => /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin)
  return cors({
    origin: (origin) => (origins.includes(origin) || (isLocal && isHere(origin)) ? origin : null),
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['authorization', 'content-type', 'if-none-match'],
    exposeHeaders: ['etag'],
    maxAge: 600,
  })
}

/** Flags for applications: the whole set, and word of every change. */
export function flagSetRoutes(sets: FlagSets, tickets: Tickets) {
  const watching = makeWatching(sets)
  const app = new Hono<HttpEnv>()
  const told = (summary: string, description: string) => describeRoute({ summary, tags: ['flags'], responses: { 200: { description } } })
  const listens: MiddlewareHandler<HttpEnv> = async (c, next) => {
    const ticket = c.req.query('ticket')
    if (ticket !== undefined && (await tickets.isGood(ticket))) return next()
    return requires('evaluate')(c, next)
  }
  app.get('/flag-sets/:environment', told("an environment's flags in flagd's format", 'flagd JSON'), requires('evaluate'), async (c) => {
    const set = await sets.of(c.req.param('environment'))
    c.header('etag', set.etag)
    c.header('cache-control', 'no-cache')
    if (c.req.header('if-none-match') === set.etag) return c.body(null, 304)
    return c.body(set.text(), 200, { 'content-type': 'application/json' })
  })
  app.get(
    '/flag-sets/:environment/events',
    told(
      'server-sent events: word of every change',
      'text/event-stream; {"type": "refetchEvaluation", "etag", "revision", "keys"} (OFREP 0.3)',
    ),
    listens,
    async (c) => {
      const set = await sets.of(c.req.param('environment'))
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' })
      watching.checkRoom()
      return streamSSE(c, (stream) => watching.tell(stream, set))
    },
  )
  return { app, close: watching.close }
}

/** What a listener has not been told yet. */
type Listener = { readonly watcher: Watcher; readonly environment: string; latest: FlagSet; keys: Set<string> }

function makeWatching(sets: FlagSets) {
  const listeners = new Set<Listener>()
  let closed = false
  let counting: NodeJS.Timeout | undefined
  // Many come at once, after a deployment for one.
  const count = () => {
    counting ??= setTimeout(() => {
      counting = undefined
      const environments = Map.groupBy(listeners, ({ environment }) => environment)
      for (const [environment, all] of environments) sets.clients(environment, all.length)
    }, countMs)
    counting.unref()
  }
  const deaf = sets.onChange(({ set, keys }) => {
    for (const listener of listeners) {
      if (listener.environment !== set.environment) continue
      listener.latest = set
      for (const key of keys) listener.keys.add(key)
      listener.watcher.wake()
    }
  })
  return {
    /** Before the answer has begun: after that it could not be refused any more. @throws ThreewaysError `WATCHERS_TOO_MANY` */
    checkRoom(): void {
      if (listeners.size >= watchersMax)
        throw unavailable('WATCHERS_TOO_MANY', {
          message: `${watchersMax} applications listen already`,
          help: 'ask from time to time instead',
        })
    },
    async tell(stream: SSEStreamingApi, set: FlagSet): Promise<void> {
      const watcher = makeWatcher()
      const listener: Listener = { watcher, environment: set.environment, latest: set, keys: new Set() }
      listeners.add(listener)
      count()
      stream.onAbort(watcher.wake)
      try {
        // Who comes back after a while learns whether it missed something.
        await stream.writeSSE({ id: String(set.revision), data: wordOf(listener) })
        const until = performance.now() + listeningMs
        while (!stream.aborted && !closed && performance.now() < until) {
          if (!(await watcher.woken(pingMs))) await stream.write(': ping\n\n')
          else if (listener.keys.size > 0) {
            const word = wordOf(listener)
            listener.keys = new Set()
            await stream.writeSSE({ id: String(listener.latest.revision), data: word })
          }
        }
      } finally {
        listeners.delete(listener)
        count()
      }
    },
    close(): void {
      closed = true
      clearTimeout(counting)
      deaf()
      for (const { watcher } of listeners) watcher.wake()
    },
  }
}

function wordOf({ latest, keys }: Listener): string {
  const named = keys.size <= keysMax ? { keys: [...keys] } : {}
  return JSON.stringify({ type: 'refetchEvaluation', etag: latest.etag, revision: latest.revision, ...named })
}
