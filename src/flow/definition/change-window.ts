import { nearest } from './suggest.ts'

/** Hours of the week in which a stage may be entered, as `Mon-Thu 08:00-16:00 Europe/Berlin` says them. Plain JSON. */
export type ChangeWindow = {
  /** As written. */
  readonly text: string
  /** ISO days of the week on which it opens, Monday is 1. */
  readonly days: readonly number[]
  /** Minutes after midnight by the clock on the wall. `to` is over 1440 when the window ends on the next day. */
  readonly from: number
  readonly to: number
  /** IANA name. */
  readonly zone: string
}

/** Whole days on which nothing enters: `2026-12-21..2027-01-03 Europe/Berlin`. */
export type Freeze = {
  readonly text: string
  /** First and last day, `YYYY-MM-DD`. */
  readonly from: string
  readonly to: string
  readonly zone: string
}

/** Why a text is neither, where in it (offset), and what to write instead. */
export type Misread = { readonly problem: string; readonly offset: number; readonly help: string }

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
const dayMinutes = 24 * 60
const windowHelp = 'for example "Mon-Thu 08:00-16:00 Europe/Berlin"'
const freezeHelp = 'for example "2026-12-21..2027-01-03 Europe/Berlin"'

/** Reads `<days> <from>-<to> <zone>`. Days: `Mon`, `Mon-Thu`, `Mon,Wed-Fri` or `daily`. Pure. */
export function readWindow(text: string): ChangeWindow | Misread {
  const parts = partsOf(text)
  const [days, hours, zone, more] = parts
  if (days === undefined || hours === undefined || zone === undefined || more !== undefined) {
    const missing = parts.length === 2 ? 'names no time zone' : 'should be days, hours and a time zone'
    return { problem: missing, offset: 0, help: windowHelp }
  }
  const on = readDays(days)
  if ('problem' in on) return on
  const between = readHours(hours)
  if ('problem' in between) return between
  const faulty = zoneProblem(zone)
  return faulty ?? { text, days: on.days, from: between.from, to: between.to, zone: zone.word }
}

/** Reads `<first day>..<last day> <zone>`, or one day. Pure. */
export function readFreeze(text: string): Freeze | Misread {
  const [dates, zone, more] = partsOf(text)
  if (dates === undefined || zone === undefined || more !== undefined) {
    const problem = dates !== undefined && zone === undefined ? 'names no time zone' : 'should be one day or first..last, and a time zone'
    return { problem, offset: 0, help: freezeHelp }
  }
  const [from = '', to = from, third] = dates.word.split('..')
  const strange = [from, to].find((date) => !isDate(date))
  if (strange !== undefined || third !== undefined) {
    return { problem: `"${strange ?? dates.word}" is no day of the calendar`, offset: dates.offset, help: freezeHelp }
  }
  if (to < from) return { problem: `ends on ${to}, before it begins on ${from}`, offset: dates.offset, help: 'write the first day first' }
  return zoneProblem(zone) ?? { text, from, to, zone: zone.word }
}

type Part = { readonly word: string; readonly offset: number }

const partsOf = (text: string): readonly Part[] => Array.from(text.matchAll(/\S+/g), (found) => ({ word: found[0], offset: found.index }))

function readDays({ word, offset }: Part): { readonly days: readonly number[] } | Misread {
  if (word === 'daily') return { days: [1, 2, 3, 4, 5, 6, 7] }
  const days = new Set<number>()
  let at = offset
  for (const range of word.split(',')) {
    const ends = range.split('-')
    const [first, last = first] = ends.map((name) => dayNames.indexOf(name as (typeof dayNames)[number]) + 1)
    if (!first || !last || ends.length > 2) {
      const near = nearest(ends.find((name) => !dayNames.includes(name as (typeof dayNames)[number])) ?? range, dayNames)
      const help = near === undefined ? `days are ${dayNames.join(', ')} or daily` : `did you mean "${near}"?`
      return { problem: `"${range}" names no days`, offset: at, help }
    }
    // Fri-Mon goes over the weekend.
    for (let day = first; ; day = (day % 7) + 1) {
      days.add(day)
      if (day === last) break
    }
    at += range.length + 1
  }
  return { days: [...days].toSorted((a, b) => a - b) }
}

function readHours({ word, offset }: Part): { readonly from: number; readonly to: number } | Misread {
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(word)
  const [fromHour, fromMinute, toHour, toMinute] = (found ?? []).slice(1).map(Number)
  const valid = found !== null && fromHour! < 24 && fromMinute! < 60 && toMinute! < 60 && toHour! * 60 + toMinute! <= dayMinutes
  if (!valid) return { problem: `"${word}" names no hours`, offset, help: 'write them as 08:00-16:00; the latest end is 24:00' }
  const from = fromHour! * 60 + fromMinute!
  const to = toHour! * 60 + toMinute!
  if (from === to) return { problem: `"${word}" begins and ends at once`, offset, help: 'write 00:00-24:00 for a whole day' }
  return { from, to: to > from ? to : to + dayMinutes }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/** Only names whose rules are known: `+01:00` and `CET` say nothing about when clocks are changed where people work. */
function zoneProblem({ word, offset }: Part): Misread | undefined {
  const known = isZone(word) ? new Intl.DateTimeFormat('en', { timeZone: word }).resolvedOptions().timeZone : undefined
  if (known !== undefined && (known === word || known.toLowerCase() !== word.toLowerCase())) return undefined
  const near = known ?? nearest(word, Intl.supportedValuesOf('timeZone'))
  const help = near === undefined ? 'write a name such as Europe/Berlin, America/New_York or UTC' : `did you mean "${near}"?`
  return { problem: `there is no time zone "${word}"`, offset, help }
}

function isZone(name: string): boolean {
  if (name !== 'UTC' && !/^[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+$/.test(name)) return false
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}
