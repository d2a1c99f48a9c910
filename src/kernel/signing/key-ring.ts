import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Instant } from '../clock.ts'
import { writeDurably } from '../durable-file.ts'
import { hasCode, refused } from '../errors.ts'
import { withFileLock } from '../file-lock.ts'
import { seal, type Envelope } from './dsse.ts'
import { makeKey, publicKeyFrom, signerOf, spkiOf, type PublicKey, type Signer } from './keys.ts'

/** A public key as it is kept and handed out. Plain JSON. */
export type KeptKey = {
  readonly keyid: string
  /** SubjectPublicKeyInfo, base64 of its DER. */
  readonly publicKey: string
  readonly madeAt: Instant
  /** Signed by the key before it: "from now on, this one". Missing for the first. */
  readonly handover?: Envelope
}

/** The keys of one installation: one that signs, and those that did before it. */
export type KeyRing = {
  readonly signer: Signer
  /** Oldest first; the last one signs. */
  readonly keys: readonly KeptKey[]
  /** All of them, to verify with. */
  readonly trusted: readonly PublicKey[]
}

export const handoverType = 'application/vnd.threeways.key-handover+json'

type File = { readonly format: 1; readonly privateKey: string; readonly keys: readonly KeptKey[] }

const fileIn = (folder: string) => path.join(folder, 'signing-key.json')

/**
 * Reads the ring of a data folder, or makes its first key. One file, readable by its owner only and replaced as a whole, so that
 * a crash leaves the old key or the new one.
 * @throws ThreewaysError `SIGNING_KEY_UNREADABLE`
 */
export async function openKeyRing(folder: string, now: Instant): Promise<KeyRing> {
  const there = await read(folder)
  return there ?? withFileLock(`${fileIn(folder)}.lock`, async () => (await read(folder)) ?? write(folder, undefined, now))
}

/** A new key signs from now on; the old one says so with its last signature and is forgotten. @throws as `openKeyRing` */
export async function rotateKey(folder: string, now: Instant): Promise<KeyRing> {
  await openKeyRing(folder, now)
  return withFileLock(`${fileIn(folder)}.lock`, async () => write(folder, await read(folder), now))
}

async function write(folder: string, before: KeyRing | undefined, now: Instant): Promise<KeyRing> {
  const { signer, pem } = makeKey()
  const next = { keyid: signer.keyid, publicKey: spkiOf(signer), madeAt: now }
  const statement = before && JSON.stringify({ from: before.signer.keyid, to: next.keyid, publicKey: next.publicKey, at: now })
  const kept: KeptKey = before ? { ...next, handover: seal(handoverType, statement!, before.signer) } : next
  const file: File = { format: 1, privateKey: pem, keys: [...(before?.keys ?? []), kept] }
  await writeDurably(fileIn(folder), `${JSON.stringify(file)}\n`)
  return ringOf(file)
}

async function read(folder: string): Promise<KeyRing | undefined> {
  const file = fileIn(folder)
  try {
    return ringOf(JSON.parse(await readFile(file, 'utf8')) as File)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw refused('SIGNING_KEY_UNREADABLE', {
      message: `the signing key in "${file}" cannot be read: it is not one, or not this user's`,
      help: 'bring it back from a backup; without it, what was signed can be verified and nothing more be signed under its name',
      cause: error,
    })
  }
}

function ringOf({ privateKey, keys }: File): KeyRing {
  const signer = signerOf(privateKey)
  if (keys.at(-1)?.keyid !== signer.keyid) throw new TypeError('the private key is not the last of its list')
  return { signer, keys, trusted: keys.map(({ publicKey }) => publicKeyFrom(publicKey)) }
}
