/** A value that must not be told, and what is told instead: `***name***`. */
export type Hidden = { readonly name: string; readonly value: Uint8Array }

/** A shorter value stands in too much of what is harmless; and its encoded forms would be shorter than a word. */
export const secretBytesMin = 8

/** Lines of a value that say what it is and not what it says: `-----BEGIN PRIVATE KEY-----`. */
const isFrame = (line: string) => /^-{4,}.*-{4,}$/.test(line)

/**
 * Every form in which programs write a value down: as it is, line by line where it has several, Base64 in both alphabets at any
 * offset in a longer text, percent-encoded, inside a string of JSON (once and twice) or XML, in hexadecimal. Pure.
 */
export function formsOf(value: Uint8Array): readonly Buffer[] {
  const whole = Buffer.from(value)
  const forms = new Map<string, Buffer>()
  const add = (form: Buffer | string) => {
    const bytes = typeof form === 'string' ? Buffer.from(form) : form
    if (bytes.length >= secretBytesMin) forms.set(bytes.toString('latin1'), bytes)
  }
  for (const part of partsOf(whole)) {
    add(part)
    for (const text of encoded(part)) add(text)
  }
  return [...forms.values()]
}

function partsOf(whole: Buffer): readonly Buffer[] {
  const lines = whole.toString('utf8').split(/\r?\n/)
  if (lines.length === 1) return [whole]
  const told = lines.map((line) => line.trim()).filter((line) => Buffer.byteLength(line) >= secretBytesMin && !isFrame(line))
  return [whole, ...told.map((line) => Buffer.from(line))]
}

function encoded(part: Buffer): readonly string[] {
  const hex = part.toString('hex')
  const all = [hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((offset) => inBase64(part, offset))]
  const text = part.toString('utf8')
  // What is no text is in no string.
  if (!Buffer.from(text).equals(part)) return all
  return [...all, ...percentEncoded(text), ...inStrings(text)]
}

/** The characters that this value alone decides, when `offset` bytes stand before it and anything follows. */
function inBase64(part: Buffer, offset: number): readonly string[] {
  const before = Buffer.alloc(offset)
  const from = Math.ceil((offset * 8) / 6)
  const to = Math.floor(((offset + part.length) * 8) / 6)
  const text = Buffer.concat([before, part]).toString('base64').slice(from, to)
  return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
}

function percentEncoded(text: string): readonly string[] {
  // Half a surrogate pair cannot be encoded, and no text from bytes has one.
  const component = encodeURIComponent(text)
  const strict = component.replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const uri = encodeURI(text)
  const inLower = (form: string) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())
  const forms = [component, strict, uri].flatMap((form) => [form, form.replaceAll('%20', '+')])
  return forms.flatMap((form) => [form, inLower(form)])
}

function inStrings(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replaceAll(/[\u007F-\uFFFF]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const slashed = json.replaceAll('/', '\\/')
  // As Go, Gson and others write them for web pages.
  const html = json.replaceAll(/[<>&'=]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const go = json.replaceAll(/[<>&]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const twice = JSON.stringify(json).slice(1, -1)
  const xml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quoted = xml.replaceAll('"', '&quot;')
  const shell = text.replaceAll("'", `'\\''`)
  return [json, ascii, slashed, html, go, twice, xml, quoted, quoted.replaceAll("'", '&apos;'), quoted.replaceAll("'", '&#39;'), shell]
}
