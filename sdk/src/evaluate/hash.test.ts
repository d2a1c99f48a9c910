import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, chooser } from './bucket.ts'
import { cborOf } from './cbor.ts'
import { murmurBegun, murmurEnded, murmurOfBytes, murmurOfText } from './murmur.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('murmur3 x86 32', () => {
  // Widely published values of the reference implementation with seed 0.
  it.each([
    ['', 0],
    ['test', 0xba6bd213],
    ['Hello, world!', 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
  ])('of %j', (text, hash) => expect(murmurOfText(text)).toBe(hash))

  it('is of the UTF-8 bytes, in ASCII and out of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const bytes = bytesOf(text)
        expect(murmurOfText(text)).toBe(murmurOfBytes(bytes, bytes.length))
      }),
    )
    expect([murmurOfText('café'), murmurOfText('münchen-42')]).toEqual([605818632, 1339489186])
  })

  it('can begin with what keys have in common', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: 'binary-ascii', maxLength: 24 }), (prefix, text) => {
        expect(murmurEnded(murmurBegun(bytesOf(prefix)), text)).toBe(murmurOfText(prefix + text))
      }),
    )
    expect(murmurEnded(murmurBegun(bytesOf('a')), 'é')).toBe(-1)
  })

  it('hashes a key of a megabyte', () => {
    const key = 'ü'.repeat(500_000)
    expect(murmurOfText(key)).toBe(murmurOfBytes(bytesOf(key), 1_000_000))
  })
})

describe('a bucket', () => {
  it('is floor(hash * total / 2^32), exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (hash, total) => {
        expect(bucketOf(hash, total)).toBe(Number((BigInt(hash) * BigInt(total)) >> 32n))
      }),
      { numRuns: 2_000 },
    )
  })

  it('falls into the arm that owns it, whether looked up or searched', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (arms, hash) => {
        const owners = arms.flatMap((weight, arm) => Array.from({ length: weight }, () => arm))
        expect(chooser(arms)(hash)).toBe(owners[bucketOf(hash, owners.length)] ?? -1)
      }),
    )
  })
})

describe('deterministic CBOR', () => {
  // RFC 8949, appendix A, where its examples are JSON values; floats that are whole are integers here.
  it.each<[unknown, string]>([
    [0, '00'],
    [-0, '00'],
    [10, '0a'],
    [23, '17'],
    [24, '1818'],
    [100, '1864'],
    [1000, '1903e8'],
    [1000000, '1a000f4240'],
    [1000000000000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-10, '29'],
    [-100, '3863'],
    [-1000, '3903e7'],
    [1.1, 'fb3ff199999999999a'],
    [1.5, 'f93e00'],
    [3.4028234663852886e38, 'fa7f7fffff'],
    [1e300, 'fb7e37e43c8800759c'],
    [5.960464477539063e-8, 'f90001'],
    [0.00006103515625, 'f90400'],
    [-4.1, 'fbc010666666666666'],
    [false, 'f4'],
    [true, 'f5'],
    [null, 'f6'],
    ['', '60'],
    ['a', '6161'],
    ['IETF', '6449455446'],
    ['ü', '62c3bc'],
    ['水', '63e6b0b4'],
    ['𐅑', '64f0908591'],
    [[], '80'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [{}, 'a0'],
    [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
    [{ b: 1, aa: 2, a: 3 }, 'a361610361620162616102'],
    [2 ** 63, '1b8000000000000000'],
    [-(2 ** 63), '3b7fffffffffffffff'],
    [2 ** 64, 'fa5f800000'],
  ])('of %j', (value, wanted) => expect(hex(cborOf(value))).toBe(wanted))

  it('does not mind in which order members stand', () => {
    expect(cborOf({ plan: 'a', id: 7 })).toEqual(cborOf({ id: 7, plan: 'a' }))
  })

  it.each([Number.NaN, Infinity, { a: Number.NaN }, 10n, 'x'.repeat(2_000_000)])('refuses what is no key', (value) => {
    expect(() => cborOf(value)).toThrow(/bucketing key/)
  })
})
