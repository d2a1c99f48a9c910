import type { Batch } from '../client/batch.ts'
import type { Fetch } from '../client/request.ts'
import type { FlagSet } from '../evaluate/flag-set.ts'

/** A server of flags that a test makes do what it wants. */
export function makeFakeServer(first: FlagSet) {
  let text = JSON.stringify(first)
  let version = 1
  let status = 200
  let retryAfter = '0'
  let up = true
  let events = true
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const asked = { sets: 0, same: 0, events: 0, reports: 0 }
  const batches: Batch[] = []
  let takes: number | 'nothing' = 202
  const send = (stream: ReadableStreamDefaultController<Uint8Array>, line: string): void => stream.enqueue(new TextEncoder().encode(line))
  const word = (): string => `id: ${version}\ndata: ${JSON.stringify({ type: 'refetchEvaluation', etag: `"${version}"` })}\n\n`

  function listen(signal: AbortSignal | null | undefined): Response {
    asked.events++
    if (!events) return new Response('no', { status: 503 })
    let mine: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        mine = controller
        streams.add(controller)
        send(controller, word())
      },
      cancel: () => void streams.delete(mine),
    })
    signal?.addEventListener('abort', () => {
      if (streams.delete(mine)) mine.error(new Error('aborted'))
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  function report(body: string): Response {
    asked.reports++
    if (takes === 'nothing') throw new TypeError('fetch failed')
    if (takes < 300) batches.push(JSON.parse(body) as Batch)
    return new Response(null, { status: takes })
  }

  const fetch: Fetch = async (url, { headers, signal, body, method }) => {
    if (!up) throw new TypeError('fetch failed')
    if (method === 'POST') return report(String(body))
    if (url.endsWith('/events')) return listen(signal)
    asked.sets++
    if (status !== 200) return new Response('no', { status, headers: { 'retry-after': retryAfter } })
    if ((headers as Record<string, string>)['if-none-match'] === `"${version}"`) {
      asked.same++
      return new Response(null, { status: 304 })
    }
    return new Response(text, { headers: { etag: `"${version}"` } })
  }

  return {
    fetch,
    asked,
    batches,
    publish(set: FlagSet | string): void {
      text = typeof set === 'string' ? set : JSON.stringify(set)
      version++
      for (const stream of streams) send(stream, word())
    },
    ping(): void {
      for (const stream of streams) send(stream, ': ping\n\n')
    },
    /** @param seconds - after which it wants to be asked again */
    answers(next: number, seconds = 0): void {
      status = next
      retryAfter = String(seconds)
    },
    takes: (next: number | 'nothing'): void => void (takes = next),
    hasEvents: (next: boolean): void => void (events = next),
    die(): void {
      up = false
      for (const stream of streams) stream.error(new Error('connection reset'))
      streams.clear()
    },
    rise: (): void => void (up = true),
    listeners: () => streams.size,
  }
}
