import { Link } from 'wouter'
import type { Table } from '../links.ts'
import { dayIn, span } from '../words.ts'

export type Range = readonly [from: number, to: number]
/** As the address says it. */
export type NarrowedTo = {
  readonly to?: string
  readonly in?: string
  readonly size?: Range
  readonly took?: Range
  readonly when?: Range
  readonly only?: 'failed' | 'rework'
}

export const rangeText = (from: number, to: number) => `${Math.round(from)}-${Math.round(to)}`

function rangeIn(text: string | null): Range | undefined {
  const found = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '')
  return found === null ? undefined : [Number(found[1]), Number(found[2])]
}

/** What makes no sense narrows nothing. */
export function narrowedIn(search: URLSearchParams): NarrowedTo {
  const [size, took, when] = [rangeIn(search.get('size')), rangeIn(search.get('took')), rangeIn(search.get('when'))]
  const only = (['failed', 'rework'] as const).find((one) => one === search.get('only'))
  const [to, place] = [search.get('to'), search.get('in')]
  return {
    ...(to && { to }),
    ...(place && { in: place }),
    ...(size && { size }),
    ...(took && { took }),
    ...(when && { when }),
    ...(only && { only }),
  }
}

/** From the first on and before the last; of a single number, that one. */
export const isIn = (range: Range | undefined, value: number) => range === undefined || (value >= range[0] && value < range[1])

function placeTold(place: string): string {
  if (place === 'hidden') return 'that flags hide or hid'
  if (place === 'released') return 'that users got'
  return place === 'merged' ? 'that came no further than the trunk' : `that came to ${place} and no further`
}

type Props = { readonly show: Table; readonly narrowed: NarrowedTo; /** Where all of them are. */ readonly all: string }

/** Says which of the rows are shown, and leads back to all. */
export function Narrowing({ show, narrowed: { to, in: place, size, took, when, only }, all }: Props) {
  const told = [
    ...(to === undefined ? [] : [`measured to ${to}`]),
    ...(place === undefined || (show !== 'ageing' && show !== 'changes') ? [] : [placeTold(place)]),
    ...(size === undefined ? [] : [`that brought ${size[1] - size[0] <= 1 ? size[0] : `${size[0]} to ${size[1] - 1}`} new versions`]),
    ...(took === undefined ? [] : [`that took ${took[0] === 0 ? 'less than' : `${span(took[0])} to`} ${span(took[1])}`]),
    ...(when === undefined ? [] : [`from ${dayIn(when[0])} until ${dayIn(when[1] - 1)}`]),
  ]
  if (only !== undefined) told.push(only === 'failed' ? 'that may have brought a failure' : 'made because of a failure')
  if (told.length === 0) return null
  return (
    <p className="flow-narrowed">
      Only those {told.join(', ')}. <Link href={all}>Show all</Link>
    </p>
  )
}
