import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFreeze, readWindow, type ChangeWindow, type Freeze } from '../../definition/change-window.ts'
import { opensAt } from './change-windows.ts'

const minuteMs = 60_000
const window = (text: string) => readWindow(text) as ChangeWindow
const at = (text: string) => Date.parse(text)
const opens = (now: string, windows: readonly string[], freezes: readonly string[] = []) => {
  const calendar = {
    windows: windows.length === 0 ? undefined : windows.map(window),
    freezes: freezes.map((text) => readFreeze(text) as Freeze),
  }
  const ms = opensAt([calendar], at(now))
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(':00.000Z', 'Z')
}

describe('a change window', () => {
  it('is open from its first minute until its last by the clock on the wall', () => {
    const office = ['Mon-Thu 08:00-16:00 Europe/Berlin']
    expect(opens('2026-07-01T06:00Z', office)).toBe('2026-07-01T06:00Z')
    expect(opens('2026-07-01T13:59Z', office)).toBe('2026-07-01T13:59Z')
    expect(opens('2026-07-01T14:00Z', office)).toBe('2026-07-02T06:00Z')
    // From Thursday evening to Monday morning, and from summer time to winter time.
    expect(opens('2026-10-22T14:00Z', office)).toBe('2026-10-26T07:00Z')
  })

  it('goes on after midnight on the day it began', () => {
    const night = ['Fri 22:00-06:00 Asia/Kolkata']
    expect(opens('2026-07-03T16:29Z', night)).toBe('2026-07-03T16:30Z')
    expect(opens('2026-07-04T00:29Z', night)).toBe('2026-07-04T00:29Z')
    expect(opens('2026-07-04T00:30Z', night)).toBe('2026-07-10T16:30Z')
  })

  it('lets nobody in at hours that a change of clocks skips', () => {
    expect(opens('2026-03-28T12:00Z', ['Sun 02:15-02:45 Europe/Berlin'])).toBe('2026-04-05T00:15Z')
    expect(opens('2026-03-28T12:00Z', ['Sun 02:30-04:00 Europe/Berlin'])).toBe('2026-03-29T01:00Z')
  })

  it('opens once when an hour comes twice', () => {
    const twice = ['Sun 02:15-02:45 Europe/Berlin']
    expect(opens('2026-10-24T12:00Z', twice)).toBe('2026-10-25T00:15Z')
    expect(opens('2026-10-25T00:45Z', twice)).toBe('2026-11-01T01:15Z')
  })

  it('stays shut on frozen days, first to last, where they are', () => {
    const freeze = ['2026-12-21..2027-01-03 Europe/Berlin']
    expect(opens('2026-12-20T22:59Z', [], freeze)).toBe('2026-12-20T22:59Z')
    expect(opens('2026-12-20T23:00Z', [], freeze)).toBe('2027-01-03T23:00Z')
    expect(opens('2026-12-22T10:00Z', ['Mon 08:00-16:00 Europe/Berlin'], freeze)).toBe('2027-01-04T07:00Z')
    expect(opens('2026-12-22T10:00Z', [], ['2026-01-01..2099-12-31 UTC'])).toBeUndefined()
  })

  it('wants every calendar open: that of the definition and that of the policy', () => {
    const calendars = ['Mon-Fri 08:00-16:00 Europe/Berlin', 'Wed 00:00-24:00 America/New_York'].map((text) => ({
      windows: [window(text)],
      freezes: [],
    }))
    expect(new Date(opensAt(calendars, at('2026-07-06T00:00Z'))!).toISOString()).toBe('2026-07-08T06:00:00.000Z')
    const never = ['Mon 08:00-09:00 UTC', 'Tue 08:00-09:00 UTC'].map((text) => ({ windows: [window(text)], freezes: [] }))
    expect(opensAt(never, at('2026-07-06T00:00Z'))).toBeUndefined()
  })

  // Zones that change by an hour, by half an hour, at midnight, the other way round, and never; each near a change of its clocks.
  const places = [
    ['Europe/Berlin', '2026-03-29T01:00Z'],
    ['Europe/Berlin', '2026-10-25T01:00Z'],
    ['America/New_York', '2026-03-08T07:00Z'],
    ['America/New_York', '2026-11-01T06:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
    ['Africa/Cairo', '2026-04-23T22:00Z'],
    ['Africa/Cairo', '2026-10-29T21:00Z'],
    ['Europe/Dublin', '2026-10-25T01:00Z'],
    ['Asia/Kathmandu', '2026-07-15T12:00Z'],
  ] as const
  const clock = fc
    .oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 47 }))
    .map((half) => `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 === 0 ? '00' : '30'}`)
  const days = fc.constantFrom('daily', 'daily', 'Sun', 'Sat', 'Mon-Thu', 'Fri-Sun')
  const hours = fc.tuple(clock, clock).filter(([from, to]) => from !== to)

  it('opens and shuts when the clock on the wall first reaches its hours, whatever is done to the clock', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), days, hours, fc.integer({ min: -16, max: 16 }), ([zone, change], on, [from, to], offset) => {
        const asked = window(`${on} ${from}-${to} ${zone}`)
        const now = at(change) + offset * 30 * minuteMs
        const found = opensAt([{ windows: [asked], freezes: [] }], now)!
        expect(isOpenByWall(asked, now)).toBe(found === now)
        // Where it is said to open it is open, and half an hour before it was not, unless it was asked only then.
        expect(isOpenByWall(asked, found)).toBe(true)
        if (found > now) expect(isOpenByWall(asked, found - minuteMs)).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  it('a malformed one, or one in a zone nobody knows, is refused with the place in the text', () => {
    const problem = (text: string, read: (text: string) => object = readWindow) => {
      const found = read(text) as { problem?: string; offset?: number; help?: string }
      return [found.problem, found.offset, found.help]
    }
    expect(problem('Mon-Thu 08:00-16:00')).toEqual(['names no time zone', 0, expect.stringContaining('Europe/Berlin')])
    expect(problem('Mon-Thu 08:00-16:00 Europe/Berlim')).toEqual([
      'there is no time zone "Europe/Berlim"',
      20,
      'did you mean "Europe/Berlin"?',
    ])
    expect(problem('Mon-Thu 08:00-16:00 europe/berlin')[2]).toBe('did you mean "Europe/Berlin"?')
    for (const zone of ['+01:00', 'CEST', 'Local', 'Europe/']) expect(problem(`daily 08:00-16:00 ${zone}`)[1]).toBe(18)
    expect(problem('Moon 08:00-16:00 UTC')).toEqual(['"Moon" names no days', 0, 'did you mean "Mon"?'])
    expect(problem('Mon,Tus 08:00-16:00 UTC')[1]).toBe(4)
    for (const text of ['8:00-16:00', '08:00-24:01', '24:00-01:00', '08:60-09:00', '08:00-08:00', '08:00'])
      expect(problem(`Mon ${text} UTC`)[1]).toBe(4)
    expect(problem('2026-02-30 UTC', readFreeze)[0]).toBe('"2026-02-30" is no day of the calendar')
    expect(problem('2026-03-02..2026-03-01 UTC', readFreeze)[0]).toContain('before it begins')
    expect(problem('2026-03-01..2026-03-02..2026-03-03 UTC', readFreeze)[1]).toBe(0)
    expect(problem('2026-03-01', readFreeze)[0]).toBe('names no time zone')
  })
})

