/** Part id to quantity, at most 99. Lives in a cookie (`5x1.12x4`), so a basket needs no row until somebody buys. */
export type Basket = ReadonlyMap<number, number>

/** Reads what a browser sent; lines that are not sound are left out. */
export function readBasket(cookie: string): Basket {
  const lines = cookie.split('.').map((line) => /^([1-9]\d{0,8})x([1-9]\d?)$/.exec(line))
  return new Map(lines.filter((line) => line !== null).map(([, part, quantity]) => [Number(part), Number(quantity)]))
}

export function writeBasket(basket: Basket): string {
  return [...basket].map(([part, quantity]) => `${part}x${quantity}`).join('.')
}

export function addTo(basket: Basket, part: number, quantity: number): Basket {
  const sum = Math.min((basket.get(part) ?? 0) + quantity, 99)
  return new Map([...basket, [part, sum] as const].filter(([id]) => id !== part || sum > 0))
}
