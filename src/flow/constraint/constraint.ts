import { overlap } from '../../kernel/spans.ts'
import { uniform } from '../simulation/random.ts'
import type { Window } from '../measures/stream-flow.ts'
import { stayAt, type Leg } from './legs.ts'
import type { Passing } from './passing.ts'

const weekMs = 7 * 86_400_000

/** So many versions must have come to some part of the way in the window before anything is said of it. */
const enough = 8
/** And so sure must it be, had the weeks been others of the same kind. */
const sure = 0.8
const resamples = 400

export type Verdict = {
  /** Index of the part of the way; undefined: cannot say. */
  readonly leg: number | undefined
  /** Gate: most of the time there was spent while a gate was closed that holds what comes. It is a decision, and no machine. */
  readonly cause: 'gate' | 'stage'
  /** In which share of the resampled windows it is the same part that holds most of the time. */
  readonly agreement: number
  /** Why it cannot be said. */
  readonly doubt: string | undefined
}

/**
 * The one place at which time is lost: the part of the way that holds most of the time of all that was on it, of what was delivered
 * and of what still waits (Goldratt's first step). Whether other weeks of the same kind would say the same is told by drawing the
 * weeks in which versions came again and again (a bootstrap by weeks, for versions of one week wait together).
 */
export function constraintOf(legs: readonly Leg[], passings: readonly Passing[], window: Window): Verdict {
  const cannot = (doubt: string, agreement = 0): Verdict => ({ leg: undefined, cause: 'stage', agreement, doubt })
  if (legs.length === 0) return cannot('there is but one environment: nothing lies between')
  const versions = Math.max(...legs.map(({ arrivals, queue }) => arrivals + queue.atBegin))
  if (versions < enough) return cannot(`only ${versions} version${versions === 1 ? ' was' : 's were'} on the way; it takes ${enough}`)
  const most = indexOfMost(legs.map(({ spent }) => spent))
  if (legs[most]!.spent === 0) return cannot('no version waited anywhere')
  const agreement = agreementOn(most, byWeek(passings, legs.length, window))
  if (agreement < sure) {
    const rivals = legs.toSorted((a, b) => b.spent - a.spent).slice(0, 2)
    return cannot(
      `${rivals.map(nameOf).join(' and ')} hold about the same: which of them more depends on the weeks that one looks at`,
      agreement,
    )
  }
  const { spent, spentClosed, gateHolds } = legs[most]!
  return { leg: most, cause: gateHolds && spentClosed > spent / 2 ? 'gate' : 'stage', agreement, doubt: undefined }
}

export const nameOf = ({ from, to }: Pick<Leg, 'from' | 'to'>) => `${from} → ${to}`

const indexOfMost = (values: readonly number[]) => values.indexOf(Math.max(...values))

/** Time spent in each part, by the week in which a version came. */
function byWeek(passings: readonly Passing[], legs: number, window: Window): readonly (readonly number[])[] {
  const inside = { since: window.since, until: Math.min(window.until, window.asOf) }
  const weeks = new Map<number, number[]>()
  for (const passing of passings) {
    if (passing.at.at(-1)! < inside.since) continue
    const week = Math.floor(passing.at[0]! / weekMs)
    const spent = weeks.get(week) ?? Array.from({ length: legs }, () => 0)
    for (let leg = 0; leg < legs; leg++) {
      const stay = stayAt(passing, leg, window.asOf)
      if (stay !== undefined) spent[leg]! += overlap(stay, inside)
    }
    weeks.set(week, spent)
  }
  return [...weeks.values()]
}

function agreementOn(leg: number, weeks: readonly (readonly number[])[]): number {
  const [count, legs] = [weeks.length, weeks[0]!.length]
  const spent = Float64Array.from(weeks.flat())
  const lots = lotsOf(count)
  const stride = lots.length / resamples
  const sums = new Float64Array(legs)
  let same = 0
  for (let draw = 0; draw < resamples; draw++) {
    sums.fill(0)
    for (let place = 0; place < count; place++) {
      const week = Math.floor(lots[draw * stride + place]! * count) * legs
      for (let at = 0; at < legs; at++) sums[at]! += spent[week + at]!
    }
    if (sums.indexOf(sums.reduce((most, one) => Math.max(most, one))) === leg) same++
  }
  return same / resamples
}

let known = new Float64Array(0)

/** The lots are the same for every stream, and drawn once: of each draw as many in a row as the longest history had weeks. */
function lotsOf(weeks: number): Float64Array {
  if (known.length >= weeks * resamples) return known
  // Of a leap of time that no history has, so many are not kept.
  const most = Math.max(weeks, Math.min(weeks * 2, 1000))
  known = Float64Array.from({ length: most * resamples }, (_, at) => uniform(1, Math.floor(at / most), 0, at % most))
  return known
}
