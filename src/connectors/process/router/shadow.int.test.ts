import { request as ask, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { service, shadowing, stage } from './testing.ts'

describe('requests that are copied to a candidate elsewhere', () => {
  it('are the same but for credentials and traces, and say that they are copies', async () => {
    const [old, next] = [await service('old'), await service('new')]
    const { url, told } = await stage({ production: [old], candidate: next })
    const headers = { cookie: 'session=1', authorization: 'Bearer x', traceparent: '00-a-b-01', 'x-lang': 'de', 'x-threeways-shadow': '1' }
    await (await fetch(`${url}/parts?q=brake`, { headers })).text()
    expect((await told(1)).rehearsals).toMatchObject({ candidate: { compared: 1, different: 0 } })
    expect(next.got).toMatchObject([{ method: 'GET', url: '/parts?q=brake', headers: { 'x-lang': 'de', 'x-threeways-shadow': '1' } }])
    expect(next.got[0]!.headers).toMatchObject({ host: old.got[0]!.headers.host, 'x-forwarded-for': '127.0.0.1' })
    for (const name of ['cookie', 'authorization', 'traceparent']) expect(next.got[0]!.headers).not.toHaveProperty(name)
    expect(old.got[0]!.headers).toMatchObject({ cookie: 'session=1', authorization: 'Bearer x' })
    // Nobody but the router may say so.
    expect(old.got[0]!.headers).not.toHaveProperty('x-threeways-shadow')
  })

  it('keep credentials that are named', async () => {
    const [old, next] = [await service('old'), await service('new')]
    const { url, told } = await stage({ how: shadowing({ pass: ['cookie'] }), production: [old], candidate: next })
    await (await fetch(url, { headers: { cookie: 'session=1', authorization: 'Bearer x' } })).text()
    await told(1)
    expect(next.got[0]!.headers).toMatchObject({ cookie: 'session=1' })
    expect(next.got[0]!.headers).not.toHaveProperty('authorization')
  })

  it('are those that change nothing, and others only when their method is named', async () => {
    const [old, next] = [await service('old'), await service('new')]
    const some = await stage({ production: [old], candidate: next })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET']) await (await fetch(some.url, { method })).text()
    await some.told(1)
    expect(next.got.map(({ method }) => method)).toEqual(['GET'])
    const all = await stage({ how: shadowing({ methods: ['POST'] }), production: [old], candidate: next })
    await (await fetch(`${all.url}/orders`, { method: 'POST', body: 'part=1' })).text()
    await all.told(1)
    expect(next.got.at(-1)).toMatchObject({ method: 'POST', url: '/orders', body: 'part=1' })
  })

  it('are none of those who may have the answer already', async () => {
    const [old, next] = [await service('old'), await service('new')]
    const { url, told } = await stage({ production: [old], candidate: next })
    await (await fetch(url, { headers: { 'if-none-match': '"1"' } })).text()
    await (await fetch(`${url}/whole`)).text()
    await told(1)
    expect(next.got.map((got) => got.url)).toEqual(['/whole'])
  })

  it('are none that the candidate itself answered, in whatever role', async () => {
    const [old, canary, next] = [await service('old'), await service('canary'), await service('new')]
    const { url, told, route } = await stage({ production: [old], candidate: next })
    const half = { percent: 50 } as const
    const old50 = { ...half, deployment: 'sha256:old', instances: [old] }
    route.direct([old50, { ...half, deployment: 'sha256:new canary', instances: [canary] }], false)
    for (let n = 0; n < 10; n++) await (await fetch(url)).text()
    await told(5)
    expect([old.got.length, canary.got.length, next.got.length]).toEqual([5, 5, 5])
  })

  it('are as many as the share says, drawn by chance', async () => {
    const [old, next] = [await service('old'), await service('new')]
    let at = 0
    const { url, told } = await stage({
      // However slowly the first are answered.
      how: shadowing({ share: 0.25, limits: { ...shadowing().limits, concurrent: 25 } }),
      production: [old],
      candidate: next,
      random: () => (at++ % 100) / 100,
    })
    for (let n = 0; n < 100; n++) await (await fetch(url)).text()
    expect((await told(25)).rehearsals.candidate.compared).toBe(25)
    expect([old.got.length, next.got.length]).toEqual([100, 25])
  })

  it('are no WebSockets, and no event streams', async () => {
    const old = await service('old', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n')
    })
    const next = await service('new')
    const { url, port, told } = await stage({ production: [old], candidate: next })
    const upgrade = ask({ port, host: '127.0.0.1', headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end()
    upgrade.on('error', () => {})
    await (await fetch(url)).text()
    expect(await told(1)).toMatchObject({ oversized: 1 })
    expect(next.got).toEqual([])
    upgrade.destroy()
  })

  it('are left out and counted when they or their answers are too large', async () => {
    const large = 'x'.repeat(1_001)
    const old = await service('old', (message, response) => void response.end(message.url === '/large' ? large : 'ok'))
    const next = await service('new', (_, response) => void response.end('ok'))
    const { url, told } = await stage({ how: shadowing({ methods: ['GET', 'POST'] }), production: [old], candidate: next })
    expect(await (await fetch(`${url}/large`)).text()).toBe(large)
    await (await fetch(url, { method: 'POST', body: large })).text()
    const chunked = new ReadableStream({ start: (to) => (to.enqueue(new TextEncoder().encode(large)), to.close()) })
    await (await fetch(url, { method: 'POST', body: chunked, duplex: 'half' } as RequestInit)).text()
    await (await fetch(url)).text()
    expect(await told(4)).toMatchObject({ oversized: 3, rehearsals: { candidate: { compared: 1 } } })
    expect(next.got).toHaveLength(1)
  })
})

describe('whoever asked', () => {
  const hanging: RequestListener = () => {}
  const throwing: RequestListener = (message) => void message.socket.destroy()
  const failing: RequestListener = (_, response) => void response.writeHead(500).end('broken')
  const endless: RequestListener = (_, response) => {
    const timer = setInterval(() => response.write('x'.repeat(500)), 1)
    response.on('close', () => clearInterval(timer))
  }
  const kinds: readonly [string, RequestListener, object][] = [
    ['hangs', hanging, { timeouts: 5, candidate: { failed: 5 } }],
    ['breaks off', throwing, { candidate: { failed: 5 } }],
    ['fails', failing, { candidate: { failed: 5 } }],
    ['answers without an end', endless, { candidate: { compared: 5, different: 5 } }],
  ]

  it.each(kinds)('gets its answer untouched when the candidate %s', async (_, listener, expected) => {
    const old = await service('old', (message, response) => {
      response.writeHead(201, 'Made', { 'content-type': 'text/plain', 'x-own': 'yes' }).end(`answer to ${message.url}`)
    })
    const next = await service('new', listener)
    const limits = { ...shadowing().limits, timeoutMs: 100 }
    const { url, told } = await stage({ how: shadowing({ limits }), production: [old], candidate: next })
    for (let n = 0; n < 5; n++) {
      const answer = await fetch(`${url}/${n}`)
      expect([answer.status, answer.statusText, answer.headers.get('x-own')]).toEqual([201, 'Made', 'yes'])
      expect(await answer.text()).toBe(`answer to /${n}`)
    }
    expect((await told(5)).rehearsals).toMatchObject(expected)
  })

  it('has the whole answer before a copy is sent', async () => {
    let release = () => {}
    const old = await service('old', (_, response) => {
      response.write('begun ')
      release = () => response.end('ended')
    })
    const next = await service('new')
    const { url, told } = await stage({ production: [old], candidate: next })
    const answer = await fetch(url)
    await sleep(30)
    expect(next.got).toEqual([])
    release()
    expect(await answer.text()).toBe('begun ended')
    await told(1)
    expect(next.got).toHaveLength(1)
  })

  it('gets its answer when nobody is there to get a copy', async () => {
    const [old, next] = [await service('old'), await service('new')]
    const { url, told, direct } = await stage({ production: [old], candidate: next })
    await (await fetch(url)).text()
    await told(1)
    direct(undefined)
    expect((await fetch(url)).status).toBe(200)
    expect((await told(2)).rehearsals.dropped).toMatchObject({ unready: 1 })
  })

  it('who goes away leaves nothing to compare', async () => {
    const old = await service('old', (_, response) => void response.write('begun'))
    const next = await service('new')
    const { url, route } = await stage({ production: [old], candidate: next })
    const over = new AbortController()
    await fetch(url, { signal: over.signal })
    over.abort()
    for (let requests = 0; requests < 1; await sleep(2)) requests = route.measure(false).get('sha256:old')!.requests
    await sleep(20)
    expect(next.got).toEqual([])
  })
})

describe('what copies cost', () => {
  it('is bounded in number at the same time, and what is over is counted', async () => {
    const old = await service('old')
    const next = await service('new', () => {})
    const limits = { ...shadowing().limits, concurrent: 2, timeoutMs: 300 }
    const { url, told } = await stage({ how: shadowing({ limits }), production: [old], candidate: next })
    await Promise.all(Array.from({ length: 6 }, async () => (await fetch(url)).text()))
    expect((await told(6)).rehearsals).toMatchObject({ timeouts: 2, dropped: { concurrency: 4 } })
  })

  it('is nothing of the environment’s own: no request, no use, no share', async () => {
    const [old, next] = [await service('old'), await service('new')]
    const { url, told, test } = await stage({ production: [old], candidate: next })
    await (await fetch(url)).text()
    await told(1)
    expect([...test.measure(false)]).toEqual([])
    expect(test.idleMs()).toBeGreaterThan(0)
  })

  it('is no failure of a candidate that closes a connection which nobody used for a while', async () => {
    const old = await service('old')
    const answered = new WeakSet<Socket>()
    const next = await service('new', (message, response) => {
      if (answered.has(message.socket)) return message.socket.destroy()
      answered.add(message.socket)
      response.setHeader('content-type', 'application/json').end('{"items":[1,2]}')
    })
    const { url, told } = await stage({ production: [old], candidate: next })
    for (let copies = 1; copies <= 3; copies++) {
      await (await fetch(url)).text()
      expect((await told(copies)).rehearsals.candidate).toMatchObject({ compared: copies, failed: 0 })
    }
  })

  it('is no failure of a candidate that is taken away meanwhile', async () => {
    const old = await service('old')
    const next = await service('new', () => {})
    const { url, told, direct, test } = await stage({ production: [old], candidate: next })
    await (await fetch(url)).text()
    while (next.got.length === 0) await sleep(2)
    direct(undefined)
    await test.drain('new', 0)
    expect((await told(1)).rehearsals).toMatchObject({ candidate: { failed: 0 }, dropped: { unready: 1 } })
  })
})

describe('what differs', () => {
  const answering =
    (body: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener =>
    (_, response) =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  const differs = async (one: RequestListener, other: RequestListener, how = shadowing(), path = '/orders/17?q=ann') => {
    const [old, next] = [await service('old', one), await service('new', other)]
    const { url, told } = await stage({ how, production: [old], candidate: next })
    await (await fetch(`${url}${path}`)).text()
    return (await told(1)).rehearsals.differences[0]?.[0]
  }

  it('is said by place, without what answers hold and without what is somebody’s in a path', async () => {
    expect(await differs(answering('{"items":[{"price":1}],"id":1}'), answering('{"items":[{"price":"2"}],"id":2}'))).toBe(
      'web GET /orders/*: body items[].price: number, string',
    )
    expect(await differs(answering('{}'), answering('{}', { 'content-type': 'text/plain' }, 404))).toBe(
      'web GET /orders/*: status 200, 404; content-type: other',
    )
  })

  it('is told through compression, and not where it does not count', async () => {
    const zipped = answering(gzipSync('{"a":1,"id":1}', { level: 1 }), { 'content-encoding': 'gzip' })
    expect(await differs(zipped, answering('{"id":9,"a":1}'))).toBeUndefined()
    const how = shadowing({ compare: { headers: [], body: 'ignored', ignore: [] } })
    expect(await differs(answering('one'), answering('other', { 'content-type': 'text/plain' }), how)).toBeUndefined()
  })

  it('is held against another instance of what serves, when there is one', async () => {
    let n = 0
    const counting: RequestListener = (_, response) => void response.setHeader('content-type', 'application/json').end(`{"n":${n++}}`)
    const [one, other, next] = [await service('one', counting), await service('other', counting), await service('new', counting)]
    const how = shadowing({ noise: 1 })
    const two = await stage({ how, production: [one, other], candidate: next })
    await (await fetch(two.url, { headers: { cookie: 'a=1' } })).text()
    expect((await two.told(1)).rehearsals).toMatchObject({ noise: { compared: 1, different: 1 }, candidate: { compared: 0 } })
    expect([one.got.length, other.got.length, next.got.length]).toEqual([1, 1, 0])
    const alone = await stage({ how, production: [one], candidate: next })
    await (await fetch(alone.url)).text()
    expect((await alone.told(1)).rehearsals).toMatchObject({ noise: { compared: 0 }, candidate: { compared: 1 } })
  })
})
