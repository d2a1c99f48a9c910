import { Temporal } from 'temporal-polyfill'
import type { Instant } from '../../kernel/clock.ts'
import type { CsvMap } from './map.ts'

type Reading = Pick<CsvMap['time'], 'as' | 'zone'>

const offset = /(?:[Zz]|[+-]\d\d:?\d\d)$/

/**
 * The time in a cell, in UTC.
 * @returns why it is none, when it is not
 */
export function readTime(text: string, { as, zone }: Reading): Instant | { readonly fault: string } {
  try {
    if (as === 'unix' || as === 'unix-ms') {
      if (!/^\d{1,16}(\.\d+)?$/.test(text)) return { fault: `is no number of ${as === 'unix' ? 'seconds' : 'milliseconds'} since 1970` }
      const ms = Number(text) * (as === 'unix' ? 1000 : 1)
      // Seconds and milliseconds are told apart by what they would come to: nobody deployed in 1973, or will in 5138.
      if (as === 'unix' && ms >= 1e14) return { fault: 'lies in the far future as seconds since 1970; of milliseconds say `as: unix-ms`' }
      if (as === 'unix-ms' && ms < 1e11) return { fault: 'lies before 1974 as milliseconds since 1970; of seconds say `as: unix`' }
      return new Date(ms).toISOString() as Instant
    }
    // A time that says its own offset needs no zone, and one zone does not fit all rows of a table.
    if (as === 'rfc3339' || offset.test(text)) {
      if (!/^\d{4}-\d\d-\d\d(?!\d)/.test(text))
        return {
          fault: 'is no time as RFC 3339 writes it; 2024-03-01T09:30:00Z is one, and `as: local` with a zone takes 2024-03-01 09:30',
        }
      if (!offset.test(text)) return { fault: 'says no offset from UTC; where all rows are local times, say `as: local` and their zone' }
      return Temporal.Instant.from(text).toString({ smallestUnit: 'millisecond' }) as Instant
    }
    // In autumn an hour comes twice: it is refused rather than guessed.
    const local = Temporal.PlainDateTime.from(text.replace(' ', 'T'))
    return local.toZonedDateTime(zone!, { disambiguation: 'reject' }).toInstant().toString({ smallestUnit: 'millisecond' }) as Instant
  } catch (error) {
    return { fault: `is no time: ${(error as Error).message}` }
  }
}
