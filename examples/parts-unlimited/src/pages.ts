import { readFileSync } from 'node:fs'
import { bannerText } from './banner.ts'
import type { Basket } from './basket.ts'
import type { Line, Part } from './database.ts'
import { type Markup, markup, raw } from './markup.ts'
import { dollars, quote } from './pricing.ts'

/** What every page shows besides its content. */
export type Site = Readonly<Record<'banner' | 'version' | 'environment', string>>

export const css = readFileSync(new URL('style.css', import.meta.url), 'utf8')
const drawings = raw(readFileSync(new URL('drawings.svg', import.meta.url), 'utf8'))
const shelves = ['', 'Brakes', 'Engine', 'Electrics', 'Chassis', 'Cooling']

export function page(site: Site, basket: Basket, query: string, content: Markup, isAlone = false): string {
  const banner = bannerText(site.banner)
  const count = [...basket.values()].reduce((sum, quantity) => sum + quantity, 0)
  return markup`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${query && `${query} · `}Parts Unlimited</title><link rel="icon" href="data:,"><style>${raw(css)}</style></head><body>
${drawings}${banner && markup`<p class="banner">${banner}</p>`}
<header><a class="brand" href="/"><svg width="30" viewBox="0 0 32 32"><use href="#nut"/></svg><b>Parts</b> Unlimited</a>
<form class="search" role="search" action="/"><input type="search" name="q" value="${query}" aria-label="Search parts"
placeholder="Search: brake, belt, PU-2041 …" maxlength="80"><button>Search</button></form>
<a class="brand" href="/basket">Basket <span class="count">${count}</span></a></header>
<main>${content}</main>
<footer><span>A demonstration shop: nothing is sold here.</span>
<code>version ${site.version} · ${site.environment}${isAlone && ' · no flags are reached at $FLAGS_URL'}</code></footer></body></html>`.toString()
}

export function frontPage(parts: readonly Part[], query: string): Markup {
  const hero = markup`<section class="hero"><div><code>Parts for the car you already have</code><h1>Keep it<br>running.</h1>
<p>Discs, plugs, filters and everything that squeaks. Drawn to scale, priced without surprises, shipped from our own shelves.</p></div>
<svg viewBox="0 0 640 250" aria-hidden="true"><use href="#car"/></svg></section>`
  const chip = (name: string): Markup =>
    markup`<a href="/?q=${name}"${name === query && raw(' aria-current="page"')}>${name || 'All parts'}</a>`
  return markup`${query === '' && hero}<nav aria-label="Shelves">${shelves.map(chip)}</nav><ul class="grid">${parts.map(card)}</ul>
${parts.length === 0 && message('Nothing found', `Nothing on the shelves matches “${query}”.`)}`
}

function card(part: Part): Markup {
  const stock = part.stock === 0 ? 'sold out' : part.stock <= 5 ? `only ${part.stock} left` : 'in stock'
  return markup`<li>${drawing(part)}<code>${part.number}</code><h2>${part.name}</h2><small>${stock}</small>
<div><strong>${dollars(part.priceCents)}</strong>${part.stock > 0 && addButton(part, 1, 'Add')}</div></li>`
}

function drawing(part: Part): Markup {
  return markup`<svg class="art" viewBox="0 0 120 120" aria-hidden="true"><use href="#centre"/><use href="#${part.drawing}"/></svg>`
}

function addButton(part: Part, quantity: number, label: string): Markup {
  return markup`<form method="post" action="/basket"><input type="hidden" name="part" value="${part.id}">
<button name="add" value="${quantity}" aria-label="${label}: ${part.name}">${label}</button></form>`
}

/** @param orderId - made with the page: pressing "Buy" twice is one order; undefined: the form is on a page of its own */
export function basketPage(lines: readonly Line[], clerks: readonly string[], orderId?: string): Markup {
  if (lines.length === 0) return message('Your basket is empty', 'The shelves are not.')
  const sum = quote(lines)
  const help = clerks.length > 0 && markup`<p>Questions? ${clerks.join(' and ')} answer letters at this hour.</p>`
  return markup`<section class="narrow"><h1>Basket</h1><ul>${lines.map(basketLine)}</ul>
<dl><dt>Parts</dt><dd>${dollars(sum.goodsCents)}</dd><dt>Shipping</dt><dd>${dollars(sum.shippingCents)}</dd></dl>
${orderId === undefined ? markup`<form action="/checkout"><button>To the checkout</button></form>` : orderForm(sum.totalCents, orderId)}${help}</section>`
}

export function checkoutPage(lines: readonly Line[], orderId: string): Markup {
  if (lines.length === 0) return message('Your basket is empty', 'The shelves are not.')
  return markup`<section class="narrow"><h1>Checkout</h1>${orderForm(quote(lines).totalCents, orderId)}</section>`
}

function orderForm(totalCents: number, orderId: string): Markup {
  return markup`<form method="post" action="/checkout"><input type="hidden" name="order" value="${orderId}">
<label>Name<input name="name" required maxlength="100" autocomplete="name"></label>
<label>E-mail<input name="email" type="email" required maxlength="200" autocomplete="email"></label>
<button>Buy for ${dollars(totalCents)}</button></form>`
}

function basketLine(line: Line): Markup {
  return markup`<li>${drawing(line)}<span>${line.name}</span>${addButton(line, -1, '−')}<b>${line.quantity}</b>${addButton(line, 1, '+')}
<strong>${dollars(line.priceCents * line.quantity)}</strong></li>`
}

export function message(title: string, sentence: string): Markup {
  return markup`<section class="narrow"><h1>${title}</h1><p>${sentence} <a href="/">See all parts</a></p></section>`
}
