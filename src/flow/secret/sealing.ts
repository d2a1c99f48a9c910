import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** 32 bytes of randomness that seal every value (AES-256-GCM). */
export type Key = { readonly id: string; readonly bytes: Buffer }

/** What a value is sealed for. Sealed for one it cannot be opened for another: rows cannot be exchanged. */
export type Label = { readonly stream: string; readonly name: string; readonly environment: string; readonly version: number }

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

export const newKey = (): Key => keyOf(randomBytes(keyBytes))

export function keyOf(bytes: Buffer): Key {
  return { id: createHash('sha256').update('threeways secret key\0').update(bytes).digest('hex').slice(0, 16), bytes }
}

const bound = ({ stream, name, environment, version }: Label) => Buffer.from(JSON.stringify([stream, name, environment, version]))

/** @returns nonce, tag and what only the key opens */
export function seal(key: Key, label: Label, value: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes }).setAAD(bound(label))
  const text = Buffer.concat([cipher.update(value), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** @throws when it was sealed with another key, for another label, or changed since */
export function unseal(key: Key, label: Label, sealed: Uint8Array): Buffer {
  const nonce = sealed.subarray(0, nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes })
    .setAAD(bound(label))
    .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes))
  return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()])
}

/** Equal for equal values. Without the key nobody can try values against it. */
export function fingerprintOf(key: Key, value: Uint8Array): string {
  const own = Buffer.from(hkdfSync('sha256', key.bytes, '', 'threeways fingerprint', 32))
  return createHmac('sha256', own).update(value).digest('hex').slice(0, 12)
}
