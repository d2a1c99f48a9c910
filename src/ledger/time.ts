const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** As JavaScript writes times of these years: most of what comes. */
const milliseconds = /^(19[7-9]|20\d|21\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

export type TimeFault = { readonly fault: string }

/**
 * Any RFC 3339 time to UTC with nine decimals, so that text order is time order. Finer decimals are cut off.
 * @returns why it is none of ours, when it is not
 */
export function normaliseTime(text: string): string | TimeFault {
  if (milliseconds.test(text)) {
    const ms = Date.parse(text)
    // A day that does not exist (31 April) is either no date or comes back as another one.
    if (ms >= 0 && new Date(ms).toISOString() === text) return `${text.slice(0, -1)}000000Z`
  }
  const found = rfc3339.exec(text)
  if (!found) return { fault: 'is not an RFC 3339 time, for example 2026-03-01T09:30:00Z' }
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = found
  if (second === '60') return { fault: 'is a leap second; write the second before or after' }
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  // A day that does not exist (31 April, 25:00) comes back as another one.
  if (new Date(local).toISOString().slice(0, 19) !== `${year}-${month}-${day}T${hour}:${minute}:${second}`) {
    return { fault: 'names a time that does not exist' }
  }
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return { fault: 'has an offset from UTC that does not exist' }
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000
  const utc = new Date(sign === '-' ? local + offset : local - offset).toISOString()
  const utcYear = Number(utc.slice(0, 4))
  if (!(utcYear >= 1970 && utcYear <= 2199)) return { fault: 'lies outside the years 1970 to 2199' }
  return `${utc.slice(0, 19)}.${fraction.slice(0, 9).padEnd(9, '0')}Z`
}
