import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formsOf } from './forms.ts'
import { hidingOf, unhidable } from './scanner.ts'

const bytes = (text: string) => Buffer.from(text)
const hide = (text: string, ...secrets: readonly (readonly [string, string])[]) =>
  hidingOf(secrets.map(([name, value]) => ({ name, value: bytes(value) }))).text(text)

/** Long enough to be hidden, also where it has several lines. */
const secret = fc
  .oneof(
    fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme' }),
    fc.string({ minLength: 8, maxLength: 60, unit: fc.constantFrom('a', 'b', '"', '\\', '/', '+', '%', '<', ' ') }),
    fc.uint8Array({ minLength: 8, maxLength: 60 }).map((value) => Buffer.from(value).toString('base64')),
    fc
      .array(fc.string({ minLength: 8, maxLength: 30, unit: 'grapheme-ascii' }), { minLength: 2, maxLength: 4 })
      .map((lines) => lines.join('\n')),
  )
  .filter((value) => !value.includes('\0') && Buffer.byteLength(value) >= 8 && value.trim().length >= 8)

const ways: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => bytes(value).toString('base64'),
  (value) => bytes(`user:${value}`).toString('base64'),
  (value) => bytes(`${value} and more`).toString('base64url'),
  (value) => encodeURIComponent(value),
  (value) => new URLSearchParams({ token: value }).toString().slice('token='.length),
  (value) => JSON.stringify({ value }),
  (value) => JSON.stringify(JSON.stringify({ value })),
  (value) => bytes(value).toString('hex'),
  (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
]

describe('what is written down without its secrets', () => {
  it('holds no form of any of them, wherever the pieces begin and end', () => {
    const piece = fc.record({ which: fc.nat(), way: fc.nat(), around: fc.string({ maxLength: 20 }) })
    const all = fc.record({
      secrets: fc.array(secret, { minLength: 1, maxLength: 4 }),
      pieces: fc.array(piece, { minLength: 1, maxLength: 8 }),
      cuts: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
    })
    fc.assert(
      fc.property(all, ({ secrets, pieces, cuts }) => {
        const hiding = hidingOf(secrets.map((value, index) => ({ name: `S${index}`, value: bytes(value) })))
        const whole = bytes(
          pieces.map(({ which, way, around }) => `${around}${ways[way % ways.length]!(secrets[which % secrets.length]!)}`).join('\n'),
        )
        const scan = hiding.stream()
        const out: Buffer[] = []
        for (let at = 0, cut = 0; at < whole.length; cut++) {
          const length = cuts[cut % cuts.length]!
          out.push(scan.push(whole.subarray(at, at + length)))
          at += length
        }
        const passed = Buffer.concat([...out, scan.end()])
        for (const value of secrets) for (const form of formsOf(bytes(value))) if (passed.includes(form)) return isOfAName(form)
        return passed.equals(bytes(hiding.text(whole.toString('utf8'))))
      }),
      { numRuns: 500 },
    )
  })

  it('passes on at once what cannot be the beginning of one', () => {
    const scan = hidingOf([{ name: 'TOKEN', value: bytes('correct horse') }]).stream()
    expect(scan.push(bytes('ready\nhorse')).toString()).toBe('ready\nhorse')
    expect(scan.push(bytes(' corr')).toString()).toBe(' ')
    expect(scan.push(bytes('ectly')).toString()).toBe('correctly')
    expect(scan.push(bytes(' correct ')).toString()).toBe(' ')
    expect(scan.push(bytes('horse!\n')).toString()).toBe('***TOKEN***!\n')
    expect(scan.push(bytes('corr')).toString() + scan.end().toString()).toBe('corr')
  })

  it('names what it hid, and hides the longer of two and both of two that overlap', () => {
    const found: string[] = []
    const hiding = hidingOf([
      { name: 'SHORT', value: bytes('abcdefgh') },
      { name: 'LONG', value: bytes('abcdefghij') },
      { name: 'NEXT', value: bytes('ghij12345') },
    ])
    expect(hiding.text('x abcdefgh y abcdefghij z abcdefghij12345.', (name) => found.push(name))).toBe(
      'x ***SHORT*** y ***LONG*** z ***LONG***.',
    )
    expect(found).toEqual(['SHORT', 'LONG', 'LONG', 'NEXT'])
  })

  it('hides the lines of a key one by one, and leaves the lines that only say what it is', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n'
    const printed = hide(`one: MIIEvQIBADANBgkqhkiG\n-----BEGIN PRIVATE KEY-----\n  9w0BAQEFAASCBKcwggSj`, ['KEY', key])
    expect(printed).toBe('one: ***KEY***\n-----BEGIN PRIVATE KEY-----\n  ***KEY***')
  })

  it('hides them in every text of a JSON value', () => {
    const hiding = hidingOf([{ name: 'TOKEN', value: bytes('s3cr3t-value') }])
    expect(hiding.json({ tests: [{ name: 'prints s3cr3t-value', n: 1, at: null }] })).toEqual({
      tests: [{ name: 'prints ***TOKEN***', n: 1, at: null }],
    })
  })

  it('says which values cannot be hidden', () => {
    expect(unhidable(bytes('a'))).toContain('has 1 bytes')
    expect(unhidable(bytes('long\0enough'))).toContain('NUL')
    expect(unhidable(bytes('long enough'))).toBeUndefined()
  })
})

/** `***S0***` is what we write ourselves. */
const isOfAName = (form: Buffer) => /^\**S?\d?\**$/.test(form.toString())
