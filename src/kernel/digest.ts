import { createHash } from 'node:crypto'

/** `sha256:<64 hex>` */
export type Digest = `sha256:${string}`

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * One text per value: keys sorted by UTF-16 code unit, no white space, ECMAScript numbers (RFC 8785, JCS).
 * `undefined` members are left out. Lone surrogates and non-finite numbers have no canonical form.
 * @throws RangeError
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new RangeError('a string holds half a surrogate pair')
    return JSON.stringify(value)
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object') throw new RangeError(`a ${typeof value} has no JSON form`)
  const members: string[] = []
  for (const key of Object.keys(value).toSorted()) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) members.push(`${canonicalJson(key)}:${canonicalJson(member)}`)
  }
  return `{${members.join(',')}}`
}

export function sha256(data: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}

/** Digest of a value's canonical JSON. */
export function digestOf(value: Json | object): Digest {
  return sha256(canonicalJson(value))
}

/** For people: the first twelve hex digits. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}
