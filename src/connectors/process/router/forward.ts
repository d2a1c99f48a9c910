import { request as ask, type Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline, type Duplex } from 'node:stream'
import { messageOf } from '../../../kernel/errors.ts'
import { hasBody, requestHeaders, responseHeaders, upgradeHeaders } from './headers.ts'
import type { Passing } from './measuring.ts'
import type { Tap } from './tap.ts'

/** Where a request goes. */
export type Upstream = Address & { readonly agent: Agent }

/** Where something listens: a port, or a unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly socketPath: string }

/** What goes with a request beside the request itself. */
export type Passage = {
  readonly upstream: Upstream
  /** Headers for the answer, names and values in turn. */
  readonly own: readonly string[]
  readonly passing: Passing
  /** Hears it all. */
  readonly tap?: Tap | undefined
}

/** A connection made on one machine takes this long only when the service does not accept any more. */
const connectMsMax = 5_000
/** Until the service begins to answer. */
const answerMsMax = 120_000

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Why an answer could not be had, for the asker. */
export type Failure = { readonly status: 502 | 503 | 504; readonly message: string }

/** How a try ended: answered (or cut, after it began), or failed with nothing said to the client yet. */
export type Forwarded =
  | { readonly answered: true }
  /** `repeatable`: the service has seen nothing of it, or may see it twice. */
  | { readonly answered: false; readonly failure: Failure; readonly repeatable: boolean }

/**
 * Passes one request on and the answer back, as both arrive. Resolves when the answer has begun or will not come.
 *
 * A request that may not be repeated gets a connection of its own: a kept one may be closed by the service just as we use it.
 */
export function forward(request: IncomingMessage, response: ServerResponse, { upstream, own, passing, tap }: Passage): Promise<Forwarded> {
  const isIdempotent = idempotent.has(request.method!)
  return new Promise((resolve) => {
    const { agent, ...address } = upstream
    const target = { ...address, method: request.method!, path: request.url!, headers: requestHeaders(request) }
    const passed = ask({ ...target, agent: isIdempotent ? agent : false })
    let connected = false
    const timer = deadlines(passed, answerMsMax)
    const send = () => {
      connected = true
      // Not `pipeline`: a client's body that breaks off must not take the response down with it before we know why.
      request.pipe(passed)
      tap?.asked(request)
    }
    const giveUp = () => passed.destroy()
    response.once('close', giveUp)
    passed.on('socket', (socket) => (socket.connecting ? socket.once('connect', send) : send()))
    passed.on('response', (answer) => {
      clearTimeout(timer)
      const failure = sendOn(answer, response, { own, passing, tap })
      if (failure) passed.destroy()
      resolve(failure ? { answered: false, failure, repeatable: false } : { answered: true })
    })
    passed.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      response.off('close', giveUp)
      request.unpipe(passed)
      // The answer has begun: it ends whole (a refusal before the whole body came), or `sendOn` cuts it.
      if (response.headersSent || response.destroyed) {
        if (!response.headersSent) passing.ended(false)
        return resolve({ answered: true })
      }
      const reset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      resolve({ answered: false, failure: failureOf(error), repeatable: !connected || (isIdempotent && reset && !hasBody(request)) })
    })
  })
}

/** @returns why its head cannot be passed on: Node reads a status or a reason that it will not write */
function sendOn(answer: IncomingMessage, response: ServerResponse, { own, passing, tap }: Omit<Passage, 'upstream'>): Failure | undefined {
  try {
    response.writeHead(answer.statusCode!, answer.statusMessage, [...responseHeaders(answer), ...own])
  } catch (error) {
    response.statusMessage = ''
    return { status: 502, message: `the service answered what is not HTTP: ${messageOf(error)}` }
  }
  // An event stream may say nothing for a long time; its reader waits for the headers.
  response.flushHeaders()
  passing.began(answer.statusCode!, (answer.headers['content-type'] ?? '').startsWith('text/event-stream'))
  let broken = false
  answer.once('aborted', () => (broken = !response.destroyed))
  tap?.answered(answer)
  pipeline(answer, response, (error) => {
    passing.ended(broken)
    if (!error) tap?.ended()
  })
  return undefined
}

function deadlines(passed: ClientRequest, answerMs: number): NodeJS.Timeout {
  passed.on('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => passed.destroy(timedOut('the service accepts no connection')), connectMsMax)
    for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer))
  })
  return setTimeout(() => passed.destroy(timedOut(`the service did not answer within ${answerMs / 1000} s`)), answerMs)
}

function timedOut(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

function failureOf(error: NodeJS.ErrnoException): Failure {
  if (error.code === 'ETIMEDOUT') return { status: 504, message: error.message }
  if (error.code === 'ECONNREFUSED') return { status: 502, message: 'the service does not listen; it may be starting again' }
  return { status: 502, message: `the service broke the connection off (${error.code ?? error.message})` }
}

/** Passes an upgrade (WebSocket) on: after the service agreed, bytes go both ways until either side ends. */
export function forwardUpgrade(request: IncomingMessage, client: Duplex, head: Buffer, { upstream, own, passing }: Passage): void {
  const { agent: _, ...address } = upstream
  const passed = ask({ ...address, method: request.method!, path: request.url!, headers: upgradeHeaders(request), agent: false })
  const timer = deadlines(passed, answerMsMax)
  client.once('close', () => passed.destroy())
  passed.on('upgrade', (answer, service, serviceHead) => {
    clearTimeout(timer)
    passing.began(answer.statusCode!, true)
    client.write(headOf(answer, [...own, 'Connection', 'Upgrade', 'Upgrade', String(answer.headers.upgrade)]))
    client.write(serviceHead)
    service.write(head)
    pipeline(client, service, () => {})
    pipeline(service, client, () => {})
  })
  passed.on('response', (answer) => {
    clearTimeout(timer)
    passing.began(answer.statusCode!, false)
    // Refused: an ordinary answer, whose end is the connection's.
    client.write(headOf(answer, [...own, 'Connection', 'close']))
    pipeline(answer, client, () => passing.ended(false))
  })
  passed.on('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer)
    if (client.destroyed) passing.ended(false)
    else passing.failed()
    refuseUpgrade(client, failureOf(error))
  })
  passed.end()
}

function headOf(answer: IncomingMessage, connection: readonly string[]): string {
  const headers = [...responseHeaders(answer), ...connection]
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]!}`] : []))
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`
}

export function refuseUpgrade(client: Duplex, failure: Failure): void {
  if (client.destroyed) return
  const reason = { 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout' }[failure.status]
  const body = `${failure.message}\n`
  const headers = `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`
  client.end(`HTTP/1.1 ${failure.status} ${reason}\r\n${headers}\r\n\r\n${body}`)
}
