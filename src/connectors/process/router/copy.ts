import { request as ask, type IncomingMessage } from 'node:http'
import { credentials, shadowHeader, type Answer } from '../../../flow/environment/shadow.port.ts'
import { requestHeaders } from './headers.ts'
import type { Upstream } from './forward.ts'
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

/** Sends a copy and keeps what is answered. Never rejects. Nothing is followed or tried again. */
export function sendCopy(
  copy: Copy,
  { agent, ...address }: Upstream,
  { bodyBytes, timeoutMs }: { readonly bodyBytes: number; readonly timeoutMs: number },
): Promise<Answer | { readonly failed: 'timeout' | 'broken' }> {
  const { method, path, body } = copy
  const headers = [...copy.headers, ...(body.length > 0 ? ['Content-Length', String(body.length)] : [])]
  return new Promise((resolve) => {
    const began = performance.now()
    const sent = ask({ ...address, agent, method, path, headers })
    const timer = setTimeout(() => end({ failed: 'timeout' }), timeoutMs).unref()
    const end = (outcome: Answer | { readonly failed: 'timeout' | 'broken' }) => {
      clearTimeout(timer)
      resolve(outcome)
      sent.destroy()
    }
    sent.on('error', () => end({ failed: 'broken' }))
    sent.on('response', (answer) => {
      const ms = performance.now() - began
      const kept = keep(bodyBytes)
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
      answer.resume()
    })
    sent.end(body)
  })
}
