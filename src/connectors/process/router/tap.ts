import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Hears a request and its answer as they pass, and changes nothing about them. */
export type Tap = {
  /** The request's body begins to be passed on; again when it is tried elsewhere. */
  asked(request: IncomingMessage): void
  /** The answer's head is there. */
  answered(answer: IncomingMessage): void
  /** The client has the whole answer. */
  ended(): void
}

/** A request that was answered, whole. Bodies are put together when they are asked for: most copies are never sent. */
export type Overheard = {
  /** Of the larger body. */
  readonly bytes: number
  body(): Buffer
  answer(): { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; readonly ms: number }
}

/**
 * Keeps a request and its answer, as long as neither is larger than that. An event stream has no end, so it is too large.
 * @param done - called once, when the answer has ended; undefined: it was too large
 */
export function overhear(bytesMax: number, done: (heard: Overheard | undefined) => void): Tap {
  const began = performance.now()
  let request = keep(bytesMax)
  let answer: { readonly kept: Kept; readonly status: number; readonly headers: IncomingHttpHeaders; readonly ms: number } | undefined
  return {
    asked(message) {
      request = keep(bytesMax)
      request.hear(message)
    },
    answered(message) {
      const isStream = (message.headers['content-type'] ?? '').startsWith('text/event-stream')
      const kept = keep(isStream ? -1 : bytesMax)
      answer = { kept, status: message.statusCode!, headers: message.headers, ms: performance.now() - began }
      kept.hear(message)
    },
    ended() {
      if (answer === undefined || request.isOver() || answer.kept.isOver()) return done(undefined)
      const { kept, ...head } = answer
      done({
        bytes: Math.max(request.bytes(), kept.bytes()),
        body: () => request.body()!,
        answer: () => ({ ...head, body: kept.body()! }),
      })
    },
  }
}

type Kept = ReturnType<typeof keep>

/** The bytes of a message, without a copy of them; nothing of one that is too large. */
export function keep(bytesMax: number) {
  let chunks: Buffer[] = []
  let bytes = 0
  let isOver = bytesMax < 0
  return {
    hear(message: IncomingMessage): void {
      if (isOver) return
      message.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > bytesMax) {
          isOver = true
          chunks = []
        } else chunks.push(chunk)
      })
    },
    isOver: () => isOver,
    bytes: () => bytes,
    body: (): Buffer | undefined => (isOver ? undefined : Buffer.concat(chunks)),
  }
}
