import { nearest } from '../flow/definition/suggest.ts'
import { notFound } from '../kernel/errors.ts'

/** A type as people read it: without who defines it, and without its version. */
export const shortType = (type: string): string => type.replace(/^dev\.cdeventsx?\./, '').replace(/\.\d+\.\d+\.\d+$/, '')

/** As it is said here: kinds of our own need not be said to be ours. */
const plainType = (type: string): string => shortType(type).replace(/^threeways-/, '')

/**
 * The types that somebody means: as they stand in an event, as they are printed, or in all their versions.
 * @param kinds - types of which the server knows
 * @throws ThreewaysError `EVENT_TYPE_UNKNOWN`
 */
export function typesMeant(told: string, kinds: readonly string[]): readonly string[] {
  const exact = kinds.filter((type) => type === told)
  const meant = exact.length > 0 ? exact : kinds.filter((type) => plainType(type) === plainType(told))
  if (meant.length > 0) return meant
  // Whatever tools of others call theirs; the server does not have to know of it.
  if (told.startsWith('dev.cdeventsx.') && !told.startsWith('dev.cdeventsx.threeways-')) return [told]
  const names = [...new Set(kinds.map(shortType))].toSorted()
  const near = nearest(told, names) ?? nearest(plainType(told), names.map(plainType))
  const part = names.filter((name) => name.split('.').includes(told))
  const help =
    near === undefined ? (part.length === 0 ? 'docs/events.md has them all' : `there are ${part.join(', ')}`) : `did you mean "${near}"?`
  throw notFound('EVENT_TYPE_UNKNOWN', { message: `there is no type of event "${told}"`, help })
}
