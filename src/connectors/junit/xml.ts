import { invalid } from '../../kernel/errors.ts'

export type XmlElement = {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Called in document order. Text comes in pieces, with entities resolved. */
export type XmlReader = {
  open(element: XmlElement): void
  text(text: string): void
  close(name: string): void
}

const depthMax = 200
const nameToken = /[^\s/>=<"'&]+/y
const blank = /\s*/y
const predefined: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Reads XML as test tools write it. Nothing is fetched or expanded: a document type is refused, only the five predefined
 * entities and character numbers are known. Lenient where tools are careless: control characters and a bare `]]>`.
 * @param file - names the document in errors
 * @throws ThreewaysError `XML_INVALID` with line and column
 */
export function readXml(text: string, file: string, reader: XmlReader): void {
  const open: string[] = []
  let seen = false
  let at = text.startsWith('\uFEFF') ? 1 : 0

  const fail = (message: string, place = at): never => {
    throw malformed(text, file, message, place)
  }
  const upTo = (end: string, what: string): string => {
    const found = text.indexOf(end, at)
    if (found === -1) return fail(`${what} does not end: the file may be cut off`)
    const between = text.slice(at, found)
    at = found + end.length
    return between
  }
  const match = (token: RegExp): string => {
    token.lastIndex = at
    const found = token.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }

  const characters = (raw: string, place: number): void => {
    if (open.length > 0) reader.text(decode(raw, (message, offset) => fail(message, place + offset)))
    else if (raw.trim() !== '') fail('text stands outside of the root element', place + raw.search(/\S/))
  }

  const attributes = (element: string): Map<string, string> => {
    const found = new Map<string, string>()
    for (;;) {
      match(blank)
      if (text[at] === '>' || text.startsWith('/>', at)) return found
      const place = at
      const name = match(nameToken)
      if (name === '')
        fail(at >= text.length ? `<${element} does not end: the file may be cut off` : `<${element} holds an unexpected "${text[at]}"`)
      match(blank)
      if (text[at] !== '=') fail(`attribute "${name}" has no value`, place)
      at++
      match(blank)
      const quote = text[at]
      if (quote !== '"' && quote !== "'") return fail(`the value of attribute "${name}" is not quoted`)
      if (found.has(name)) fail(`attribute "${name}" is given twice`, place)
      const start = ++at
      const value = upTo(quote, `the value of attribute "${name}"`)
      if (value.includes('<')) fail(`the value of attribute "${name}" holds a "<"`, start + value.indexOf('<'))
      found.set(
        name,
        decode(value, (message, offset) => fail(message, start + offset)),
      )
    }
  }

  const openTag = (): void => {
    const place = at - 1
    const name = match(nameToken)
    if (name === '') fail('a "<" begins no element', place)
    if (open.length === 0 && seen) fail(`a second root element <${name}>`, place)
    if (open.length >= depthMax) fail(`elements are nested more than ${depthMax} deep`, place)
    reader.open({ name, attributes: attributes(name) })
    seen = true
    if (text[at] === '/') reader.close(name)
    else open.push(name)
    at += text[at] === '/' ? 2 : 1
  }

  const closeTag = (): void => {
    const place = at - 2
    const name = upTo('>', 'a closing tag').trim()
    const expected = open.pop()
    if (expected !== name) fail(expected === undefined ? `</${name}> closes nothing` : `</${name}> closes <${expected}>`, place)
    reader.close(name)
  }

  while (at < text.length) {
    const start = at
    const next = text.indexOf('<', at)
    at = next === -1 ? text.length : next
    if (at > start) characters(text.slice(start, at), start)
    if (next === -1) break
    at++
    if (text.startsWith('/', at)) {
      at++
      closeTag()
    } else if (text.startsWith('!--', at)) {
      at += 3
      upTo('-->', 'a comment')
    } else if (text.startsWith('![CDATA[', at)) {
      if (open.length === 0) fail('text stands outside of the root element', at - 1)
      at += 8
      reader.text(upTo(']]>', 'a CDATA section'))
    } else if (text.startsWith('?', at)) {
      upTo('?>', 'a processing instruction')
    } else if (text.startsWith('!', at)) {
      fail('a document type is not accepted: it could define entities', at - 1)
    } else openTag()
  }
  if (open.length > 0) fail(`<${open.at(-1)}> is not closed: the file may be cut off`)
  if (!seen) fail('the file holds no element')
}

function decode(raw: string, fail: (message: string, offset: number) => never): string {
  if (!raw.includes('&')) return raw
  return raw.replace(/&([^;&\s]{1,12};)?/g, (_, name: string | undefined, offset: number) => {
    const entity = name?.slice(0, -1) ?? ''
    const number = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(entity)
    if (number) {
      const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16)
      return code <= 0x10_ffff ? String.fromCodePoint(code) : fail(`&${entity}; is no character`, offset)
    }
    return predefined[entity] ?? fail(entity === '' ? 'a "&" begins no entity' : `entity &${entity}; is not defined`, offset)
  })
}

function malformed(text: string, file: string, message: string, place: number) {
  const before = text.slice(0, place)
  const line = before.split('\n').length
  const column = place - before.lastIndexOf('\n')
  return invalid('XML_INVALID', {
    message: `${file}:${line}:${column}: ${message}`,
    help: 'have the test tool write its JUnit report again, to the end',
    faults: [{ path: '', message, file, line, column }],
  })
}
