import type { Time } from '../time.ts'
import { makeBackoff, retryAfterOf } from './backoff.ts'
import { ask, partsOf, ServerError, textOf, type Server } from './request.ts'
import { messagesOf } from './server-sent.ts'

export type UpdatesOptions = {
  readonly server: Server
  /** Of the set; its events are at `/events` below it. */
  readonly url: string
  readonly listen: boolean
  readonly pollMs: number
  readonly random: () => number
  /** Takes the text of a set. @throws what makes it none */
  readonly take: (text: string) => void
  /** The server answered, with a set or that it is the same. */
  readonly reached: () => void
  readonly failed: (error: Error) => void
}

const answerMs = 10_000
/** The server sends something every 15 seconds. */
const silenceMs = 45_000
/** While events come, asking is only for what an event could have lost. */
const pollsWhileListening = 10

/**
 * Keeps a set up to date: reads it, listens for changes, and asks from time to time while nobody can be listened to. Goes on for ever,
 * whatever the server does, until it is closed.
 */
export function makeUpdates({ server, url, listen, pollMs, random, take, reached, failed }: UpdatesOptions) {
  const { time } = server
  const asking = makeBackoff(random, 1_000, pollMs)
  const connecting = makeBackoff(random)
  let etag: string | undefined
  let reading: Promise<void> | undefined
  let again = false
  let listening = false
  let closed = false
  let cancelPoll: (() => void) | undefined
  let cancelConnect: (() => void) | undefined
  let connection: AbortController | undefined

  async function readOnce(): Promise<void> {
    await ask(
      server,
      url,
      { headers: { accept: 'application/json', ...(etag === undefined ? {} : { 'if-none-match': etag }) } },
      answerMs,
      async (response) => {
        if (response.status === 304) return
        if (!response.ok)
          throw new ServerError(`${url} answers ${response.status} when asked for the flags`, response.status, retryAfterOf(response))
        const text = await textOf(response)
        if (closed) return
        try {
          take(text)
        } catch (cause) {
          // Of some other address often, a page for people.
          const message = `${url} does not answer with a set of flags: is it …/api/flag-sets/<environment>? ${(cause as Error).message}`
          throw new Error(message, { cause })
        }
        etag = response.headers.get('etag') ?? undefined
      },
    )
  }

  async function read(): Promise<void> {
    do {
      again = false
      let wait: number
      try {
        await readOnce()
        wait = pollMs * (listening ? pollsWhileListening : 1) * (0.9 + 0.2 * random())
        asking.reset()
        if (!closed) reached()
      } catch (error) {
        const fault = error instanceof Error ? error : new Error(String(error))
        if (!closed) failed(fault)
        wait = asking.next(fault instanceof ServerError ? fault.retryAfterMs : 0)
      }
      schedule(wait)
    } while (again && !closed)
  }

  function schedule(ms: number): void {
    cancelPoll?.()
    if (!closed) cancelPoll = time.after(ms, () => void refresh())
  }

  /** Reads the set; asked while it is being read, reads it once more. */
  function refresh(): Promise<void> {
    if (closed) return Promise.resolve()
    again = reading !== undefined
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }

  async function connect(): Promise<void> {
    const abort = (connection = new AbortController())
    const silence = watchdog(time, () => abort.abort(new Error('the server is silent')))
    try {
      const response = await server.fetch(`${url}/events`, {
        headers: { ...server.headers, accept: 'text/event-stream' },
        signal: abort.signal,
      })
      if (!response.ok) throw new Error(`the server answers ${response.status} for the events`)
      listening = true
      for await (const message of messagesOf(partsOf(response))) {
        silence.heard()
        connecting.reset()
        if (message !== undefined && isNews(message.data)) void refresh()
      }
    } catch {
      // Whatever it was: asked from time to time until it can be listened to again.
    }
    silence.end()
    if (closed) return
    if (listening) {
      listening = false
      // What happened since the last event was told to nobody.
      void refresh()
    }
    cancelConnect = time.after(connecting.next(), () => void connect())
  }

  function isNews(data: string): boolean {
    try {
      const told = JSON.parse(data) as { readonly etag?: unknown } | null
      return told?.etag === undefined || told.etag !== etag
    } catch {
      return true
    }
  }

  return {
    start(): Promise<void> {
      if (listen) void connect()
      return refresh()
    },
    refresh,
    close(): void {
      closed = true
      cancelPoll?.()
      cancelConnect?.()
      connection?.abort(new Error('closed'))
    },
  }
}

/** Rings when nothing is heard for so long. */
function watchdog(time: Time, ring: () => void) {
  let cancel = time.after(silenceMs, ring)
  return {
    heard(): void {
      cancel()
      cancel = time.after(silenceMs, ring)
    },
    end: (): void => cancel(),
  }
}
