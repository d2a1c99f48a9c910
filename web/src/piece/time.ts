const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** How long something took or lasts, at most two units: `480 ms`, `3.2 s`, `42 s`, `4 min 10 s`, `3 h 12 min`, `6 d 4 h`. */
export function duration(ms: number): string {
  if (ms < second) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 10 * second) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  if (ms < minute) return `${Math.floor(ms / second)} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min ${Math.floor((ms % minute) / second)} s`
  if (ms < 2 * day) return `${Math.floor(ms / hour)} h ${Math.floor((ms % hour) / minute)} min`
  return `${Math.floor(ms / day)} d ${Math.floor((ms % day) / hour)} h`
}

/** How old something is, in one unit that changes slowly: `8 s`, `12 min`, `3 h`, `5 d`. Clocks that disagree give `0 s`. */
export function age(ms: number): string {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / second))} s`
  if (ms < hour) return `${Math.floor(ms / minute)} min`
  if (ms < 2 * day) return `${Math.floor(ms / hour)} h`
  return `${Math.floor(ms / day)} d`
}

/** A clock that runs: `0:42`, `12:07`, `3:12:07`, and days before it. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / second))
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24}:${two(minutes)}:${two(seconds)}`
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`
}

// Making one costs a hundred times what asking it does, and a list shows many ages.
const times = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const days = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })

/** Reader's own time zone, 24 hours: `14:02:11`. */
export function timeOfDay(at: string | number): string {
  return times.format(new Date(at))
}

/** `Mon 23 Nov 2026`, in the reader's own time zone. */
export function dayOf(at: string | number): string {
  return days.format(new Date(at)).replace(',', '')
}
