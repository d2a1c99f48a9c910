import { Hono } from 'hono'
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'
import { describeRoute } from 'hono-openapi'
import { unavailable } from '../kernel/errors.ts'
import { requires, type HttpEnv } from '../kernel/http.ts'
import { makeWatcher, type Watcher } from '../kernel/watcher.ts'
import type { Ledger } from '../ledger/ledger.ts'

const pingMs = 15_000
/** Changes that come together are told together. */
const gatherMs = 50
const watchersMax = 500

/** Tells pages that something changed: the ledger grew or a step moved. They ask for what they show. */
export function makeLive(ledger: Ledger) {
  const watchers = new Set<Watcher>()
  let pending: NodeJS.Timeout | undefined
  let closed = false
  const changed = () => {
    pending ??= setTimeout(() => {
      pending = undefined
      for (const watcher of watchers) watcher.wake()
    }, gatherMs)
  }
  const deaf = ledger.onAppend(changed)

  async function tell(stream: SSEStreamingApi): Promise<void> {
    const watcher = makeWatcher()
    watchers.add(watcher)
    stream.onAbort(watcher.wake)
    try {
      while (!stream.aborted && !closed) {
        await stream.writeSSE({ event: 'head', data: JSON.stringify({ head: await ledger.head() }) })
        while (!(await watcher.woken(pingMs))) await stream.write(': ping\n\n')
      }
    } finally {
      watchers.delete(watcher)
    }
  }

  return {
    changed,
    close(): void {
      closed = true
      deaf()
      clearTimeout(pending)
      for (const watcher of watchers) watcher.wake()
    },
    routes(): Hono<HttpEnv> {
      const summary = 'server-sent events: `head` with {"head": n} whenever something changed'
      return new Hono<HttpEnv>().get(
        '/live',
        describeRoute({ summary, tags: ['live'], responses: { 200: { description: 'text/event-stream' } } }),
        requires('read'),
        (c) => {
          if (watchers.size >= watchersMax)
            throw unavailable('WATCHERS_TOO_MANY', { message: `${watchersMax} pages watch already`, help: 'close some' })
          // Nobody reads the body of such an answer, so nobody would ever end a stream in it.
          if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' })
          return streamSSE(c, tell)
        },
      )
    },
  }
}
