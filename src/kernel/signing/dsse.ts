/**
 * DSSE, Dead Simple Signing Envelope 1.0.0 (github.com/secure-systems-lab/dsse): what is signed is the type and the bytes, never
 * a text that has to be made the same again.
 */
import type { PublicKey, Signer } from './keys.ts'
import { verifyBytes } from './keys.ts'

export type Envelope = {
  readonly payloadType: string
  /** base64 of the bytes that were signed. */
  readonly payload: string
  readonly signatures: readonly { readonly keyid?: string; readonly sig: string }[]
}

/** What the envelope said, once a trusted key vouched for it. */
export type Opened = { readonly payloadType: string; readonly payload: Buffer; /** Whose signature it is. */ readonly keyid: string }

/** Pre-authentication encoding: the exact bytes a signature is over. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `), payload])
}

export function seal(payloadType: string, payload: string | Uint8Array, signer: Signer): Envelope {
  const bytes = Buffer.from(payload as Uint8Array)
  const sig = signer.sign(preAuthenticationEncoding(payloadType, bytes)).toString('base64')
  return { payloadType, payload: bytes.toString('base64'), signatures: [{ keyid: signer.keyid, sig }] }
}

/**
 * The content of an envelope that one of these keys has signed. The key id only says which key to try: it is not signed.
 * @returns why it is not to be believed, when it is not
 */
export function unseal(envelope: unknown, trusted: readonly PublicKey[]): Opened | { readonly refused: string } {
  if (!isEnvelope(envelope)) return { refused: 'it is no DSSE envelope' }
  const { payloadType, signatures } = envelope
  const payload = fromBase64(envelope.payload)
  if (payload === undefined) return { refused: 'its payload is not base64' }
  const signed = preAuthenticationEncoding(payloadType, payload)
  for (const { keyid, sig } of signatures) {
    const signature = fromBase64(sig)
    const candidates = trusted.filter((key) => keyid === undefined || key.keyid === keyid)
    const key = signature && candidates.find((candidate) => verifyBytes(candidate, signed, signature))
    if (key) return { payloadType, payload, keyid: key.keyid }
  }
  const known = signatures.some(({ keyid }) => trusted.some((key) => key.keyid === keyid))
  return { refused: known ? 'its signature does not fit what it says' : 'no key that is trusted here has signed it' }
}

function isEnvelope(value: unknown): value is Envelope {
  const { payloadType, payload, signatures } = (value ?? {}) as Record<string, unknown>
  return (
    typeof payloadType === 'string' &&
    typeof payload === 'string' &&
    Array.isArray(signatures) &&
    signatures.length <= 16 &&
    signatures.every(
      (one: { sig?: unknown; keyid?: unknown } | null) =>
        typeof one?.sig === 'string' && (one.keyid === undefined || typeof one.keyid === 'string'),
    )
  )
}

/** Standard or URL-safe, as the protocol asks of verifiers. Node itself would skip what is neither. */
function fromBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
}
