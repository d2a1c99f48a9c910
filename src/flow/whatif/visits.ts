import type { Deployed } from '../measures/environments.ts'
import type { Switched } from '../measures/gates.ts'

/**
 * Of a gate: open, closed, closed for so long that people have found another way of working, or nobody ever said.
 */
export type GateState = 'open' | 'closed' | 'kept' | 'unknown'

/** Closed for longer than that, it is kept closed. Until then one waits for it to be opened. */
export const keptMs = 86_400_000

/** The two gates between an environment and the next: onwards from the one, into the other. */
export type Gates = { readonly onwards: GateState; readonly into: GateState }

/** One version in one environment of its way, and what became of it. Times in milliseconds. */
export type Visit = {
  readonly at: number
  /** As the gates to the next environment were when it came. */
  readonly gates: Gates
  /** A gate further on was kept closed: then people work otherwise here as well. */
  readonly held: boolean
  /** Until it came to the next environment by itself; Infinity: it never did, a later one carried it, or nothing has yet. */
  readonly own: number
  /** The next version came to the first environment soon after it: the tools take that one. */
  readonly followed: boolean
}

/** Two versions so near each other are one burst. */
const burstMs = 20 * 60_000
/** What became of a version is known after so long, or when it has moved. */
const settledMs = 2 * 86_400_000

/** How the gates of one part of the way stood at a moment; ask with moments that ascend. */
export function gatesAt(switches: readonly Switched[], from: string, to: string): (at: number) => Gates {
  // Since when each is closed; Infinity: it is open.
  let [next, onwards, into]: [number, number | undefined, number | undefined] = [0, undefined, undefined]
  const since = (before: number | undefined, { open, at }: Switched) => (open ? Number.POSITIVE_INFINITY : Math.min(before ?? at, at))
  return (at) => {
    for (; next < switches.length && switches[next]!.at <= at; next++) {
      const { environment, way } = switches[next]!
      if (way === 'onwards' && environment === from) onwards = since(onwards, switches[next]!)
      if (way === 'into' && environment === to) into = since(into, switches[next]!)
    }
    return { onwards: stateOf(onwards, at), into: stateOf(into, at) }
  }
}

function stateOf(closed: number | undefined, at: number): GateState {
  if (closed === undefined) return 'unknown'
  if (closed > at) return 'open'
  return at - closed > keptMs ? 'kept' : 'closed'
}

/** How both gates together let through: closed where one of them is. Of one's own, one of which nobody ever spoke may be closed. */
export function togetherOf({ onwards, into }: Gates): GateState {
  for (const state of ['kept', 'closed', 'unknown'] as const) if (onwards === state || into === state) return state
  return 'open'
}

/** Of others: where one gate is open, the one of which nobody ever spoke is hardly ever closed. */
export const spokenOf = (gates: Gates): GateState =>
  togetherOf(gates) === 'unknown' && (gates.onwards === 'open' || gates.into === 'open') ? 'open' : togetherOf(gates)

export const isShut = (state: GateState) => state === 'closed' || state === 'kept'

/** First deployments of each version to an environment, by time. */
export function firstsIn(environment: string, deployments: readonly Deployed[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const { environment: where, version, at } of deployments) if (where === environment && !first.has(version)) first.set(version, at)
  return first
}

/**
 * What became of each version in each environment but the last, by time.
 * @param deployments - of one stream, by time, none later than `asOf`
 */
export function visitsOf(
  order: readonly string[],
  deployments: readonly Deployed[],
  switches: readonly Switched[],
  asOf: number,
): readonly (readonly Visit[])[] {
  const firsts = order.map((environment) => firstsIn(environment, deployments))
  const followed = followedIn(firsts[0] ?? new Map())
  return order.slice(1).map((to, leg) => {
    const gates = gatesAt(switches, order[leg]!, to)
    const beyond = order.slice(leg + 2).map((end, later) => gatesAt(switches, order[leg + 1 + later]!, end))
    return [...firsts[leg]!].flatMap(([version, at]) => {
      const next = firsts[leg + 1]!.get(version)
      const own = next === undefined ? Number.POSITIVE_INFINITY : Math.max(0, next - at)
      const held = beyond.filter((standing) => togetherOf(standing(at)) === 'kept').length > 0
      const visit = { at, gates: gates(at), held, own, followed: followed.has(version) }
      return next === undefined && asOf - at < settledMs ? [] : [visit]
    })
  })
}

function followedIn(first: ReadonlyMap<string, number>): ReadonlySet<string> {
  const all = [...first]
  return new Set(all.flatMap(([version, at], index) => (isBurst(at, all[index + 1]?.[1]) ? [version] : [])))
}

export const isBurst = (at: number, next: number | undefined) => next !== undefined && next - at < burstMs
