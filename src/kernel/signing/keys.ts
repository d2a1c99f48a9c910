import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'

/** The public half of an Ed25519 key (RFC 8032). */
export type PublicKey = {
  /** SHA-256 of its SubjectPublicKeyInfo (DER), in hex: names it in signatures. */
  readonly keyid: string
  readonly key: KeyObject
}

/** Can sign; cannot be asked for the private half. */
export type Signer = PublicKey & { sign(bytes: Uint8Array): Buffer }

/** @returns the signer, and the private half as PKCS #8 PEM, which only a file that its owner alone can read may hold */
export function makeKey(): { readonly signer: Signer; readonly pem: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { signer: signerOf(pem), pem }
}

/** @param pem - PKCS #8 @throws when it is no Ed25519 key */
export function signerOf(pem: string): Signer {
  const privateKey = createPrivateKey(pem)
  return { ...publicKeyOf(createPublicKey(privateKey)), sign: (bytes) => sign(null, bytes, privateKey) }
}

/** @param spki - SubjectPublicKeyInfo, base64 of its DER, as {@link spkiOf} writes it @throws when it is no Ed25519 key */
export function publicKeyFrom(spki: string): PublicKey {
  return publicKeyOf(createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' }))
}

export function spkiOf({ key }: PublicKey): string {
  return der(key).toString('base64')
}

/** The 32 bytes of RFC 8032. */
export function rawOf({ key }: PublicKey): Buffer {
  return der(key).subarray(-32)
}

export function verifyBytes({ key }: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  return signature.byteLength === 64 && verify(null, bytes, key, signature)
}

function publicKeyOf(key: KeyObject): PublicKey {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`the key is ${key.asymmetricKeyType ?? 'secret'}, not ed25519`)
  return { keyid: createHash('sha256').update(der(key)).digest('hex'), key }
}

const der = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
