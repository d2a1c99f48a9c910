import * as fc from 'fast-check'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { csvOf, rowsIn } from './csv.ts'

describe('a table of rows', () => {
  it('has a column for whatever is inside of what, and leaves empty what is not known', () => {
    const rows = [
      { stream: 'shop', order: ['test', 'production'], lead: { p50: { value: 1.5, low: null } } },
      { stream: 'a, "b"\n', lead: { p50: { value: 0 } }, legs: [{ to: 'x' }] },
    ]
    expect(csvOf(rows)).toBe('stream,order,lead.p50.value,lead.p50.low,legs.1.to\r\nshop,test production,1.5,,\r\n"a, ""b""\n",,0,,x\r\n')
  })

  it('numbers a few things, and leaves many of them together', () => {
    const share = (ms: number) => ({ ms, shares: [{ of: 'a' }, { of: 'b' }] })
    expect(csvOf([{ within: [share(1)] }, { within: [share(2), share(3)] }, { within: [] }])).toBe(
      'within.1.ms,within.1.shares.1.of,within.1.shares.2.of,within.2.ms,within.2.shares.1.of,within.2.shares.2.of\r\n1,a,b,,,\r\n2,a,b,3,a,b\r\n,,,,,\r\n',
    )
    const many = Array.from({ length: 13 }, (_, n) => ({ n }))
    expect(csvOf([{ many }, { many: [{ n: 1 }] }])).toMatch(/^many\r\n"\[\{.*\r\n"\[\{""n"":1\}\]"\r\n$/)
  })

  it('has no column for what is nothing in one row and has parts in another', () => {
    expect(csvOf([{ a: null }, { a: { b: 1 } }, { a: { b: { c: 2 } } }])).toBe('a.b,a.b.c\r\n,\r\n1,\r\n,2\r\n')
    expect(csvOf([{ a: null }])).toBe('a\r\n\r\n')
  })

  it('is read again as it was by whoever reads such tables, and no spreadsheet takes a name for a formula', () => {
    const row = fc.record({ name: fc.string(), by: fc.string({ unit: 'grapheme' }), count: fc.integer() })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const read = parse(csvOf(rows), { columns: true }) as Record<string, string>[]
        expect(read.map(({ count }) => Number(count))).toEqual(rows.map(({ count }) => count))
        for (const [at, { name, by }] of rows.entries()) {
          expect([name, `'${name}`]).toContain(read[at]!['name'])
          expect(read[at]!['by']).toMatch(/^([^=+\-@\t\r]|$)/u)
          expect(read[at]!['by']!.endsWith(by)).toBe(true)
        }
      }),
    )
  })

  it('finds the rows of an answer', () => {
    expect(rowsIn([1, { a: 1 }])).toEqual([{ value: 1 }, { a: 1 }])
    expect(rowsIn({ head: 3, streams: [{ a: 1 }], order: ['x'] })).toEqual([{ a: 1 }])
    expect(rowsIn({ legs: [{ a: 1 }], rows: [{ b: 1 }] })).toEqual([{ b: 1 }])
    expect(rowsIn({ estate: { a: 3 }, streams: [{ stream: 'x', a: 1 }], known: [], definitions: { a: 'words' } }, 'Sales')).toEqual([
      { stream: 'Sales', a: 3 },
      { stream: 'x', a: 1 },
    ])
    // Of one stream, and beside it what it is like.
    expect(rowsIn({ stream: 'x', lead: { p50: 1 }, herd: [{ year: 2024 }] })).toEqual([{ stream: 'x', lead: { p50: 1 } }])
    expect(rowsIn({ legs: [{ a: 1 }], closed: [{ b: 1 }] })).toEqual([{ legs: [{ a: 1 }], closed: [{ b: 1 }] }])
  })
})
