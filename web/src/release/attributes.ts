/** Attributes that somebody wrote, or the part of it that is none. */
export type Attributes = { readonly context: Readonly<Record<string, unknown>> } | { readonly wrong: string }

/** `country=DE, age=31`: what reads as a number, true or false is one, as on the command line. Pure. */
export function attributesIn(text: string): Attributes {
  const parts = text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean)
  const wrong = parts.find((part) => part.indexOf('=') < 1)
  if (wrong !== undefined) return { wrong }
  return {
    context: Object.fromEntries(
      parts.map((part) => {
        const middle = part.indexOf('=')
        return [part.slice(0, middle).trim(), valueOf(part.slice(middle + 1).trim())]
      }),
    ),
  }
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}
