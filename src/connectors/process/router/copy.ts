import { request as ask, type Agent, type IncomingMessage } from 'node:http'
import { credentials, shadowHeader, type Answer } from '../../../flow/environment/shadow.port.ts'
import { requestHeaders } from './headers.ts'
import type { Address, Upstream } from './forward.ts'
import { keep } from './tap.ts'

export type Copy = {
  readonly method: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

/** Of another trace: spans of a copy among those of the request would be taken for its own. */
const tracing = ['traceparent', 'tracestate', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags']
const framing = ['content-length', 'transfer-encoding']

/** Headers of a copy of a request, without its body's. Call it while the client is there. @param pass - credentials that stay */
export function copyHeaders(request: IncomingMessage, pass: readonly string[]): readonly string[] {
  const taken = new Set<string>([...tracing, ...framing, ...credentials.filter((name) => !pass.includes(name))])
  const all = requestHeaders(request)
  const kept = all.flatMap((name, index) => (index % 2 === 0 && !taken.has(name.toLowerCase()) ? [name, all[index + 1]!] : []))
  return [...kept, shadowHeader, '1']
}

/** What is asked of somebody who may have it already is answered by whose version they have. */
export const isConditional = ({ headers }: IncomingMessage): boolean =>
  ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'].some((name) => headers[name] !== undefined)

/** Of these nothing is asked that changes anything (RFC 9110 9.2.1). */
export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

type Told = Answer | { readonly failed: 'timeout' | 'broken' }
type Limits = { readonly bodyBytes: number; readonly timeoutMs: number }

/**
 * Sends a copy and keeps what is answered. Never rejects, and follows nothing. A kept connection may be closed by the service just as it is
 * used, which is no fault of it: what changes nothing is sent again then, and what changes something gets a connection of its own.
 */
export async function sendCopy(copy: Copy, upstream: Upstream, limits: Limits): Promise<Told> {
  const told = await send(copy, isSafe(copy.method) ? upstream : { ...upstream, agent: false }, limits)
  const again = told === 'closed' ? await send(copy, { ...upstream, agent: false }, limits) : told
  return again === 'closed' ? { failed: 'broken' } : again
}

/** @returns `closed`: the connection was there before, and broke before anything came */
function send(copy: Copy, { agent, ...address }: Address & { readonly agent: Agent | false }, limits: Limits): Promise<Told | 'closed'> {
  const { method, path, body } = copy
  const headers = [...copy.headers, ...(body.length > 0 ? ['Content-Length', String(body.length)] : [])]
  return new Promise((resolve) => {
    const began = performance.now()
    const sent = ask({ ...address, agent, method, path, headers })
    const timer = setTimeout(() => end({ failed: 'timeout' }), limits.timeoutMs).unref()
    const end = (outcome: Told | 'closed') => {
      clearTimeout(timer)
      resolve(outcome)
      sent.destroy()
    }
    sent.on('error', () => end(sent.reusedSocket ? 'closed' : { failed: 'broken' }))
    sent.on('response', (answer) => {
      const ms = performance.now() - began
      const kept = keep(limits.bodyBytes)
      const told = () => ({ status: answer.statusCode!, headers: answer.headers, body: kept.body(), ms })
      kept.hear(answer)
      answer.on('data', () => {
        // What has no end must not be read to its end.
        if (kept.isOver()) end(told())
      })
      answer.on('end', () => {
        clearTimeout(timer)
        resolve(told())
      })
      answer.on('error', () => end({ failed: 'broken' }))
    })
    sent.end(body)
  })
}
