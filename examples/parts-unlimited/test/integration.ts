import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { after, before, it } from 'node:test'
import { Pool } from 'pg'
import { visit } from './visitor.ts'

// A part of our own, taken away again: tests never empty the shelves of an environment that stays.
const database = new Pool({ connectionString: process.env.DB_URL })
const [part, email] = [String(randomInt(1e8, 9e8)), `${randomUUID()}@parts-unlimited.example`]

before(async () => {
  const columns = 'id, number, name, category, drawing, price_cents, stock'
  await database.query(`insert into parts (${columns}) values ($1, $2, 'Test gauge', 'Body', 'disc', 1999, 5)`, [part, `PU-${part}`])
})
after(async () => {
  await database.query('delete from orders where email = $1', [email])
  await database.query('delete from parts where id = $1', [part])
  await database.end()
})

async function buy(quantity: number, order: Readonly<Record<string, string>> = {}) {
  const { cookie } = await visit('/basket', { part, add: String(quantity) })
  return visit('/checkout', { order: randomUUID(), name: 'Ada <b>', email, ...order }, cookie)
}

const stock = async () => (await database.query('select stock from parts where id = $1', [part])).rows[0].stock as number

it('the shelves can be seen and searched', async () => {
  const pages = await Promise.all(['/', '/?q=gauge+TEST', '/?q=%25%00_'].map((path) => visit(path)))
  const shown = pages.map(({ body }) => ['Alloy wheel', 'Test gauge'].filter((name) => body.includes(name)).length)
  assert.deepEqual(shown, [2, 1, 0])
})

it('a purchase takes its parts out of stock, once', async () => {
  const order = randomUUID()
  const bought = await buy(2, { order })
  assert.equal(bought.status, 200, 'the checkout answers')
  assert.match(bought.body, /Thank you, Ada &#60;b&#62;/)
  assert.match((await buy(2, { order })).body, /nothing was bought twice/)
  assert.equal(await stock(), 3)
})

it('an order can be placed on a page of its own', async () => {
  const { cookie } = await visit('/basket', { part, add: '1' })
  assert.match((await visit('/checkout', undefined, cookie)).body, /<h1>Checkout<.*Buy for /s)
})

it('what is not there cannot be bought, and a rehearsal takes nothing', async () => {
  assert.equal((await buy(1, { rehearse: '1' })).status, 200)
  assert.match((await buy(99)).body, /There are not 99 of/)
  assert.equal(await stock(), 3)
})

it('customers at the same time never buy more than there is', async () => {
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => buy(1)))
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), [200, 200, 200, 409, 409, 409, 409, 409])
  assert.equal(await stock(), 0)
})

it('what cannot be served is answered with the right status', async () => {
  assert.equal((await visit('/nothing')).status, 404)
  assert.equal((await visit('/checkout', {})).status, 400)
  assert.equal((await visit('/basket', { part: 'x' })).status, 400)
  assert.equal((await visit('/basket', { part: 'x'.repeat(20_000) })).status, 413)
})

it('the shop is healthy and counts what it does', async () => {
  assert.equal((await visit('/healthz')).status, 200)
  const { body } = await visit('/metrics')
  assert.match(body, /^http_requests_total\{route="none",status="404"\} \d+$/m)
  assert.match(body, /^shop_orders_total [1-9]/m)
})
