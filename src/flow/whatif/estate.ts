import type { Past } from '../measures/past.ts'
import { sinceOf, untilOf, type Deployed } from '../measures/environments.ts'
import type { Switched } from '../measures/gates.ts'
import type { Estate } from './calibrate.ts'
import { visitsOf, type Visit } from './visits.ts'

const lookBackMs = 180 * 86_400_000

/**
 * What other streams did between the same two environments, in the half year before a moment. What became of a version later than
 * that moment is not looked at either.
 */
export function estateOf(
  streams: readonly { readonly stream: string; readonly deployments: readonly Deployed[]; readonly gates: readonly Switched[] }[],
  but: string,
): Estate {
  return (order, leg, before) =>
    streams.flatMap(({ stream, deployments, gates }): readonly (readonly Visit[])[] => {
      if (stream === but) return []
      const [from, to] = [order[leg]!, order[leg + 1]!]
      const lately = sinceOf(untilOf(deployments, before), before - lookBackMs)
      const known = lately.filter(({ environment }) => environment === from || environment === to)
      if (!known.some(({ environment }) => environment === to)) return []
      return [visitsOf(order.slice(leg), known, gates, before)[0]!]
    })
}

export const estateOfPast = (past: Past, but: string): Estate =>
  estateOf(
    [...past.streams.values()].map(({ stream, deployments }) => ({ stream, deployments, gates: past.gates.get(stream) ?? [] })),
    but,
  )
