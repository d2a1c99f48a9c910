import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { bannerText } from '../src/banner.ts'
import { quantityMax, readBasket, setLine, writeBasket } from '../src/basket.ts'
import { markup, raw } from '../src/markup.ts'
import { availability, discountOf, dollars, quote } from '../src/pricing.ts'

it('a quote adds shipping and tax to the goods', () => {
  const sum = quote([{ priceCents: 1000, quantity: 2 }])
  assert.deepEqual(sum, { goodsCents: 2000, discountCents: 0, shippingCents: 690, taxCents: 165, totalCents: 2855 })
})

it('four of one part are 10 % cheaper, three are not', () => {
  assert.deepEqual(
    [3, 4].map((quantity) => discountOf({ priceCents: 105, quantity })),
    [0, 42],
  )
})

it('every amount is whole cents, and an empty basket costs nothing', () => {
  assert.ok(Object.values(quote([{ priceCents: 333, quantity: 7 }])).every(Number.isInteger))
  assert.equal(quote([]).totalCents, 0)
})

it('cents are written as dollars', () => {
  assert.equal(dollars(123456), '$1,234.56')
})

it('stock that runs out is announced', () => {
  assert.deepEqual(
    [0, 1, 6].map((stock) => availability(stock).label),
    ['sold out', 'only 1 left', 'in stock'],
  )
})

it('values are escaped wherever they stand, markup is not', () => {
  const page = markup`<p title="${'"\''}">${'<&>'}${['<', markup`<i>${1}</i>`]}${raw('<br>')}${false}</p>`
  assert.equal(page.text, '<p title="&#34;&#39;">&#60;&#38;&#62;&#60;<i>1</i><br></p>')
})

it('a basket survives its cookie, lines that are not sound do not', () => {
  const basket = new Map([[5, 1], [12, 4]]) // prettier-ignore
  assert.deepEqual(readBasket(writeBasket(basket)), basket)
  assert.deepEqual(readBasket('0x1.5x0.-3x2x9.7x100.99999999999x1.8x2.<b>'), new Map([[8, 2]]))
})

it('a line holds at most its limit and goes away at none', () => {
  const basket = setLine(new Map(), 5, 5000)
  assert.equal(basket.get(5), quantityMax)
  assert.equal(setLine(basket, 5, 0).size, 0)
})

it('the banner is the setting without the space around it', () => {
  assert.equal(bannerText(' Closed on Monday '), 'Closed on Monday')
})

it('the seed holds, word for word, each migration it marks as applied', () => {
  const read = (path: string): string => readFileSync(new URL(`../db/${path}`, import.meta.url), 'utf8')
  const marked = readdirSync(new URL('../db/migrations', import.meta.url)).filter((name) => read('seed.sql').includes(`('${name}')`))
  assert.ok(marked.length > 0)
  for (const name of marked)
    assert.ok(read('seed.sql').includes(read(`migrations/${name}`)), `db/seed.sql and db/migrations/${name} differ`)
})
