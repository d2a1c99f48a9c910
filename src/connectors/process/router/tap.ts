import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Uncopied } from '../../../flow/environment/shadow.port.ts'

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
  body(): Buffer
  answer(): { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; readonly ms: number }
}

export type Overhearing = Tap & {
  /** The request is over, whatever became of it. */
  over(): void
}

type Limits = { readonly bodyBytes: number; readonly timeoutMs: number }

/**
 * Keeps a request and its answer, as long as neither is larger than that and both are over in time: whoever waits for the end holds a place
 * that another could have. An event stream has no end.
 * @param done - called once, as soon as it is known: when the answer has ended, or why there is nothing to hear
 */
export function overhear({ bodyBytes, timeoutMs }: Limits, done: (heard: Overheard | Uncopied) => void): Overhearing {
  const began = performance.now()
  let isDone = false
  const tooMuch = () => end('size')
  const timer = setTimeout(tooMuch, timeoutMs).unref()
  let request = keep(bodyBytes)
  let asked: IncomingMessage | undefined
  let answer: { readonly kept: Kept; readonly status: number; readonly headers: IncomingHttpHeaders; readonly ms: number } | undefined
  function end(heard: Overheard | Uncopied): void {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    if (typeof heard === 'string') for (const kept of [request, answer?.kept]) kept?.forget()
    done(heard)
  }
  return {
    asked(message) {
      if (isDone) return
      asked = message
      request = keep(bodyBytes, tooMuch)
      request.hear(message)
    },
    answered(message) {
      if (isDone) return
      if ((message.headers['content-type'] ?? '').startsWith('text/event-stream')) return tooMuch()
      const kept = keep(bodyBytes, tooMuch)
      answer = { kept, status: message.statusCode!, headers: message.headers, ms: performance.now() - began }
      kept.hear(message)
    },
    ended() {
      // A service may answer before it has the whole request, and half of one is another request.
      if (answer === undefined || asked?.complete !== true || !asked.readableEnded) return end('unready')
      const { kept, ...head } = answer
      end({ body: () => request.body()!, answer: () => ({ ...head, body: kept.body()! }) })
    },
    // That it is over is told just before that it was heard.
    over: () => void setImmediate(() => end('unready')),
  }
}

type Kept = ReturnType<typeof keep>

/** The bytes of a message, without a copy of them; nothing of one that is too large. @param over - it is too large */
export function keep(bytesMax: number, over: () => void = () => {}) {
  let chunks: Buffer[] = []
  let bytes = 0
  let isOver = false
  const forget = () => {
    isOver = true
    chunks = []
  }
  return {
    hear(message: IncomingMessage): void {
      message.on('data', (chunk: Buffer) => {
        if (isOver) return
        bytes += chunk.length
        if (bytes <= bytesMax) return void chunks.push(chunk)
        forget()
        over()
      })
    },
    forget,
    isOver: () => isOver,
    body: (): Buffer | undefined => (isOver ? undefined : Buffer.concat(chunks)),
  }
}
