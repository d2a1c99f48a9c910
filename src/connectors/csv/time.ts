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
      return new Date(Number(text) * (as === 'unix' ? 1000 : 1)).toISOString() as Instant
    }
    // A time that says its own offset needs no zone, and one zone does not fit all rows of a table.
    if (as === 'rfc3339' || offset.test(text)) {
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
