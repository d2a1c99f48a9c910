import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseTime } from './time.ts'

describe('a time', () => {
  it.each([
    ['2026-03-01T09:30:00Z', '2026-03-01T09:30:00.000000000Z'],
    ['2026-03-01t09:30:00.1z', '2026-03-01T09:30:00.100000000Z'],
    ['2026-03-01 00:15:00.123456789999+01:30', '2026-02-28T22:45:00.123456789Z'],
    ['2024-02-29T23:59:59.999-00:00', '2024-02-29T23:59:59.999000000Z'],
    ['1969-12-31T23:30:00.5-01:00', '1970-01-01T00:30:00.500000000Z'],
  ])('%s is %s', (written, normalised) => {
    expect(normaliseTime(written)).toBe(normalised)
  })

  it.each([
    ['2026-02-29T00:00:00Z', 'names a time that does not exist'],
    ['2026-02-29T00:00:00.000Z', 'names a time that does not exist'],
    ['2026-04-31T00:00:00.000Z', 'names a time that does not exist'],
    ['2026-01-01T24:00:00.000Z', 'names a time that does not exist'],
    ['2026-01-01T00:00:60.000Z', 'is a leap second; write the second before or after'],
    ['2026-01-01T00:00:00+24:00', 'has an offset from UTC that does not exist'],
    ['1970-01-01T00:00:00+00:01', 'lies outside the years 1970 to 2199'],
    ['2200-01-01T00:00:00Z', 'lies outside the years 1970 to 2199'],
    ['2026-01-01', 'is not an RFC 3339 time, for example 2026-03-01T09:30:00Z'],
    ['2026-01-01T00:00:00', 'is not an RFC 3339 time, for example 2026-03-01T09:30:00Z'],
    [' 2026-01-01T00:00:00Z', 'is not an RFC 3339 time, for example 2026-03-01T09:30:00Z'],
  ])('%s %s', (written, fault) => {
    expect(normaliseTime(written)).toEqual({ fault })
  })

  it('sorts as text as it does in time, whatever offset it was written with', () => {
    const time = fc.record({
      ms: fc.integer({ min: 86_400_000, max: Date.UTC(2199, 11, 30) }),
      offset: fc.integer({ min: -1439, max: 1439 }),
    })
    const written = ({ ms, offset }: { ms: number; offset: number }) => {
      const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
      const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1)
      return `${local}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
    }
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [one, other] = [normaliseTime(written(a)) as string, normaliseTime(written(b)) as string]
        expect(one).toBe(normaliseTime(new Date(a.ms).toISOString()))
        expect(Math.sign(a.ms - b.ms)).toBe(one < other ? -1 : one > other ? 1 : 0)
      }),
    )
  })
})
