import type { Time } from '../time.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export type Server = { readonly fetch: Fetch; readonly time: Time; readonly headers: Readonly<Record<string, string>> }

/** The server answered, and not with what was asked for. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly status: number
  readonly retryAfterMs: number

  constructor(message: string, status: number, retryAfterMs: number) {
    super(message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

const textMax = 64 * 1024 * 1024

/** Asks once, for at most `timeoutMs`. @throws what fetch throws, or an error that says that it took too long */
export async function ask<T>(
  { fetch, time, headers }: Server,
  url: string,
  init: RequestInit,
  timeoutMs: number,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  const cancel = time.after(timeoutMs, () => abort.abort(new Error(`no answer within ${timeoutMs} ms`)))
  try {
    return await read(
      await fetch(url, { ...init, headers: { ...headers, ...(init.headers as Record<string, string> | undefined) }, signal: abort.signal }),
    )
  } finally {
    cancel()
  }
}

/** The answer's text. @throws Error it is longer than 64 MiB */
export async function textOf(response: Response): Promise<string> {
  let text = ''
  for await (const part of partsOf(response)) {
    text += part
    if (text.length > textMax) throw new Error(`the answer is longer than ${textMax} characters`)
  }
  return text
}

/** The answer's text as it comes. */
export async function* partsOf(response: Response): AsyncGenerator<string, void> {
  if (response.body === null) return
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield decoder.decode(value as Uint8Array, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
