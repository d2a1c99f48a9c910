import { hash } from 'node:crypto'

/** `sha256:<64 hex>` */
export type Digest = `sha256:${string}`

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * One text per value: keys sorted by UTF-16 code unit, no white space, ECMAScript numbers (RFC 8785, JCS).
 * `undefined` members are left out. Lone surrogates and non-finite numbers have no canonical form.
 * @throws RangeError
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`)
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as Readonly<Record<string, unknown>>)
    default:
      throw new RangeError(`a ${typeof value} has no JSON form`)
  }
}

// Loops and not map and join: every event of the ledger goes through here.
function canonicalArray(items: readonly unknown[]): string {
  let text = '['
  for (let index = 0; index < items.length; index++) text += (index === 0 ? '' : ',') + canonicalJson(items[index] ?? null)
  return `${text}]`
}

function canonicalObject(value: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member !== undefined) text += `${text === '' ? '{' : ','}${quoted(key)}:${canonicalJson(member)}`
  }
  return text === '' ? '{}' : `${text}}`
}

/**
 * The canonical text and what parsing it gives, in one go: twice as fast as one after the other, for what is written often.
 * @throws RangeError as {@link canonicalJson}
 */
export function canonical<T>(value: T): { readonly text: string; readonly value: T } {
  const copy = sortedCopy(value)
  const text = copy === unsortable ? undefined : JSON.stringify(copy)
  // Half a surrogate pair is written as an escape, which nothing else begins with.
  if (text !== undefined && !text.includes('\\ud')) return { text, value: copy as T }
  const slowly = canonicalJson(value)
  return { text: slowly, value: JSON.parse(slowly) as T }
}

/** Objects put their members in the order they were added, but for names that look like numbers, and one that means something. */
const unsortable = Symbol('unsortable')

function sortedCopy(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : unsortable
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' || typeof value === 'boolean' || value === null ? value : unsortable
  if (Array.isArray(value)) {
    const items = value.map((item) => sortedCopy(item ?? null))
    return items.includes(unsortable) ? unsortable : items
  }
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[key]
    if (member === undefined) continue
    const code = key.charCodeAt(0)
    const sorted = (code >= 48 && code <= 57) || key === '__proto__' ? unsortable : sortedCopy(member)
    if (sorted === unsortable) return unsortable
    copy[key] = sorted
  }
  return copy
}

/** Printable ASCII without quote and backslash: nothing to escape. */
const plain = /^[ !#-[\]-~]*$/

function quoted(text: string): string {
  if (text.length < 200 && plain.test(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new RangeError('a string holds half a surrogate pair')
  return JSON.stringify(text)
}

export function sha256(data: string | Uint8Array): Digest {
  return `sha256:${hash('sha256', data)}`
}

/** Digest of a value's canonical JSON. */
export function digestOf(value: Json | object): Digest {
  return sha256(canonicalJson(value))
}

/** For people: the first twelve hex digits. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}
