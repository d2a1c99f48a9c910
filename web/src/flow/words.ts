const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** How long, in one unit and at most three digits: `38 s`, `11 min`, `7.2 h`, `46 h`, `8.1 d`. Hours until two days are over. @param finer - a digit after the point */
export function span(ms: number, finer = false): string {
  const short = finer ? fine : rough
  if (ms < second) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 99.5 * second) return `${Math.round(ms / second)} s`
  if (ms < 99.5 * minute) return `${finer ? (ms / minute).toFixed(1) : Math.round(ms / minute)} min`
  if (ms < 48 * hour) return `${short(ms / hour)} h`
  return `${short(ms / day)} d`
}

const fine = (value: number) => value.toFixed(1)
const rough = (value: number) => (value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value)))

export type Limited = { readonly value: number | null; readonly low: number | null; readonly high: number | null }

/** Limits at 95 %: `10 – 12 min`; without an upper one `10 min or more`. Undefined when nothing limits it. */
export function limits({ low, high }: Limited): string | undefined {
  if (low === null || (low === 0 && high === null)) return undefined
  if (high === null) return `${span(low)} or more`
  const [from, to] = span(low) === span(high) ? [span(low, true), span(high, true)] : [span(low), span(high)]
  if (from === to) return undefined
  const [, number, unit] = /^(.*) (.*)$/.exec(from)!
  return to.endsWith(` ${unit}`) ? `${number} – ${to}` : `${from} – ${to}`
}

/** `34 %`, `2.3 %`; what is not all is never said to be all, nor what is something nothing. */
export function percent(share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.05) return '< 0.1 %'
  if (value < 9.95) return `${rough(value)} %`
  return value > 99.5 && share < 1 ? '> 99 %' : `${Math.round(value)} %`
}

/** A number that needs no more than a digit after the point. */
export const few = (value: number) => (value > 0 && value < 0.05 ? '< 0.1' : rough(value))

/** How many a week; of less than a week of history nothing is said. */
export const paceOf = (perWeek: number | null) => (perWeek === null ? 'too early' : few(perWeek))

const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })

/** `21 Aug 2026`, UTC: windows begin and end there for everybody. */
export const dayIn = (at: string | number) => days.format(new Date(at))

export const plural = (count: number, one: string, more = `${one}s`) => `${count.toLocaleString('en')} ${count === 1 ? one : more}`
