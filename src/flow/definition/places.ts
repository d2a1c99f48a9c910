import { firstThat } from '../../kernel/search.ts'
import type { Fault } from '../../kernel/errors.ts'
import type { Positions } from './definition.ts'

/** Where one value of the document stands, as offsets into the text. */
type Place = {
  /** Of its key; undefined for list items and the root. */
  readonly key: number | undefined
  readonly value: number
  /** A map or list: the key is the better place to point at, the value may begin a line below. */
  readonly collection: boolean
  /** The value's own text stands at `value` letter by letter, so offsets into it are offsets into the file. */
  readonly verbatim: boolean
}

/** What a fault says, before it has a place. `value`: what was written, by default the key it is about. */
export type Complaint = { readonly message: string; readonly help: string; readonly value?: unknown }

/** Finds lines and columns for JSON pointers, and writes faults that carry them. */
export type Places = Positions & {
  /** The first place of a pointer stays: what a map says itself is read before what it merges. */
  set(pointer: string, place: Place): void
  /** A fault at the value, or at the nearest thing around it that exists. */
  atValue(pointer: string, complaint: Complaint, offset?: number): Fault
  /** A fault at the key itself. */
  atKey(pointer: string, complaint: Complaint): Fault
  lineAt(offset: number): number
  atOffset(offset: number, pointer: string, complaint: Complaint): Fault
}

/** `['services', 'web']` as `/services/web` (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function placesIn(file: string, text: string): Places {
  const lineStarts = [0, ...Array.from(text.matchAll(/\n/g), (match) => match.index + 1)]
  const places = new Map<string, Place>()

  const nearest = (pointer: string): Place | undefined => {
    for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
      const place = places.get(at)
      if (place || at === '') return place
    }
  }
  const lineAt = (offset: number) => countUpTo(lineStarts, offset)
  const position = (offset: number) => {
    const inside = Math.min(offset, text.length)
    const line = lineAt(inside)
    return { file, line, column: inside - lineStarts[line - 1]! + 1 }
  }
  const offsetOf = (place: Place | undefined) => (place === undefined ? 0 : place.collection ? (place.key ?? place.value) : place.value)
  const atOffset = (offset: number, pointer: string, { message, help, value }: Complaint): Fault => ({
    path: pointer,
    message,
    ...position(offset),
    value: shown(value ?? pointer.slice(pointer.lastIndexOf('/') + 1)),
    help,
  })

  return {
    set(pointer, place) {
      if (!places.has(pointer)) places.set(pointer, place)
    },
    at: (pointer) => position(offsetOf(nearest(pointer))),
    atValue(pointer, complaint, offset = 0) {
      const place = nearest(pointer)
      return atOffset(offsetOf(place) + (place?.verbatim && places.has(pointer) ? offset : 0), pointer, complaint)
    },
    atKey(pointer, complaint) {
      const place = nearest(pointer)
      return atOffset(place?.key ?? place?.value ?? 0, pointer, complaint)
    },
    lineAt,
    atOffset,
  }
}

/** How many of the sorted numbers are at most `limit`. */
const countUpTo = (sorted: readonly number[], limit: number): number => firstThat(sorted.length, (at) => sorted[at]! > limit)

/** A value as a fault shows it: JSON, cut when long. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
