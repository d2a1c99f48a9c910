import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bannerText } from '../src/banner.ts'
import { addTo, readBasket, writeBasket } from '../src/basket.ts'
import { onDuty } from '../src/chat.ts'
import { markup, raw } from '../src/markup.ts'
import { dollars, quote } from '../src/pricing.ts'

it('a quote adds shipping to the goods; an empty basket costs nothing', () => {
  assert.deepEqual(quote([{ priceCents: 1000, quantity: 2 }]), { goodsCents: 2000, shippingCents: 690, totalCents: 2690 })
  assert.equal(dollars(quote([]).totalCents), '$0.00')
})

it('values are escaped wherever they stand, markup is not', () => {
  const page = markup`<p title="${'"\''}">${'<&>'}${['<', markup`<i>${1}</i>`]}${raw('<br>')}${false}</p>`
  assert.equal(page.toString(), '<p title="&#34;&#39;">&#60;&#38;&#62;&#60;<i>1</i><br></p>')
})

it('a basket survives its cookie, lines that are not sound do not', () => {
  assert.deepEqual(readBasket(writeBasket(new Map([[5, 1]]))), new Map([[5, 1]]))
  assert.deepEqual(readBasket('0x1.5x0.-3x2x9.7x100.99999999999x1.8x2.<b>'), new Map([[8, 2]]))
})

it('a line holds at most 99 and goes away at none', () => {
  assert.deepEqual(addTo(new Map([[5, 98]]), 5, 2), new Map([[5, 99]]))
  assert.equal(addTo(new Map([[5, 1]]), 5, -1).size, 0)
})

it('the banner is the setting without the space around it', () => {
  assert.equal(bannerText(' Closed on Monday '), 'Closed on Monday')
})

it('somebody answers letters from six until midnight', () => {
  const hours = [5, 6, 10, 15, 23].map((hour) => onDuty(new Date(Date.UTC(2026, 0, 5, hour))).join())
  assert.deepEqual(hours, ['', 'Ines', 'Ines,Ravi', 'Ravi', 'Mette'])
})
