/** Part id to quantity. Lives in a cookie (`5x1.12x4`), so a basket needs no row until somebody buys. */
export type Basket = ReadonlyMap<number, number>

export const quantityMax = 99
const linesMax = 20

/** Reads what a browser sent; lines that are not sound are left out. */
export function readBasket(cookie: string): Basket {
  const sound = cookie.split('.').map((line) => /^([1-9]\d{0,8})x([1-9]\d?)$/.exec(line))
  return new Map(sound.flatMap((found): [number, number][] => (found ? [[Number(found[1]), Number(found[2])]] : [])).slice(0, linesMax))
}

export function writeBasket(basket: Basket): string {
  return [...basket].map(([part, quantity]) => `${part}x${quantity}`).join('.')
}

/** Sets one line: below 1 takes it out, above the limit becomes the limit; a line too many is not added. */
export function setLine(basket: Basket, part: number, quantity: number): Basket {
  const changed = new Map(basket)
  if (quantity < 1) changed.delete(part)
  else if (changed.has(part) || changed.size < linesMax) changed.set(part, Math.min(quantity, quantityMax))
  return changed
}
