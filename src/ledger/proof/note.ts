import { rawOf, type PublicKey, type Signer } from '../../kernel/signing/keys.ts'
import { noteKeyId, writeKey } from './verify.mjs'

/**
 * Signs a text as a note (c2sp.org/signed-note).
 * @param text - ends with a line end
 * @param name - of the key: no blank and no plus sign
 */
export function signNote(text: string, name: string, signer: Signer): string {
  const signature = Buffer.concat([noteKeyId(name, rawOf(signer)), signer.sign(Buffer.from(text))])
  return `${text}\n— ${name} ${signature.toString('base64')}\n`
}

/** A key as auditors write it down: `<name>+<id>+<key>`. */
export function verifierKey(name: string, key: PublicKey): string {
  return writeKey(name, rawOf(key))
}
