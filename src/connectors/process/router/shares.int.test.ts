import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openRoute, type Backend, type Target } from './route.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

/** Says its name, holds event streams open, and echoes on WebSockets. */
async function service(id: string, answer?: RequestListener): Promise<Target> {
  const server = createServer((message, response) => {
    if (answer) return answer(message, response)
    if (message.url !== '/events') return response.end(id)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${id}\n\n`)
  })
  const sockets = new Set<Socket>()
  server.on('upgrade', (message, socket) => {
    sockets.add(socket as Socket)
    if (message.url === '/closed') return socket.end('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n')
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    socket.on('data', (data: Buffer) => socket.write(`${id} ${data.toString()}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { id, port: (server.address() as AddressInfo).port }
}

async function shared(sticky: boolean, ...shares: readonly (readonly [Target, number])[]) {
  const route = await openRoute({ host: '127.0.0.1', name: 'web of shop/test', port: undefined })
  open.push(() => route.close())
  const direct = (...next: readonly (readonly [Target, number])[]) =>
    route.direct(
      next.map(([target, percent]): Backend => ({ deployment: target.id, percent, instances: [target] })),
      sticky,
    )
  direct(...shares)
  return { ...route, direct, url: `http://127.0.0.1:${route.port}` }
}

/** A WebSocket as bytes, open when this returns. */
async function webSocket(port: number, cookie = '', path = '/') {
  const socket = connect(port, '127.0.0.1')
  open.push(async () => socket.destroy())
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: ${cookie}\r\n\r\n`)
  let heard = ''
  socket.on('data', (data: Buffer) => (heard += data.toString()))
  while (!heard.includes('\r\n\r\n')) await sleep(2)
  return {
    head: heard,
    async echo(text: string): Promise<string> {
      heard = ''
      socket.write(text)
      while (!heard.includes(text)) await sleep(2)
      return heard
    },
    close: () => socket.destroy(),
  }
}

describe('shares of a service’s traffic', () => {
  it('hold for WebSockets and event streams as for requests, which stay where they began when shares move', async () => {
    const [a, b] = [await service('a'), await service('b')]
    const route = await shared(false, [a, 50], [b, 50])
    const sockets = await Promise.all(Array.from({ length: 4 }, () => webSocket(route.port)))
    const over = new AbortController()
    const streams = await Promise.all(Array.from({ length: 4 }, () => fetch(`${route.url}/events`, { signal: over.signal })))
    const begun = await Promise.all(streams.map(async ({ body }) => new TextDecoder().decode((await body!.getReader().read()).value)))
    expect(begun.map((text) => text.trim()).toSorted()).toEqual(['data: a', 'data: a', 'data: b', 'data: b'])
    route.direct([a, 0], [b, 100])
    const echoes = await Promise.all(sockets.map(({ echo }) => echo('still here')))
    expect(echoes.toSorted()).toEqual(['a still here', 'a still here', 'b still here', 'b still here'])
    expect(await (await webSocket(route.port)).echo('new')).toBe('b new')
    const measured = route.measure(false)
    expect([measured.get('a'), measured.get('b')]).toMatchObject([
      { requests: 4, errors: 0 },
      { requests: 5, errors: 0 },
    ])
    over.abort()
  })

  it('are drained: what is still open at the end of its grace is cut, and only there', async () => {
    const [a, b] = [await service('a'), await service('b')]
    const route = await shared(false, [a, 50], [b, 50])
    const sockets = await Promise.all([webSocket(route.port), webSocket(route.port)])
    const names = await Promise.all(sockets.map(async ({ echo }) => (await echo('x')).slice(0, 1)))
    route.direct([b, 100])
    expect(await route.drain('a', 20)).toBe(1)
    expect(await sockets[names.indexOf('b')]!.echo('y')).toBe('b y')
  })

  it('pin a client where it was first, WebSockets too, until that has no share', async () => {
    const [a, b] = [await service('a'), await service('b')]
    const route = await shared(true, [a, 50], [b, 50])
    const answers = [await fetch(route.url), await fetch(route.url)]
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    const cookie = answers[texts.indexOf('b')]!.headers.getSetCookie()[0]!.split(';')[0]!
    route.direct([a, 99], [b, 1])
    const socket = await webSocket(route.port, cookie)
    expect([await socket.echo('x'), socket.head.includes('Set-Cookie')]).toEqual(['b x', false])
    expect((await webSocket(route.port)).head).toMatch(/Set-Cookie: threeways_[0-9a-f]{8}=[0-9a-f.]{17}; Path=\/; HttpOnly; SameSite=Lax/)
    const forged = await fetch(route.url, { headers: { cookie: cookie.replace(/=.*/, '=ffffffff.ffffffff') } })
    expect([await forged.text(), forged.headers.getSetCookie().length]).toEqual(['a', 1])
    route.direct([a, 100], [b, 0])
    expect(await (await fetch(route.url, { headers: { cookie } })).text()).toBe('a')
  })

  it('count what fails against the deployment that failed, also when another one answered in its place', async () => {
    const [good, dead] = [await service('good'), { id: 'dead', port: 1 }]
    const broken = await service('broken', (message, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half')
      setTimeout(() => message.socket.destroy(), 10)
    })
    const route = await shared(false, [good, 50], [dead, 50])
    const texts = await Promise.all(Array.from({ length: 10 }, async () => (await fetch(route.url)).text()))
    expect(new Set(texts)).toEqual(new Set(['good']))
    expect(Object.fromEntries(route.measure(true))).toMatchObject({ good: { requests: 10, errors: 0 }, dead: { requests: 5, errors: 5 } })
    route.direct([broken, 100])
    await expect((await fetch(route.url)).text()).rejects.toThrow('terminated')
    expect((await webSocket(route.port, '', '/closed')).head).toContain('500')
    expect(route.measure(true).get('broken')).toMatchObject({ requests: 2, errors: 2 })
  })

  it('do not hold a client’s going away against a service', async () => {
    const slow = await service('slow', (_, response) => void response.write('begun'))
    const route = await shared(false, [slow, 100])
    const over = new AbortController()
    await fetch(route.url, { signal: over.signal })
    over.abort()
    for (let requests = 0; requests < 1; await sleep(2)) requests = route.measure(false).get('slow')!.requests
    expect(route.measure(false).get('slow')).toMatchObject({ requests: 1, errors: 0 })
  })
})
