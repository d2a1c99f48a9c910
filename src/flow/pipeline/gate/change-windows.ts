import { Temporal } from 'temporal-polyfill'
import type { ChangeWindow, Freeze } from '../../definition/change-window.ts'

/** Hours in which something may enter, and days on which it may not. Undefined windows: any hour. */
export type Calendar = { readonly windows: readonly ChangeWindow[] | undefined; readonly freezes: readonly Freeze[] }

/** Nobody waits longer than this for an answer; what opens later is `never` for now, and asked again. */
const horizonDays = 400
/** A weekly window opens within eight days, and once more when a change of clocks took its hours away. */
const daysAhead = 16
const dayMs = 86_400_000

/**
 * When something that wants in at `now` may enter: `now` itself when every calendar is open, else the first instant at which
 * all are; undefined when there is none within {@link horizonDays}. Milliseconds since the epoch. Pure.
 */
export function opensAt(calendars: readonly Calendar[], now: number): number | undefined {
  for (let at = now; at <= now + horizonDays * dayMs;) {
    const later = calendars.map((calendar) => opensIn(calendar, at))
    if (later.includes(undefined)) return undefined
    const next = Math.max(at, ...(later as number[]))
    if (next === at) return at
    at = next
  }
  return undefined
}

/** The first instant from `at` on at which this calendar may be open; asked again there it may point further. */
function opensIn({ windows, freezes }: Calendar, at: number): number | undefined {
  const thawed = freezes.map((freeze) => daysOf(freeze)).reduce((from, [start, end]) => (start <= from && from < end ? end : from), at)
  if (thawed !== at || windows === undefined) return thawed
  const openings = windows.flatMap((window) => opensNext(window, at) ?? [])
  return openings.length === 0 ? undefined : Math.min(...openings)
}

function opensNext(window: ChangeWindow, at: number): number | undefined {
  const today = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(window.zone).toPlainDate()
  // Yesterday's may still be open after midnight.
  for (let ahead = -1; ahead <= daysAhead; ahead++) {
    const date = today.add({ days: ahead })
    if (!window.days.includes(date.dayOfWeek)) continue
    const end = reached(date, window.to, window.zone)
    if (end <= at) continue
    const start = reached(date, window.from, window.zone)
    if (start < end) return Math.max(start, at)
  }
  return undefined
}

function daysOf({ from, to, zone }: Freeze): readonly [number, number] {
  return [reached(Temporal.PlainDate.from(from), 0, zone), reached(Temporal.PlainDate.from(to), 24 * 60, zone)]
}

/**
 * The first instant at which the clock on the wall has reached a time of a day. A time that a change of clocks skips is
 * reached when they are changed; of a time that comes twice, the first counts. So windows never flicker, and hours that do not
 * exist let nobody in.
 */
function reached(date: Temporal.PlainDate, minutes: number, zone: string): number {
  const wanted = date
    .add({ days: Math.floor(minutes / 1440) })
    .toPlainDateTime({ hour: Math.floor((minutes % 1440) / 60), minute: minutes % 60 })
  const found = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (found.toPlainDateTime().equals(wanted)) return found.epochMilliseconds
  return found.getTimeZoneTransition('next')!.epochMilliseconds
}
