import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openRoute, type Target } from './route.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

async function service(id: string, answer: RequestListener): Promise<Target & { readonly server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { id, port: (server.address() as AddressInfo).port, server }
}

async function route(target?: Target) {
  const opened = await openRoute({ host: '127.0.0.1', name: 'web of shop/test', port: undefined })
  open.push(() => opened.close())
  const switchTo = (to: Target | undefined) => opened.direct(to ? [{ deployment: to.id, percent: 100, instances: [to] }] : [], false)
  switchTo(target)
  return { ...opened, switchTo, url: `http://127.0.0.1:${opened.port}` }
}

const says =
  (text: string): RequestListener =>
  (_, response) =>
    response.end(text)

const seen: RequestListener = (message, response) => {
  const chunks: Buffer[] = []
  message.on('data', (chunk: Buffer) => chunks.push(chunk))
  message.on('end', () => {
    const { method, url, headers } = message
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
  })
}

/** Exactly these bytes to the route; everything that comes back until it ends. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

describe('a public address', () => {
  it('listens where it is told, while instances stay on loopback', async () => {
    const target = await service('a', says('hello'))
    const opened = await openRoute({ host: '127.0.0.1', publicHost: '127.0.0.2', name: 'web of shop/test', port: undefined })
    open.push(() => opened.close())
    opened.direct([{ deployment: 'a', percent: 100, instances: [target] }], false)
    expect(await (await fetch(`http://127.0.0.2:${opened.port}`)).text()).toBe('hello')
    await expect(fetch(`http://127.0.0.1:${opened.port}`)).rejects.toThrow('fetch failed')
  })
})

describe('passing requests on', () => {
  it('passes method, path, query, body and headers, and says who asked by which name', async () => {
    const { url, port } = await route(await service('a', seen))
    const answer = await fetch(`${url}/a/b?c=%20d`, { method: 'POST', body: 'hello', headers: { 'x-own': 'yes' } })
    const told = (await answer.json()) as { headers: Record<string, string> }
    expect(told).toMatchObject({ method: 'POST', url: '/a/b?c=%20d', body: 'hello' })
    expect(told.headers).toMatchObject({
      'x-own': 'yes',
      host: `127.0.0.1:${port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-proto': 'http',
    })
  })

  it('keeps an outer proxy’s word and drops what is about one connection only', async () => {
    const { port } = await route(await service('a', seen))
    const lines = [
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Proto: https',
      'Connection: close, x-hop',
      'X-Hop: 1',
      'TE: trailers',
      'Keep-Alive: timeout=5',
    ]
    const answer = await raw(port, `GET / HTTP/1.1\r\nHost: shop.example\r\n${lines.join('\r\n')}\r\n\r\n`)
    const { headers } = JSON.parse(/\{.*\}/s.exec(answer)![0]) as { headers: Record<string, string> }
    expect(headers).toMatchObject({ host: 'shop.example', 'x-forwarded-for': '10.0.0.1, 127.0.0.1', 'x-forwarded-proto': 'https' })
    for (const name of ['x-hop', 'te', 'keep-alive']) expect(headers).not.toHaveProperty(name)
  })

  it('frames the body of a GET, so that it is not taken for a request of its own', async () => {
    const { port } = await route(await service('a', seen))
    const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
    const answer = await raw(
      port,
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    )
    expect(JSON.parse(/\{.*\}/s.exec(answer)![0])).toMatchObject({ url: '/', body: smuggled })
  })

  it('passes status, repeated headers and answers without a body back', async () => {
    const target = await service('a', (message, response) => {
      if (message.url === '/none') return response.writeHead(204).end()
      return response
        .writeHead(418, 'Teapot', [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['Content-Length', '3'],
        ])
        .end('tea')
    })
    const { url } = await route(target)
    const answer = await fetch(url)
    expect([answer.status, answer.statusText, answer.headers.getSetCookie()]).toEqual([418, 'Teapot', ['a=1', 'b=2']])
    expect((await fetch(`${url}/none`)).status).toBe(204)
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([418, '3', ''])
  })

  it('streams both ways: the answer may begin before the body has ended', async () => {
    const target = await service('a', (message, response) => void message.pipe(response))
    const { port } = await route(target)
    const asked = request({ port, host: '127.0.0.1', method: 'POST' })
    asked.write('first')
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const [first] = (await once(answer, 'data')) as [Buffer]
    expect(first.toString()).toBe('first')
    asked.end('last')
    const [last] = (await once(answer, 'data')) as [Buffer]
    expect(last.toString()).toBe('last')
  })

  it('passes an event stream’s headers before its first event', async () => {
    const target = await service('a', (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders())
    const { url } = await route(target)
    const over = new AbortController()
    const answer = await fetch(url, { signal: over.signal })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    over.abort()
  })

  it('carries 32 MB each way unchanged', async () => {
    const { url } = await route(await service('a', (message, response) => void message.pipe(response)))
    const body = Buffer.alloc(32 * 1024 * 1024, 'threeways ')
    const answer = await fetch(url, { method: 'POST', body })
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
  })

  it('passes a refusal on that comes before the whole body was sent', async () => {
    const { port } = await route(await service('a', (_, response) => response.writeHead(413, { connection: 'close' }).end('too large')))
    const asked = request({ port, host: '127.0.0.1', method: 'POST' }).on('error', () => {})
    asked.write('x'.repeat(1000))
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const [text] = (await once(answer, 'data')) as [Buffer]
    expect([answer.statusCode, text.toString()]).toEqual([413, 'too large'])
    asked.destroy()
  })

  it('tells the service when the client has gone, and cuts the client off when the service breaks off', async () => {
    const gone = Promise.withResolvers<void>()
    const target = await service('a', (message, response) => {
      response.write('begun')
      if (message.url === '/break') setTimeout(() => message.socket.destroy(), 20)
      else response.once('close', gone.resolve)
    })
    const { url } = await route(target)
    const over = new AbortController()
    await fetch(url, { signal: over.signal })
    over.abort()
    await gone.promise
    await expect((await fetch(`${url}/break`)).text()).rejects.toThrow('terminated')
  })
})

describe('WebSockets', () => {
  it('pass in both directions after the service agreed', async () => {
    const target = await service('a', says('no upgrade'))
    target.server.on('upgrade', (message, socket, head) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Path: ${message.url}\r\n\r\n`)
      socket.write(head)
      socket.on('data', (data: Buffer) => (data.toString() === 'bye' ? socket.end() : socket.write(data.toString().toUpperCase())))
    })
    const { port } = await route(target)
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly')
    let heard = ''
    socket.on('data', (data: Buffer) => (heard += data.toString()))
    while (!/early/i.test(heard)) await sleep(2)
    expect(heard).toContain('101 Switching Protocols')
    expect(heard).toContain('X-Path: /chat')
    socket.write('hello')
    while (!heard.includes('HELLO')) await sleep(2)
    socket.write('bye')
    await once(socket, 'end')
  })

  it('are refused as the service refuses them, and with 503 when nothing serves', async () => {
    const ask = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    const { port, switchTo } = await route(await service('a', (_, response) => response.writeHead(401).end('who are you')))
    expect(await raw(port, ask)).toMatch(/^HTTP\/1.1 401 .*who are you/s)
    switchTo(undefined)
    expect(await raw(port, ask)).toMatch(/^HTTP\/1.1 503 .*nothing serves web of shop\/test/s)
  })

  it('are an ordinary request when something else is asked for', async () => {
    const { port } = await route(await service('a', says('plain')))
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n')).toMatch(
      /^HTTP\/1.1 200 .*plain/s,
    )
  })
})

describe('when a service cannot answer', () => {
  it('says so: 503 when nothing serves, 502 when nobody listens', async () => {
    const { url, switchTo } = await route()
    const none = await fetch(url)
    expect([none.status, none.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await none.json()).toEqual({ status: 503, title: 'nothing serves web of shop/test at the moment' })
    const target = await service('a', says('a'))
    target.server.close()
    switchTo(target)
    const refusedAnswer = await fetch(url, { headers: { accept: 'text/html' } })
    expect([refusedAnswer.status, await refusedAnswer.text()]).toEqual([502, 'the service does not listen; it may be starting again\n'])
  })

  it.each(['HTTP/1.1 042 Odd', 'HTTP/1.1 200 Fi\u0001ne'])(
    'says so with 502 when the service answers "%s", and goes on',
    async (status) => {
      const odd = createTcpServer((socket) => {
        socket.on('error', () => {}).once('data', () => socket.end(`${status}\r\ncontent-length: 0\r\n\r\n`))
      }).listen(0, '127.0.0.1')
      await once(odd, 'listening')
      open.push(async () => odd.close())
      const { url, switchTo } = await route({ id: 'odd', port: (odd.address() as AddressInfo).port })
      const answer = await fetch(url)
      expect(answer.status).toBe(502)
      expect(await answer.json()).toMatchObject({ title: expect.stringContaining('the service answered what is not HTTP') })
      switchTo(await service('a', says('fine')))
      expect(await (await fetch(url)).text()).toBe('fine')
    },
  )

  it('repeats a request that reached nobody, with its body, where traffic goes by then', async () => {
    const dead = await service('dead', says('dead'))
    dead.server.close()
    const living = await service('living', seen)
    const { url, switchTo } = await route()
    // Traffic moves at the moment the request has been sent to the dead one.
    switchTo({
      id: 'dead',
      get port() {
        switchTo(living)
        return dead.port
      },
    })
    const answer = await fetch(url, { method: 'POST', body: 'once' })
    expect(await answer.json()).toMatchObject({ method: 'POST', body: 'once' })
  })

  it('repeats a GET whose connection was reset, and never a POST', async () => {
    const counts: Record<string, number> = {}
    const target = await service('a', (message, response) => {
      counts[message.method!] = (counts[message.method!] ?? 0) + 1
      if (counts[message.method!] === 1) message.socket.resetAndDestroy()
      else response.end('second')
    })
    const { url } = await route(target)
    expect(await (await fetch(url)).text()).toBe('second')
    expect((await fetch(url, { method: 'POST' })).status).toBe(502)
    expect(counts).toEqual({ GET: 2, POST: 1 })
  })
})

describe('switching', () => {
  it('fails no request in hundreds of switches under load', async () => {
    const [a, b] = [await service('a', says('a')), await service('b', says('b'))]
    const { port, switchTo, drain } = await route(a)
    const agent = new Agent({ keepAlive: true })
    const answers = new Map<string, number>()
    const over = new AbortController()
    const count = (what: string) => answers.set(what, (answers.get(what) ?? 0) + 1)
    const client = async (method: string): Promise<void> => {
      for (; !over.signal.aborted; await sleep(0)) count(await once200(port, method, agent).catch((error: Error) => error.message))
    }
    const clients = ['GET', 'GET', 'POST', 'POST'].map(client)
    for (let switches = 0; switches < 300; switches++) {
      const [next, last] = switches % 2 === 0 ? [b, a] : [a, b]
      switchTo(next)
      expect(await drain(last.id, 10_000)).toBe(0)
      await sleep(1)
    }
    over.abort()
    await Promise.all(clients)
    agent.destroy()
    expect([...answers.keys()].toSorted()).toEqual(['a', 'b'])
  })

  it('waits for what is under way, and cuts off what takes too long', async () => {
    const target = await service('a', (message, response) => {
      response.write('begun ')
      if (message.url === '/short') setTimeout(() => response.end('ended'), 50)
    })
    const { url, drain } = await route(target)
    const [short, long] = [await fetch(`${url}/short`), await fetch(url)]
    expect(await drain('a', 200)).toBe(1)
    expect(await short.text()).toBe('begun ended')
    await expect(long.text()).rejects.toThrow('terminated')
  })

  it('takes another port when its own is in use, and the same again when it is free', async () => {
    const first = await route()
    const options = { host: '127.0.0.1', name: 'web of shop/test', port: first.port }
    const other = await openRoute(options)
    expect(other.port).not.toBe(first.port)
    await other.close()
    await first.close()
    const again = await openRoute(options)
    expect(again.port).toBe(first.port)
    await again.close()
  })
})

function once200(port: number, method: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', method, agent }, (answer) => {
      let text = ''
      answer.on('data', (data: Buffer) => (text += data.toString()))
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : `${answer.statusCode} ${text}`))
      answer.on('error', reject)
    })
    asked.on('error', reject).end(method === 'POST' ? 'body' : undefined)
  })
}
