import { request, type IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { ThreewaysError, unavailable, hasCode, messageOf } from '../../kernel/errors.ts'

/** Older engines than this (Docker 20.10, Podman 4) are not asked for anything else. */
const version = 'v1.41'

/** Where an engine's API listens: a unix socket, or a host and port without encryption. */
export type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number }

export type Ask = {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** A tar archive, instead of a body. */
  readonly tar?: Readable
  readonly signal?: AbortSignal
}

/** An answer that is no success. `status`: of HTTP. */
export class EngineError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Podman answers 500 when it goes while it is asked about. */
export const isMissing = (error: unknown) =>
  error instanceof EngineError && (error.status === 404 || (error.status === 500 && error.message.includes('no such container')))

/**
 * The few calls of the Docker Engine API that we need, over the socket, as Docker and Podman answer them.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/
 */
export function engineAt(address: Address) {
  /** @throws EngineError; ThreewaysError `ENGINE_UNAVAILABLE` when nobody answers */
  async function open(ask: Ask): Promise<IncomingMessage> {
    const answer = await send(address, ask)
    const status = answer.statusCode ?? 0
    if (status < 400) return answer
    const text = await textOf(answer)
    throw new EngineError(status, messageIn(text) ?? `the engine answered ${status}`)
  }

  return {
    open,

    async json<T>(ask: Ask): Promise<T> {
      const text = await textOf(await open(ask))
      return (text === '' ? undefined : JSON.parse(text)) as T
    },

    /** Lines of JSON, each told as it comes. @throws EngineError when one of them says that it failed */
    async progress(ask: Ask, tell: (line: ProgressLine) => void): Promise<void> {
      let rest = ''
      for await (const chunk of await open(ask)) {
        const lines = `${rest}${String(chunk)}`.split('\n')
        rest = lines.pop()!
        for (const line of lines) if (line.trim() !== '') told(JSON.parse(line) as ProgressLine, tell)
      }
      if (rest.trim() !== '') told(JSON.parse(rest) as ProgressLine, tell)
    },
  }
}

export type Engine = ReturnType<typeof engineAt>

export type ProgressLine = { readonly error?: string; readonly stream?: string; readonly status?: string; readonly id?: string }

function told(line: ProgressLine, tell: (line: ProgressLine) => void): void {
  if (line.error !== undefined) throw new EngineError(500, line.error)
  tell(line)
}

function send(address: Address, { method = 'GET', path, query, body, tar, signal }: Ask): Promise<IncomingMessage> {
  const search = query ? `?${new URLSearchParams(query)}` : ''
  const type = tar ? 'application/x-tar' : 'application/json'
  const headers = { host: 'docker', ...(tar || body !== undefined ? { 'content-type': type } : {}) }
  return new Promise((resolve, reject) => {
    const options = {
      ...address,
      method,
      path: `/${version}${path}${search}`,
      headers,
      agent: false as const,
      ...(signal ? { signal } : {}),
    }
    const asked = request(options, resolve)
    asked.once('error', (error) => reject(signal?.aborted ? error : noEngine(address, error)))
    if (!tar) return asked.end(body === undefined ? undefined : JSON.stringify(body))
    tar.once('error', (error) => asked.destroy(error)).pipe(asked)
    return undefined
  })
}

/** @throws ThreewaysError `ENGINE_UNAVAILABLE` when the connection breaks */
export async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk)
  return text
}

function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { message?: string }).message
  } catch {
    return text.trim() || undefined
  }
}

function noEngine(address: Address, cause: unknown) {
  const at = 'socketPath' in address ? address.socketPath : `${address.host}:${address.port}`
  const why = hasCode(cause, 'ENOENT') || hasCode(cause, 'ECONNREFUSED') ? 'nobody listens there' : messageOf(cause)
  return unavailable('ENGINE_UNAVAILABLE', {
    message: `no container engine answers at ${at}: ${why}`,
    help: 'start Docker, or Podman with `podman system service --time=0`, or name its socket in DOCKER_HOST',
    cause,
  })
}

export const isUnavailable = (error: unknown) => error instanceof ThreewaysError && error.code === 'ENGINE_UNAVAILABLE'
