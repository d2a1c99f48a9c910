import { describe, expect, it } from 'vitest'
import { makeKey, signerOf } from '../../kernel/signing/keys.ts'
import { signNote, verifierKey } from './note.ts'
import { checkpointText, openNote, readCheckpoint, readKey } from './verify.mjs'

// The example of golang.org/x/mod/sumdb/note, the reference implementation that c2sp.org/signed-note describes.
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const name = 'PeterNeumann'
const written = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const seed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1)
const signature = 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM='
const published = `${text}\n— ${name} ${signature}\n`
const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
const signer = signerOf(`-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`)

describe('a signed note', () => {
  it('is the published one, to the byte', () => {
    expect(signNote(text, name, signer)).toBe(published)
    expect(verifierKey(name, signer)).toBe(written)
    expect(openNote(published, [readKey(written)])).toMatchObject({ text, by: { name } })
  })

  it('may carry signatures of others, which say nothing', () => {
    const more = `${published}— somebody ${Buffer.alloc(68).toString('base64')}\n`
    expect(openNote(more, [readKey(written)])).toMatchObject({ text })
  })

  it.each([
    ['changed', published.replace('answer', 'Answer'), 'its signature does not fit what it says'],
    ['without a signature', `${text}\n`, 'it is no signed note'],
    ['cut off', published.slice(0, -1), 'it is no signed note'],
    ['with a control character', published.replace('answer', '\u0007'), 'it is no signed note'],
    ['of another key', signNote(text, name, makeKey().signer), 'no trusted key has signed it'],
  ])('is refused when it is %s', (_, note, refused) => {
    expect(openNote(note, [readKey(written)])).toEqual({ refused })
  })

  it.each(['', 'x', written.replace('c74f', 'c74e'), written.replace('+ARpc', '+AhpC')])('is not verified with "%s" for a key', (key) => {
    expect(() => readKey(key)).toThrow('is no key')
  })
})

describe('a checkpoint', () => {
  // The example of c2sp.org/tlog-checkpoint.
  const example = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'

  it('is read and written as the specification has it', () => {
    const { origin, size, root } = readCheckpoint(example)!
    expect(checkpointText(origin, size, root)).toBe(example)
    expect({ origin, size }).toEqual({ origin: 'example.com/behind-the-sofa', size: 20852163 })
  })

  it.each([example.replace('20852163', '020'), example.replace('2I=', '2I'), '\n1\n', 'a\n-1\nx\n'])('is not "%s"', (text) => {
    expect(readCheckpoint(text)).toBeUndefined()
  })
})
