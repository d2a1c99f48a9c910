/** Money is whole cents; only `dollars` turns it into text. */
export function shippingFor(goodsCents: number): number {
  return goodsCents === 0 ? 0 : 690
}

export function quote(lines: readonly { readonly priceCents: number; readonly quantity: number }[]) {
  const goodsCents = lines.reduce((sum, line) => sum + line.priceCents * line.quantity, 0)
  const shippingCents = shippingFor(goodsCents)
  return { goodsCents, shippingCents, totalCents: goodsCents + shippingCents }
}

/** `123456` → `$1,234.56` */
export function dollars(cents: number): string {
  return (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' })
}
