import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merged, overlap, within, type Span } from './spans.ts'

const most = 30
const span = fc
  .tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }))
  .map(([a, b]): Span => ({ since: Math.min(a, b), until: Math.max(a, b) }))
const spans = fc.array(span, { maxLength: 12 })
/** Moments of some, each counted once. */
const momentsOf = (some: readonly Span[]) =>
  new Set(some.flatMap(({ since, until }) => Array.from({ length: until - since }, (_, at) => since + at)))

describe('spans of time', () => {
  it('are one line in whatever order they come: the same moments, by time, none touching another', () => {
    fc.assert(
      fc.property(spans, (some) => {
        const line = merged(some)
        expect(momentsOf(line)).toEqual(new Set([...momentsOf(some)].toSorted((a, b) => a - b)))
        expect(line.slice(1).every(({ since }, at) => since > line[at]!.until)).toBe(true)
        expect(merged(some.toReversed())).toEqual(line)
      }),
    )
  })

  it('lie within others for as many moments as both have', () => {
    fc.assert(
      fc.property(span, spans, (one, some) => {
        const others = momentsOf(some)
        const both = [...momentsOf([one])].filter((moment) => others.has(moment))
        expect(within(one, merged(some))).toBe(both.length)
        for (const other of some) expect(overlap(one, other)).toBe(overlap(other, one))
      }),
    )
  })

  it('may have no end', () => {
    const open = { since: 5, until: Number.POSITIVE_INFINITY }
    expect(merged([open, { since: 7, until: 9 }, { since: 1, until: 2 }])).toEqual([{ since: 1, until: 2 }, open])
    expect(overlap(open, { since: 0, until: 8 })).toBe(3)
  })
})
