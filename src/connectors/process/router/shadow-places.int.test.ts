import { once } from 'node:events'
import { createServer, request as ask, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { service, shadowing, stage } from './testing.ts'

describe('a place among the copies', () => {
  const streaming: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  }
  const growing: RequestListener = (_, response) => void response.write('x'.repeat(1_001))
  const slow: RequestListener = (_, response) => void response.write('x')
  const mute: RequestListener = () => {}
  const unending: readonly [string, RequestListener, number][] = [
    ['is an event stream', streaming, 2_000],
    ['is too large', growing, 2_000],
    ['lasts too long', slow, 100],
    ['does not begin in time', mute, 100],
  ]

  it.each(unending)('is not held by an answer that %s, while its client listens on', async (_, listener, timeoutMs) => {
    const old = await service('old', (message, response) =>
      message.url === '/unending' ? listener(message, response) : void response.end('ok'),
    )
    const next = await service('new', (_, response) => void response.end('ok'))
    const limits = { ...shadowing().limits, concurrent: 2, timeoutMs }
    const { url, told } = await stage({ how: shadowing({ limits }), production: [old], candidate: next })
    const over = new AbortController()
    for (let n = 0; n < 2; n++) void fetch(`${url}/unending`, { signal: over.signal }).catch(() => {})
    expect(await told(2)).toMatchObject({ oversized: 2 })
    await (await fetch(url)).text()
    expect((await told(3)).rehearsals).toMatchObject({ candidate: { compared: 1 }, dropped: { concurrency: 0 } })
    over.abort()
  })
})

describe('a request whose answer came before it was there whole', () => {
  it('is not copied, and counted', async () => {
    const hasty = createServer((_, response) => void response.end('no')).listen(0, '127.0.0.1')
    await once(hasty, 'listening')
    const old = { id: 'old', port: (hasty.address() as AddressInfo).port }
    const next = await service('new')
    const { port, told } = await stage({ how: shadowing({ methods: ['POST'] }), production: [old], candidate: next })
    const half = ask({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': 10 } })
    half.on('error', () => {})
    half.write('12345')
    const [answer] = (await once(half, 'response')) as [IncomingMessage]
    answer.resume()
    expect((await told(1)).rehearsals).toMatchObject({ candidate: { compared: 0 }, dropped: { unready: 1 } })
    expect(next.got).toEqual([])
    half.destroy()
    hasty.close()
    hasty.closeAllConnections()
  })
})
