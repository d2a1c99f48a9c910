import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical, canonicalJson, digestOf } from './digest.ts'

describe('canonical JSON', () => {
  it('sorts members by UTF-16 unit, writes numbers as ECMAScript does and nothing that need not be', () => {
    expect(
      canonicalJson({ b: [1e21, -0, 0.1, true, null], a: 'ä"\\\n', '10': 1, '9': 2, '\u{10000}': 3, '\uffff': 4, left: undefined }),
    ).toBe('{"10":1,"9":2,"a":"ä\\"\\\\\\n","b":[1e+21,0,0.1,true,null],"\u{10000}":3,"\uffff":4}')
  })

  it.each([[Number.NaN], [{ a: Number.POSITIVE_INFINITY }], ['\ud800'], [{ '\udc00': 1 }], [[1n]], [{ a: () => 1 }], [undefined]])(
    'has no form for %s',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(RangeError)
      expect(() => canonical(value)).toThrow(RangeError)
    },
  )

  it('does not depend on the order of members, and is what it says it reads back as', () => {
    const value = fc.anything({
      withNullPrototype: false,
      key: fc.oneof(fc.string(), fc.constantFrom('__proto__', '1', '10', 'a', 'b', '\u{1f600}')),
      values: [
        fc.string({ unit: 'grapheme' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.constant('\\ud800'),
      ],
    })
    fc.assert(
      fc.property(value, (json) => {
        const text = canonicalJson(json)
        const parsed: unknown = JSON.parse(text)
        expect(canonicalJson(parsed)).toBe(text)
        const fast = canonical(json)
        expect(fast.text).toBe(text)
        // As values: V8 does not always put the members it parses in the order of the text.
        expect(canonicalJson(fast.value)).toBe(text)
        expect(digestOf(parsed as object)).toMatch(/^sha256:[0-9a-f]{64}$/)
      }),
      { numRuns: 300 },
    )
  })
})
