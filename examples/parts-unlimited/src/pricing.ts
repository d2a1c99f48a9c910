/** Money is whole cents; only `dollars` turns it into text. */
export type Priced = { readonly priceCents: number; readonly quantity: number }
export type Quote = Readonly<Record<'goodsCents' | 'discountCents' | 'shippingCents' | 'taxCents' | 'totalCents', number>>

/** So many of one part make a set, which is cheaper by so many percent. */
export const set = { quantity: 4, discountPercent: 10 }
/** Hundredths of a percent, on goods after discount. */
const taxBasisPoints = 825

export function discountOf(line: Priced): number {
  return line.quantity < set.quantity ? 0 : Math.round((line.priceCents * line.quantity * set.discountPercent) / 100)
}

/** @param goodsCents - after discount */
export function shippingFor(goodsCents: number): number {
  return goodsCents === 0 ? 0 : 690
}

export function quote(lines: readonly Priced[]): Quote {
  const goodsCents = lines.reduce((sum, line) => sum + line.priceCents * line.quantity, 0)
  const discountCents = lines.reduce((sum, line) => sum + discountOf(line), 0)
  const shippingCents = shippingFor(goodsCents - discountCents)
  const taxCents = Math.round(((goodsCents - discountCents) * taxBasisPoints) / 10_000)
  return { goodsCents, discountCents, shippingCents, taxCents, totalCents: goodsCents - discountCents + shippingCents + taxCents }
}

/** What the page says about availability, and the style it says it in. */
export function availability(stock: number): { readonly label: string; readonly style: 'good' | 'low' | 'none' } {
  if (stock === 0) return { label: 'sold out', style: 'none' }
  return stock <= 5 ? { label: `only ${stock} left`, style: 'low' } : { label: 'in stock', style: 'good' }
}

/** `123456` → `$1,234.56` */
export function dollars(cents: number): string {
  return (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' })
}
