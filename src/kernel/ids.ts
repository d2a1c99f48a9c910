import { randomBytes } from 'node:crypto'

/** A new id as a parameter, so that a test can own it. */
export type NewId = () => string

/** Ids of one millisecond count up from a random start; so many fit before the next one is borrowed from. */
const countMax = 2 ** 32
let time = 0
let count = 0

/**
 * UUID version 7 (RFC 9562). The text order of those that one process makes is the order in which it made them, also within a
 * millisecond and when the clock is set back: of two events with one time, the ledger takes the one with the greater id for
 * the later.
 */
export const newId: NewId = () => {
  const random = randomBytes(9)
  const now = Date.now()
  if (now > time) {
    time = now
    // The lower half, so that there is room to count.
    count = random.readUInt32BE(0) >>> 1
  } else if (++count === countMax) {
    time++
    count = 0
  }
  const ms = time.toString(16).padStart(12, '0')
  const counted = count.toString(16).padStart(8, '0')
  const rest = `${counted.slice(6)}${random.toString('hex', 4, 9)}`
  // `7` is the version; `8` the variant, its two free bits left zero because they come before the lower part of the count.
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${counted.slice(0, 3)}-8${counted.slice(3, 6)}-${rest}`
}

/** Unguessable, for credentials: 256 bits as base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
