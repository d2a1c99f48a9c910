import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { preAuthenticationEncoding, seal, unseal } from './dsse.ts'
import { makeKey, publicKeyFrom, signerOf, spkiOf } from './keys.ts'

// The example of the DSSE protocol, 1.0.0: its key is ECDSA, its encoding is the same for all.
const example = { type: 'http://example.com/HelloWorld', body: 'hello world' }
const { signer, pem } = makeKey()
const other = makeKey().signer

describe('an envelope', () => {
  it('signs what the protocol says it signs', () => {
    const encoded = preAuthenticationEncoding(example.type, Buffer.from(example.body))
    expect(encoded.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
    const hex = (decimal: bigint) => Buffer.from(decimal.toString(16).padStart(64, '0'), 'hex').toString('base64url')
    const key = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: hex(46950820868899156662930047687818585632848591499744589407958293238635476079160n),
        y: hex(5640078356564379163099075877009565129882514886557779369047442380624545832820n),
      },
    })
    const sig = 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=='
    expect(verify('sha256', encoded, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(sig, 'base64'))).toBe(true)
  })

  it('is believed when a trusted key signed it, in either kind of base64', () => {
    const envelope = seal(example.type, example.body, signer)
    expect(unseal(envelope, [other, signer])).toMatchObject({ payloadType: example.type, keyid: signer.keyid })
    const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')
    const signatures = envelope.signatures.map(({ sig }) => ({ sig: urlSafe(sig) }))
    expect(unseal({ ...envelope, payload: urlSafe(envelope.payload), signatures }, [signer])).toMatchObject({ keyid: signer.keyid })
  })

  it.each([
    ['with another payload', { payload: Buffer.from('hello World').toString('base64') }, 'its signature does not fit what it says'],
    ['with another type', { payloadType: 'text/plain' }, 'its signature does not fit what it says'],
    ['with no signature', { signatures: [] }, 'no key that is trusted here has signed it'],
    ['whose payload is no base64', { payload: '*' }, 'its payload is not base64'],
    ['without a payload', { payload: undefined }, 'it is no DSSE envelope'],
  ])('is refused %s', (_, change, refused) => {
    expect(unseal({ ...seal(example.type, example.body, signer), ...change }, [signer])).toEqual({ refused })
  })

  it('of another key is refused, also when it claims the name of a trusted one', () => {
    const foreign = seal(example.type, example.body, other)
    expect(unseal(foreign, [signer])).toEqual({ refused: 'no key that is trusted here has signed it' })
    const renamed = { ...foreign, signatures: [{ ...foreign.signatures[0]!, keyid: signer.keyid }] }
    expect(unseal(renamed, [signer])).toEqual({ refused: 'its signature does not fit what it says' })
  })
})

describe('a key', () => {
  it('is the same after it was kept as text', () => {
    expect(signerOf(pem).keyid).toBe(signer.keyid)
    expect(publicKeyFrom(spkiOf(signer)).keyid).toBe(signer.keyid)
  })
})
