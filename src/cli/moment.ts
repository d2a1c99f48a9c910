import { instantOf, type Instant } from '../kernel/clock.ts'
import { invalid } from '../kernel/errors.ts'
import { normaliseTime } from '../ledger/time.ts'

/**
 * A day, at its beginning in UTC, or a moment.
 * @param flag - by which it was said
 * @throws ThreewaysError `TIME_INVALID`
 */
export function momentOf(text: string, flag: string): Instant {
  const time = normaliseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (typeof time === 'string') return instantOf(Date.parse(time))
  throw invalid('TIME_INVALID', { message: `${flag} ${text} ${time.fault}`, help: 'write 2024-03-01, or 2024-03-01T09:30:00Z' })
}
