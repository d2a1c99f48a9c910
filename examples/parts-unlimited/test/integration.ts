import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { after, before, it } from 'node:test'
import { Pool } from 'pg'

const { WEB_URL, DB_URL } = process.env
if (!WEB_URL || !DB_URL) throw new Error('$WEB_URL and $DB_URL must be set: the shop to test, and its database')

// A part of our own, taken away again: tests never empty the shelves of an environment that stays.
const database = new Pool({ connectionString: DB_URL })
const [part, email, stock] = [String(randomInt(1e8, 9e8)), `${randomUUID()}@parts-unlimited.example`, 5]

before(() =>
  database.query(
    `insert into parts (id, number, name, category, description, drawing, price_cents, stock)
     values ($1, $2, 'Test gauge', 'Body', 'Only while a test runs.', 'disc', 1999, $3)`,
    [part, `PU-${part}`, stock],
  ),
)
after(async () => {
  await database.query('delete from orders where email = $1', [email])
  await database.query('delete from parts where id = $1', [part])
  await database.end()
})

/** Somebody with a browser: keeps the cookie, does not follow redirects. */
function visitor(): (path: string, form?: Record<string, string>) => Promise<{ status: number; body: string }> {
  let cookie = ''
  return async (path, form) => {
    const post = form && { method: 'POST', body: new URLSearchParams(form) }
    const response = await fetch(new URL(path, WEB_URL), { ...post, headers: { cookie }, redirect: 'manual' })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    return { status: response.status, body: await response.text() }
  }
}

const customer = (): Record<string, string> => ({ order: randomUUID(), name: 'Ada <b>', email })
const cards = (body: string): number => body.match(/class="card"/g)?.length ?? 0
const stockNow = async (): Promise<number> => (await database.query('select stock from parts where id = $1', [part])).rows[0].stock

it('the shelves can be seen and searched', async () => {
  const visit = visitor()
  const [all, some, none] = await Promise.all(['/', '/?q=TEST+gauge', '/?q=%25%00_'].map((path) => visit(path)))
  assert.deepEqual([all!.status, some!.status, none!.status], [200, 200, 200])
  assert.ok(cards(all!.body) > cards(some!.body) && cards(some!.body) > 0 && cards(none!.body) === 0)
  assert.match((await visit(`/parts/${part}`)).body, /\$19\.99/)
})

it('a purchase takes its parts out of stock, once', async () => {
  const [visit, order] = [visitor(), customer()]
  const buy = async (): Promise<{ status: number; body: string }> => {
    await visit('/basket', { part, quantity: '2' })
    return visit('/checkout', order)
  }
  const bought = await buy()
  assert.equal(bought.status, 200, 'the checkout answers')
  assert.match(bought.body, /Thank you, Ada &#60;b&#62;/)
  assert.match((await buy()).body, /nothing was bought twice/)
  assert.equal(await stockNow(), stock - 2)
})

it('what is not there cannot be bought, and a rehearsal takes nothing', async () => {
  const visit = visitor()
  const before = await stockNow()
  await visit('/basket', { part, quantity: '1' })
  assert.equal((await visit('/checkout', { ...customer(), rehearse: '1' })).status, 200)
  await visit('/basket', { part, quantity: '99' })
  const refused = await visit('/checkout', customer())
  assert.deepEqual([refused.status, /there are not 99 of/.test(refused.body), await stockNow()], [409, true, before])
})

it('customers at the same time never buy more than there is', async () => {
  const left = await stockNow()
  const buyOne = async (): Promise<number> => {
    const visit = visitor()
    await visit('/basket', { part, quantity: '1' })
    return (await visit('/checkout', customer())).status
  }
  const outcomes = await Promise.all(Array.from({ length: left + 4 }, buyOne))
  assert.equal(outcomes.filter((status) => status === 200).length, left)
  assert.equal(await stockNow(), 0)
})

it('what cannot be served is answered with the right status', async () => {
  const visit = visitor()
  const asked = [
    visit('/parts/999999999'),
    visit('/nothing'),
    visit('/checkout'),
    visit('/checkout', customer()),
    visit('/basket', { x: 'x'.repeat(20_000) }),
  ]
  assert.deepEqual(
    (await Promise.all(asked)).map(({ status }) => status),
    [404, 404, 405, 400, 413],
  )
})

it('the shop is healthy and counts what it does', async () => {
  const visit = visitor()
  assert.equal((await visit('/healthz')).status, 200)
  const { body } = await visit('/metrics')
  for (const line of [
    /^http_requests_total\{.*route="\/parts\/:id",status="404"\} \d+$/m,
    /_bucket\{le="\+Inf"\} \d+$/m,
    /^shop_orders_total [1-9]/m,
  ])
    assert.match(body, line)
})
