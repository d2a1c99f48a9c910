import { readFileSync } from 'node:fs'
import { bannerText } from './banner.ts'
import { type Basket, quantityMax } from './basket.ts'
import type { Line, Part } from './database.ts'
import { Markup, markup, raw } from './markup.ts'
import { availability, discountOf, dollars, type Quote, quote, set } from './pricing.ts'

/** What every page shows besides its content. */
export type Site = Readonly<Record<'banner' | 'candidate' | 'environment', string>>

export const css = readFileSync(new URL('style.css', import.meta.url), 'utf8')
const sheet = readFileSync(new URL('drawings.svg', import.meta.url), 'utf8')
const drawings = new Map(
  [...sheet.matchAll(/<symbol id="([\w-]+)" viewBox="([\d ]+)">(.*)<\/symbol>/g)].map(([, id, box, ink]) => [id, { box, ink }]),
)

/** Parts name their drawing; one that is not on the sheet stays an empty frame with centre lines. */
function drawing(id: string, style = 'art'): Markup {
  const { box, ink } = drawings.get(id) ?? { box: '0 0 120 120', ink: '' }
  const centre = style === 'art' ? '<path class="centre" d="M60 1v118M1 60h118"/>' : ''
  return raw(`<svg class="${style}" viewBox="${box}" aria-hidden="true">${centre}${ink}</svg>`)
}

const nut = 'M16 1.5l12.6 7.3v14.4L16 30.5 3.4 23.2V8.8zM16 10a6 6 0 100 12 6 6 0 000-12z'
const icon = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#d9480f" d="${nut}"/></svg>`)}`

export function page(site: Site, title: string, basket: Basket, query: string, content: Markup): string {
  const banner = bannerText(site.banner)
  const count = [...basket.values()].reduce((sum, quantity) => sum + quantity, 0)
  return markup`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Parts Unlimited</title><link rel="icon" href="${icon}"><style>${raw(css)}</style></head><body>
${banner !== '' && markup`<p class="banner">${banner}</p>`}
<header><a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="${nut}"/></svg><b>Parts</b> Unlimited</a>
<form class="search" action="/" role="search"><input type="search" name="q" value="${query}" placeholder="Search: brake, H7, PU-2041 …" aria-label="Search parts" maxlength="80"><button>Search</button></form>
<a class="basket" href="/basket">Basket <span>${count}</span></a></header>
<main>${content}</main>
<footer><span>Parts Unlimited. A demonstration shop: nothing is sold here.</span><code>version ${site.candidate} · ${site.environment}</code></footer>
</body></html>`.text
}

export function front(parts: readonly Part[], categories: readonly string[], query: string): Markup {
  const chip = (label: string, search: string): Markup =>
    markup`<a href="/${search && `?q=${encodeURIComponent(search)}`}"${search === query && raw(' aria-current="page"')}>${label}</a>`
  const perks = [`${set.discountPercent} % off sets of ${set.quantity}`, 'Live stock', '30 days to return']
  const hero = markup`<section class="hero"><div><p class="eyebrow">Parts for the car you already have</p><h1>Keep it<br>running.</h1>
<p>Discs, plugs, filters and everything that squeaks. Drawn to scale, priced without surprises, shipped from our own shelves.</p>
<p class="perks">${perks.map((perk) => markup`<span>${perk}</span>`)}</p></div>${drawing('car', 'car')}</section>`
  return markup`${query === '' && hero}<nav class="chips" aria-label="Categories">${chip('All parts', '')}${categories.map((name) => chip(name, name))}</nav>
<h2 class="count">${parts.length} ${parts.length === 1 ? 'part' : 'parts'}${query !== '' && ` for “${query}”`}</h2>
<ul class="grid">${parts.map(card)}</ul>${parts.length === 0 && markup`<p class="empty">Nothing on the shelves matches. <a href="/">See all parts</a></p>`}`
}

