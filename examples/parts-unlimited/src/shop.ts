import { createHash, randomUUID } from 'node:crypto'
import { addTo, readBasket, writeBasket } from './basket.ts'
import { onDuty } from './chat.ts'
import type { Database } from './database.ts'
import type { Answer, Call, Service } from './http.ts'
import type { Markup } from './markup.ts'
import { basketPage, checkoutPage, css, frontPage, message, page, type Site } from './pages.ts'
import { quote } from './pricing.ts'
import { Refused } from './refused.ts'
import type { Release } from './release.ts'
import { count, log, metrics } from './telemetry.ts'

const styles = `'sha256-${createHash('sha256').update(css).digest('base64')}'`
const policy = `default-src 'none'; style-src ${styles}; img-src data:; form-action 'self'; base-uri 'none'`
const html = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }

export function createShop(database: Database, site: Site, release: Release): Service {
  // Cookies ignore the port: shops side by side on one machine need some of their own each.
  const cookie = (name: string, { cookies }: Call) => new RegExp(`\\b${name}_${site.environment}=([^;]*)`).exec(cookies)?.[1]
  const kept = (name: string, value: string) => `${name}_${site.environment}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000`
  const basketOf = (call: Call) => readBasket(cookie('basket', call) ?? '')
  const keep = (basket: string) => ({ 'set-cookie': kept('basket', basket) })
  /** Who is diced, whatever is in the basket; nobody before the first page was answered. */
  const visitorOf = (call: Call) => /^[0-9a-f-]{36}$/.exec(cookie('visitor', call) ?? '')?.[0]
  const show = (call: Call, content: Markup, basket = basketOf(call)): Answer => {
    const visitor = visitorOf(call) === undefined && { 'set-cookie': kept('visitor', randomUUID()) }
    return { status: 200, body: page(site, basket, call.query, content, release.isAlone()), headers: { ...html, ...visitor } }
  }
  return {
    routes: {
      'GET /': async (call) => show(call, frontPage(await database.search(call.query.split(' ').filter(Boolean)), call.query)),
      'GET /basket': async (call) => {
        const [visitor, at] = [visitorOf(call), new Date()]
        const letters = () => onDuty(at)
        const clerks = release.chat(visitor, letters, () => database.rehearseChat(at))
        const order = release.formIn(visitor) === 'basket' ? randomUUID() : undefined
        return show(call, basketPage(await database.lines(basketOf(call)), clerks, order))
      },
      'GET /checkout': async (call) => show(call, checkoutPage(await database.lines(basketOf(call)), randomUUID())),
      'POST /basket': async (call) => {
        const form = await call.form()
        const [part, quantity] = [Number(form.get('part')), Number(form.get('add'))]
        if (!Number.isInteger(part) || !Number.isInteger(quantity)) throw new Refused(400, 'Part and quantity are whole numbers.')
        const basket = writeBasket(addTo(basketOf(call), part, quantity))
        return { status: 303, body: '', headers: { location: '/basket', ...keep(basket) } }
      },
      'POST /checkout': async (call) => {
        const form = await call.form()
        const order = { ...readOrder(form), lines: await database.lines(basketOf(call)) }
        if (order.lines.length === 0) throw new Refused(400, 'There is nothing in the basket.')
        const rehearse = form.get('rehearse') === '1'
        const visitor = visitorOf(call)
        await database.buy(order, rehearse ? 'rollback' : 'commit', release.stockTaken(visitor)).catch((error: Error) => {
          if (!(error instanceof Refused)) release.did(visitor, 'checkout-failed')
          throw error
        })
        if (rehearse) return plain('rehearsed: nothing was bought')
        count('shop_orders_total')
        release.did(visitor, 'ordered')
        release.did(visitor, 'paid', quote(order.lines).totalCents / 100)
        const thanks = show(call, message(`Thank you, ${order.customer}`, 'Your parts are set aside.'), new Map())
        return { ...thanks, headers: { ...html, ...keep('') } }
      },
      'GET /healthz': async () => plain(`healthy: ${(await database.search([])).length} parts`),
      'GET /metrics': async () => plain(metrics()),
      none: () => Promise.reject(new Refused(404, 'There is no such page.')),
    },
    sorry(call, error) {
      if (error instanceof Refused) return { ...show(call, message('Sorry', error.message)), status: error.status }
      log('error', 'request failed', { error: error.stack })
      return { ...show(call, message('Sorry', 'Something broke on our side.')), status: 500 }
    },
  }
}

function readOrder(form: URLSearchParams) {
  const [id, customer, email] = ['order', 'name', 'email'].map((key) => (form.get(key) ?? '').trim().slice(0, 200))
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id!)) throw new Refused(400, 'The order has no valid number.')
  if (!customer || !/^\S+@\S+$/.test(email!)) throw new Refused(400, 'An order needs your name and e-mail address.')
  return { id: id!, customer, email: email! }
}

function plain(body: string): Answer {
  return { status: 200, body, headers: { 'content-type': 'text/plain; charset=utf-8' } }
}
