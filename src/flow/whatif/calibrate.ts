import type { Deployed } from '../measures/environments.ts'
import type { Switched } from '../measures/gates.ts'
import { firstsIn, gatesAt, keptMs, visitsOf, type Gates, type Visit } from './visits.ts'

export const weekMs = 7 * 86_400_000

/** A week as it was: what came when, and how the gates stood. Times from its beginning. */
export type Week = {
  readonly arrivals: readonly number[]
  /** Of each part of the way: since when the gates stood so, the first since the beginning. */
  readonly gates: readonly (readonly { readonly at: number; readonly gates: Gates }[])[]
}

/** What others of the estate did, before a moment. */
export type Estate = {
  /** In the same part of the way: of each stream its visits. */
  visits(order: readonly string[], leg: number, before: number): readonly (readonly Visit[])[]
  /** How the gates of the same way stood: of each stream that was under way, and each of its last quarters, the weeks. */
  quarters(order: readonly string[], before: number): readonly (readonly Week['gates'][])[]
}

/** A stream's line as its own history has it. */
export type Calibration = {
  readonly order: readonly string[]
  readonly weeks: readonly Week[]
  /** Of each part of the way, by time. */
  readonly visits: readonly (readonly Visit[])[]
  readonly others: readonly (readonly (readonly Visit[])[])[]
  /** How the gates of others stood, week by week, a quarter of one stream in each. */
  readonly quarters: readonly (readonly Week['gates'][])[]
  readonly asOf: number
}

type History = { readonly deployments: readonly Deployed[]; readonly gates: readonly Switched[] }

/**
 * @param asOf - nothing later is looked at, in milliseconds
 * @param weeks - so many before it are drawn from, or as many as there are
 */
export function calibrate(
  order: readonly string[],
  { deployments, gates }: History,
  estate: Estate,
  asOf: number,
  weeks = 52,
): Calibration {
  const known = deployments.filter(({ at }) => at <= asOf)
  const switches = gates.filter(({ at }) => at <= asOf)
  const begin = known[0]?.at ?? asOf
  const count = Math.max(0, Math.min(weeks, Math.floor((asOf - begin) / weekMs)))
  const arrivals = [...firstsIn(order[0]!, known).values()]
  return {
    order,
    weeks: Array.from({ length: count }, (_, back) => weekOf(order, arrivals, switches, asOf - (count - back) * weekMs)),
    visits: visitsOf(order, known, switches, asOf),
    others: order.slice(1).map((_, leg) => estate.visits(order, leg, asOf)),
    quarters: estate.quarters(order, asOf),
    asOf,
  }
}

function weekOf(order: readonly string[], arrivals: readonly number[], switches: readonly Switched[], begin: number): Week {
  const end = begin + weekMs
  return {
    arrivals: arrivals.flatMap((at) => (at >= begin && at < end ? [at - begin] : [])),
    gates: order.slice(1).map((to, leg) => gatesIn(switches, order[leg]!, to, begin, end)),
  }
}

/** How the gates stood in a span, from its beginning. */
export function gatesIn(switches: readonly Switched[], from: string, to: string, begin: number, end: number): Week['gates'][number] {
  const standing = gatesAt(switches, from, to)
  const turns = switches.flatMap(({ at, open }) => (open ? [at] : [at, at + keptMs + 1]))
  const moments = [begin, ...turns.filter((at) => at > begin && at < end).toSorted((a, b) => a - b)]
  return moments.map((at) => ({ at: at - begin, gates: standing(at) }))
}