function card(part: Part): Markup {
  return markup`<li class="card"><a href="/parts/${part.id}">${drawing(part.drawing)}<span class="number">${part.number}</span><h3>${part.name}</h3></a>
<p>${stock(part)}</p><div class="buy"><strong>${dollars(part.priceCents)}</strong>${addForm(part, 'Add')}</div></li>`
}

function stock(part: Part): Markup {
  const { label, style } = availability(part.stock)
  return markup`<span class="stock ${style}">${label}</span>`
}

function addForm(part: Part, label: string): Markup {
  return markup`<form method="post" action="/basket"><input type="hidden" name="part" value="${part.id}"><input type="hidden" name="add" value="1">
<button${part.stock === 0 && raw(' disabled')} aria-label="${label}: ${part.name}">${label}</button></form>`
}

export function partPage(part: Part): Markup {
  return markup`<article class="part"><figure>${drawing(part.drawing)}<figcaption>${part.number}</figcaption></figure>
<div><p class="eyebrow">${part.category}</p><h1>${part.name}</h1><p class="lead">${part.description}</p>
<p class="price">${dollars(part.priceCents)} ${stock(part)}</p>${addForm(part, 'Add to basket')}
<p class="note">${set.discountPercent} % off when you take ${set.quantity} or more. Tax and shipping are shown in the basket.</p></div></article>`
}

/** @param orderId - made with the page: pressing "Buy" twice is one order */
export function basketPage(lines: readonly Line[], orderId: string, problem: string): Markup {
  if (lines.length === 0) return message('Basket', 'Your basket is empty', 'The shelves are not.')
  const sum = quote(lines)
  const quantity = (line: Line): Markup => markup`<form method="post" action="/basket"><input type="hidden" name="part" value="${line.id}">
<input type="number" name="quantity" value="${line.quantity}" min="0" max="${quantityMax}" aria-label="Quantity of ${line.name}"><button class="quiet">Set</button></form>`
  return markup`<section class="narrow"><h1>Basket</h1>${problem !== '' && markup`<p class="problem" role="alert">${problem}</p>`}
${list(lines, quantity)}${sums(sum)}<form class="checkout" method="post" action="/checkout"><input type="hidden" name="order" value="${orderId}">
<label>Name<input name="name" required maxlength="100" autocomplete="name"></label>
<label>E-mail<input name="email" type="email" required maxlength="200" autocomplete="email"></label>
<button>Buy for ${dollars(sum.totalCents)}</button></form></section>`
}

export function orderPage(orderId: string, customer: string, lines: readonly Line[]): Markup {
  return markup`<section class="narrow"><p class="eyebrow">Order ${orderId.slice(0, 8)}</p><h1>Thank you, ${customer}</h1>
<p class="lead">Your parts are set aside.</p>${list(lines, (line) => markup`<span>× ${line.quantity}</span>`)}${sums(quote(lines))}</section>`
}

export function message(eyebrow: string, title: string, sentence: string): Markup {
  return markup`<section class="narrow"><p class="eyebrow">${eyebrow}</p><h1>${title}</h1><p class="lead">${sentence} <a href="/">See all parts</a></p></section>`
}

function list(lines: readonly Line[], quantity: (line: Line) => Markup): Markup {
  const row = (line: Line): Markup => markup`<li>${drawing(line.drawing)}<div><a href="/parts/${line.id}">${line.name}</a>
<small>${dollars(line.priceCents)} each</small></div>${quantity(line)}<strong>${dollars(line.priceCents * line.quantity - discountOf(line))}</strong></li>`
  return markup`<ul class="lines">${lines.map(row)}</ul>`
}

function sums(sum: Quote): Markup {
  const row = (label: string, cents: number): Markup => markup`<dt>${label}</dt><dd>${dollars(cents)}</dd>`
  return markup`<dl class="sums">${row('Parts', sum.goodsCents)}${sum.discountCents > 0 && row('Set discount', -sum.discountCents)}
${row('Shipping', sum.shippingCents)}${row('Tax', sum.taxCents)}${row('Total', sum.totalCents)}</dl>`
}
