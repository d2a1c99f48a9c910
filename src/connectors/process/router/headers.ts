import type { IncomingMessage } from 'node:http'
import { shadowHeader } from '../../../flow/environment/shadow.port.ts'

/** Names and values in turn, as Node's `rawHeaders`: repeated ones stay repeated. */
type RawHeaders = readonly string[]

// RFC 9110 7.6.1: they are about one connection, and ours has two. `Trailer` goes too, because trailers are not passed on.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Everything but what is about the connection, including what the `Connection` header names. */
function endToEnd(message: IncomingMessage): string[] {
  const named = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const kept: string[] = []
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index]!.toLowerCase()
    if (!hopByHop.has(name) && !named.includes(name)) kept.push(message.rawHeaders[index]!, message.rawHeaders[index + 1]!)
  }
  return kept
}

function without(headers: RawHeaders, names: readonly string[]): string[] {
  return headers.flatMap((name, index) => (index % 2 === 0 && !names.includes(name.toLowerCase()) ? [name, headers[index + 1]!] : []))
}

/**
 * What the service sees: who asked, and by which name. An outer proxy's word on host and scheme stands; we listen on this
 * machine alone.
 */
export function requestHeaders(request: IncomingMessage): string[] {
  const headers = without(endToEnd(request), [
    'expect',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    // Ours to say: a service may spare what it does for a copy.
    shadowHeader,
  ])
  const { host, 'x-forwarded-for': before, 'x-forwarded-host': askedHost, 'x-forwarded-proto': scheme } = request.headers
  const client = request.socket.remoteAddress ?? 'unknown'
  if (host === undefined) headers.push('Host', `${request.socket.localAddress}:${request.socket.localPort}`)
  headers.push('X-Forwarded-For', before === undefined ? client : `${String(before)}, ${client}`)
  headers.push('X-Forwarded-Host', String(askedHost ?? host ?? ''))
  headers.push('X-Forwarded-Proto', String(scheme ?? 'http'))
  // Without it Node sends the body of a GET or DELETE unframed, and the service takes it for the next request.
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked')
  return headers
}

export function upgradeHeaders(request: IncomingMessage): string[] {
  return [...requestHeaders(request), 'Connection', 'Upgrade', 'Upgrade', String(request.headers.upgrade)]
}

export function responseHeaders(response: IncomingMessage): string[] {
  return endToEnd(response)
}

export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}
