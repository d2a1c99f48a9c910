import { namePattern } from '../schema/values.ts'

/** Any text as a name: `@acme/Shop_API` becomes `shop-api`. */
export function toName(text: string, otherwise: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return namePattern.test(plain) ? plain : otherwise
}

/** The name, or the first of name-2, name-3 … that is not taken. */
export function unique(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  for (let count = 2; ; count++) {
    const next = `${name.slice(0, 40 - `-${count}`.length)}-${count}`
    if (!taken.has(next)) return next
  }
}
