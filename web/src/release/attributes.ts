/** Attributes that somebody wrote, or the part of it that is none. */
export type Attributes = { readonly context: Readonly<Record<string, unknown>> } | { readonly wrong: string }

/** `country=DE, age=31`: what reads as a number, true or false is one, as on the command line, and `zip="01234"` is text. Pure. */
export function attributesIn(text: string): Attributes {
  const parts = (text.match(/(?:"[^"\n]*"|[^,\n])+/g) ?? []).map((part) => part.trim()).filter(Boolean)
  const wrong = parts.find((part) => !isAttribute(part))
  if (wrong !== undefined) return { wrong }
  return { context: Object.fromEntries(parts.map(halvesOf).map(([name, value]) => [name, valueOf(value)])) }
}

function halvesOf(part: string): readonly [name: string, value: string] {
  const middle = part.indexOf('=')
  return [part.slice(0, middle).trim(), part.slice(middle + 1).trim()]
}

/** Who leaves out a comma means two attributes, and not one with a blank in it. */
function isAttribute(part: string): boolean {
  const [name, value] = halvesOf(part)
  return part.includes('=') && name !== '' && (isQuoted(value) || !/\s/.test(value))
}

const isQuoted = (text: string) => /^".*"$/.test(text) && text.length > 1

function valueOf(text: string): unknown {
  // Text, whatever it reads as.
  if (isQuoted(text)) return text.slice(1, -1)
  if (text === 'true' || text === 'false') return text === 'true'
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}
