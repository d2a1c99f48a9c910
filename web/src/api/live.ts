import { useSyncExternalStore } from 'react'
import { request } from './request.ts'
import { sseReader } from './sse.ts'

export type Connection = {
  readonly status: 'connecting' | 'live' | 'lost'
  /** When the server was last heard, epoch ms; undefined before the first word. */
  readonly heardAt: number | undefined
  /** When the next attempt starts, epoch ms. */
  readonly retryAt: number | undefined
}

/** The server pings every 15 s: two missed pings and a bit is silence. */
const silenceMs = 37_000
const firstRetryMs = 500
const longestRetryMs = 15_000
/** A browser allows six connections to an origin: a tab nobody looks at gives its own back and asks now and then. */
const hiddenAfterMs = 10_000
const hiddenPollMs = 15_000

let connection: Connection = { status: 'connecting', heardAt: undefined, retryAt: undefined }
let failures = 0
let abort: AbortController | undefined
let retry: ReturnType<typeof setTimeout> | undefined
const watchers = new Set<() => void>()
const changeListeners = new Set<() => void>()

function set(next: Partial<Connection>): void {
  connection = { ...connection, ...next }
  for (const watcher of watchers) watcher()
}

function changed(): void {
  for (const listener of changeListeners) listener()
}

async function listen(signal: AbortSignal): Promise<void> {
  const response = await request('/api/live', { signal, headers: { accept: 'text/event-stream' } })
  if (response.body === null) throw new Error('no stream')
  set({ status: 'live', heardAt: Date.now(), retryAt: undefined })
  failures = 0
  // Whatever happened while nobody listened.
  changed()
  const read = sseReader((name) => name === 'head' && changed())
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await heardInTime(reader.read())
    if (done) return
    connection = { ...connection, heardAt: Date.now() }
    read(value)
  }
}

async function heardInTime<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('silence')), silenceMs)
  })
  return Promise.race([reading, silence]).finally(() => clearTimeout(timer))
}

/** Starts over now, whatever was under way. */
export function connect(): void {
  clearTimeout(retry)
  abort?.abort()
  const own = new AbortController()
  abort = own
  void listen(own.signal)
    .catch(() => undefined)
    .then(() => {
      own.abort()
      if (abort === own) retryLater()
    })
}

function retryLater(): void {
  const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** failures) * (0.75 + Math.random() / 2)
  failures += 1
  // A single quick reconnect (the server restarts) is not worth a bar.
  set({ status: failures > 1 ? 'lost' : 'connecting', retryAt: Date.now() + waitMs })
  retry = setTimeout(connect, waitMs)
}

function followVisibility(): void {
  let hide: ReturnType<typeof setTimeout> | undefined
  let poll: ReturnType<typeof setInterval> | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hide)
    if (document.hidden) {
      hide = setTimeout(() => {
        clearTimeout(retry)
        abort?.abort()
        abort = undefined
        poll = setInterval(changed, hiddenPollMs)
      }, hiddenAfterMs)
    } else if (poll !== undefined || connection.status === 'lost') {
      clearInterval(poll)
      poll = undefined
      connect()
    }
  })
}

export function startLive(): void {
  followVisibility()
  window.addEventListener('online', connect)
  connect()
}

/** Called whenever anything may have changed. @returns a function that ends it */
export function onChange(listener: () => void): () => void {
  changeListeners.add(listener)
  return () => changeListeners.delete(listener)
}

/** A request was answered: the server was heard. */
export function heard(): void {
  connection = { ...connection, heardAt: Date.now() }
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

export function useConnection(): Connection {
  return useSyncExternalStore(watch, () => connection)
}