const formats = new Map<string, Intl.DateTimeFormat>()

/** Date and time on the wall as one number, minutes since a fixed day that never was: it goes back when clocks are set back. */
function wall(ms: number, zone: string): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
  formats.set(zone, format)
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  return Date.UTC(part['year']!, part['month']! - 1, part['day']!, part['hour'], part['minute']) / minuteMs
}

/** The same question asked the slow way: walk through the last days half an hour at a time and watch the clock on the wall. */
function isOpenByWall({ days, from, to, zone }: ChangeWindow, ms: number): boolean {
  const now = wall(ms, zone)
  const today = Math.floor(now / 1440)
  for (const day of [today - 2, today - 1, today, today + 1]) {
    const weekday = ((day + 3) % 7) + 1
    if (!days.includes(weekday)) continue
    const started = reachedBy(day * 1440 + from, ms, zone)
    const ended = reachedBy(day * 1440 + to, ms, zone)
    if (started && !ended) return true
  }
  return false
}

/** Whether the clock has shown this time, or a later one, at any moment of the last days up to now. */
function reachedBy(wanted: number, ms: number, zone: string): boolean {
  // A clock that was set back has been ahead by at most some hours.
  for (let at = ms; at > ms - 180 * minuteMs; at -= minuteMs * 15) if (wall(at, zone) >= wanted) return true
  return false
}
