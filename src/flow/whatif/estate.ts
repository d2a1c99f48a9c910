import type { Past } from '../measures/past.ts'
import { sinceOf, untilOf, type Deployed } from '../measures/environments.ts'
import type { Switched } from '../measures/gates.ts'
import { gatesIn, weekMs, type Estate, type Week } from './calibrate.ts'
import { visitsOf, type Visit } from './visits.ts'

const lookBackMs = 180 * 86_400_000
const quarterWeeks = 13
/** How the gates of others stood is told by so many of their quarters, the newest ones. */
const quarterCount = 3

type Stream = { readonly stream: string; readonly deployments: readonly Deployed[]; readonly gates: readonly Switched[] }

/**
 * What other streams did between the same two environments, in the half year before a moment. What became of a version later than
 * that moment is not looked at either.
 */
export function estateOf(streams: readonly Stream[], but: string): Estate {
  const others = streams.filter(({ stream }) => stream !== but)
  return {
    visits: (order, leg, before) =>
      others.flatMap(({ deployments, gates }): readonly (readonly Visit[])[] => {
        const [from, to] = [order[leg]!, order[leg + 1]!]
        const lately = sinceOf(untilOf(deployments, before), before - lookBackMs)
        const known = lately.filter(({ environment }) => environment === from || environment === to)
        if (!known.some(({ environment }) => environment === to)) return []
        return [visitsOf(order.slice(leg), known, gates, before)[0]!]
      }),
    quarters: (order, before) => others.flatMap((one) => quartersOf(one, order, before)),
  }
}

/** Those in which something came to the first environment of the way. */
function quartersOf({ deployments, gates }: Stream, order: readonly string[], before: number): readonly (readonly Week['gates'][])[] {
  const known = gates.filter(({ at }) => at <= before)
  return Array.from({ length: quarterCount }, (_, back) => before - (back + 1) * quarterWeeks * weekMs).flatMap((begin) => {
    const own = sinceOf(untilOf(deployments, begin + quarterWeeks * weekMs), begin)
    if (own.filter(({ environment }) => environment === order[0]).length < quarterWeeks) return []
    return [
      Array.from({ length: quarterWeeks }, (_, week) =>
        order.slice(1).map((to, leg) => gatesIn(known, order[leg]!, to, begin + week * weekMs, begin + (week + 1) * weekMs)),
      ),
    ]
  })
}

export const estateOfPast = (past: Past, but: string): Estate =>
  estateOf(
    [...past.streams.values()].map(({ stream, deployments }) => ({ stream, deployments, gates: past.gates.get(stream) ?? [] })),
    but,
  )
