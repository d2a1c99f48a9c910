import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type Basket, readBasket, setLine, writeBasket } from './basket.ts'
import { type Database, OutOfStock } from './database.ts'
import type { Markup } from './markup.ts'
import { basketPage, css, front, message, orderPage, page, partPage, type Site } from './pages.ts'
import { quote } from './pricing.ts'
import { log, type Metrics } from './telemetry.ts'

type Call = { readonly query: string; readonly path: string; readonly basket: Basket; form(): Promise<URLSearchParams> }
type Answer = {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}
type Handler = (call: Call, id: number) => Promise<Answer>

/** A request that cannot be served; the sentence is shown to the visitor. */
class Refused extends Error {
  readonly status: number
  constructor(status: number, sentence: string) {
    super(sentence)
    this.status = status
  }
}

const formBytesMax = 10_000
const styleHash = createHash('sha256').update(css).digest('base64')
const security = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
}

export function createShop(database: Database, metrics: Metrics, site: Site): Server {
  // Cookies ignore the port: shops side by side on one machine need a basket each.
  const cookie = `basket_${site.environment.replace(/\W/g, '_')}=`
  const keep = (basket: Basket) => ({ 'set-cookie': `${cookie}${writeBasket(basket)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000` })
  const show = (call: Call, title: string, content: Markup, status = 200): Answer => ({
    status,
    body: page(site, title, call.basket, call.query, content),
    type: 'text/html; charset=utf-8',
  })

  const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    '/': {
      async GET(call) {
        const [parts, categories] = await Promise.all([database.search(call.query.split(/\s+/).filter(Boolean)), database.categories()])
        return show(call, call.query || 'Car parts', front(parts, categories, call.query))
      },
    },
    '/parts/:id': {
      async GET(call, id) {
        const part = await database.part(id)
        if (!part) throw new Refused(404, 'There is no such part.')
        return show(call, part.name, partPage(part))
      },
    },
    '/basket': { GET: (call) => showBasket(call), POST: changeBasket },
    '/checkout': { POST: checkout },
    '/healthz': { GET: health },
    '/metrics': { GET: async () => ({ status: 200, body: metrics.text(), type: 'text/plain; version=0.0.4' }) },
  }

  async function showBasket(call: Call, problem = '', status = 200): Promise<Answer> {
    return show(call, 'Basket', basketPage(await database.lines(call.basket), randomUUID(), problem), status)
  }

  /** `quantity` sets the line, `add` adds to it. */
  async function changeBasket(call: Call): Promise<Answer> {
    const form = await call.form()
    const [part, quantity] = [Number(form.get('part')), Number(form.get('add') ?? form.get('quantity'))]
    if (![part, quantity].every((value) => Number.isInteger(value) && value >= 0 && value < 1e9))
      throw new Refused(400, 'Part and quantity are whole numbers.')
    if (!(await database.part(part))) throw new Refused(404, 'There is no such part.')
    const before = form.has('add') ? (call.basket.get(part) ?? 0) : 0
    return { status: 303, body: '', headers: { location: '/basket', ...keep(setLine(call.basket, part, before + quantity)) } }
  }

  /** With `rehearse=1` everything happens but the last word: the order is rolled back, and its sums are the answer. */
  async function checkout(call: Call): Promise<Answer> {
    const form = await call.form()
    const field = (key: string): string => (form.get(key) ?? '').replaceAll('\0', '').trim().slice(0, 200)
    const [order, name, email] = [field('order'), field('name'), field('email')]
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(order)) throw new Refused(400, 'The order has no valid number.')
    if (name === '' || !/^\S+@\S+$/.test(email)) return showBasket(call, 'Please enter your name and e-mail address.', 400)
    const lines = await database.lines(call.basket)
    if (lines.length === 0) throw new Refused(400, 'There is nothing in the basket.')
    try {
      const rehearse = form.get('rehearse') === '1'
      const bought = await database.buy(order, lines, { name, email }, rehearse)
      if (rehearse) return { status: 200, body: JSON.stringify(quote(lines)), type: 'application/json' }
      if (bought) metrics.orders += 1
      const content = bought
        ? orderPage(order, name, lines)
        : message('Twice', 'You have this order', 'It was placed before; nothing was bought twice.')
      return { ...show({ ...call, basket: new Map() }, 'Thank you', content), headers: keep(new Map()) }
    } catch (error) {
      if (error instanceof OutOfStock) return showBasket(call, `Sorry, ${error.message}.`, 409)
      throw error
    }
  }

  async function health(): Promise<Answer> {
    const problem = await database.ping().then(
      () => undefined,
      (error: Error) => `the database does not answer: ${error.message}`,
    )
    return {
      status: problem === undefined ? 200 : 503,
      body: JSON.stringify({ healthy: problem === undefined, problem }),
      type: 'application/json',
    }
  }

  async function answer(method: string, route: string, id: number, call: Call): Promise<Answer> {
    try {
      if (!routes[route]) throw new Refused(404, 'There is no such page.')
      const handler = routes[route][method === 'HEAD' ? 'GET' : method]
      if (!handler) throw new Refused(405, 'This page cannot do that.')
      return await handler(call, id)
    } catch (error) {
      const [status, sentence] = error instanceof Refused ? [error.status, error.message] : [500, 'Something broke on our side.']
      if (status === 500) log('error', 'request failed', { path: call.path, error: (error as Error).stack })
      try {
        return show(call, 'Sorry', message(String(status), 'Sorry', sentence), status)
      } catch {
        return { status, body: sentence } // What broke is the frame around every page.
      }
    }
  }

  const server = createServer(async (request, response) => {
    const started = performance.now()
    const method = request.method ?? 'GET'
    const url = URL.parse(request.url ?? '/', 'http://shop') ?? new URL('http://shop/')
    const id = /^\/parts\/([1-9]\d{0,8})$/.exec(url.pathname)?.[1]
    const route = id === undefined ? url.pathname : '/parts/:id'
    const sent = request.headers.cookie?.split('; ').find((pair) => pair.startsWith(cookie)) ?? ''
    const query = (url.searchParams.get('q') ?? '').replaceAll('\0', '').trim().slice(0, 80)
    const call = { query, path: url.pathname, basket: readBasket(sent.slice(cookie.length)), form: () => readForm(request) }
    const { status, body, type = 'text/plain; charset=utf-8', headers } = await answer(method, route, Number(id), call)
    // A form not read to its end would be taken for the next request; a server that stops wants no next one.
    const connection = request.complete && server.listening ? 'keep-alive' : 'close'
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...security, ...headers, connection })
    response.end(method === 'HEAD' ? undefined : body)
    const durationMs = performance.now() - started
    metrics.countRequest(method, routes[route] ? route : 'none', status, durationMs / 1000)
    log('info', 'request', { method, path: url.pathname, status, durationMs: Number(durationMs.toFixed(2)) })
  })
  server.requestTimeout = 15_000
  return server
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let [body, size] = ['', 0]
  try {
    request.setEncoding('utf8')
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += Buffer.byteLength(chunk as string)
      if (size > formBytesMax) break
      body += chunk as string
    }
  } catch {
    throw new Refused(400, 'The form did not arrive.')
  }
  if (size > formBytesMax) throw new Refused(413, `A form may have at most ${formBytesMax} bytes.`)
  return new URLSearchParams(body)
}
