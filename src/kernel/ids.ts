import { randomBytes, randomUUID } from 'node:crypto'

/** A new id as a parameter, so that a test can own it. */
export type NewId = () => string

/** UUID version 7 (RFC 9562): its text order is its time order, which keeps indexes dense. */
export const newId: NewId = () => {
  const time = Date.now().toString(16).padStart(12, '0')
  const random = randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}

/** Unguessable, for credentials: 256 bits as base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
