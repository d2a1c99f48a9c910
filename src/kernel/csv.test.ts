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
    expect(csvOf(rows)).toBe(
      'stream,order,lead.p50.value,lead.p50.low,legs\r\nshop,test production,1.5,,\r\n"a, ""b""\n",,0,,"[{""to"":""x""}]"\r\n',
    )
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
    expect(rowsIn({ legs: [{ a: 1 }], closed: [{ b: 1 }] })).toEqual([{ legs: [{ a: 1 }], closed: [{ b: 1 }] }])
  })
})
