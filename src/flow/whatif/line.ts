import { firstThat } from '../../kernel/search.ts'
import { simulate, type Line, type Stage } from '../simulation/engine.ts'
import { uniform } from '../simulation/random.ts'
import { weekMs, type Calibration, type Week } from './calibrate.ts'
import type { Change } from './change.ts'
import type { Outcomes } from './outcomes.ts'
import { isBurst, togetherOf, type Gates, type GateState } from './visits.ts'

/** What comes to the line, and how its gates stand meanwhile. Times from the beginning. */
export type Input = {
  readonly arrivals: Float64Array
  readonly gates: Week['gates']
}

/** So many of the newest weeks are what the line is like now. */
const recent = 13
/** And so many of one kind are enough to know what weeks of that kind are like. */
const enoughWeeks = 6

/**
 * Weeks to draw from: in which the gates stood as they would, for other gates are worked otherwise then as well; where there are too
 * few of them, the newest.
 */
export function weeksLike({ weeks, order }: Calibration, changes: readonly Change[]): readonly Week[] {
  const like = weeks.filter(({ gates }) =>
    gates.every((spans, leg) => {
      const [from, to] = [order[leg]!, order[leg + 1]!]
      const kinds = (state: Gates) => `${kindOf(state.onwards)} ${kindOf(state.into)}`
      return gatesWith(spans, from, to, changes).every((one, at) => kinds(one.gates) === kinds(spans[at]!.gates))
    }),
  )
  const isGate = changes.some(({ kind }) => kind === 'gate')
  return isGate && like.length >= enoughWeeks ? like.slice(-2 * recent) : weeks.slice(-recent)
}

const kindOf = (state: GateState) => (state === 'kept' ? 'closed' : state)

/** Weeks of the history, drawn at random one after the other. */
export function drawWeeks(order: readonly string[], weeks: readonly Week[], count: number, seed: number): Input {
  const drawn = Array.from({ length: count }, (_, place) => weeks[Math.floor(uniform(seed, place, 3, 0) * weeks.length)]!)
  return {
    arrivals: Float64Array.from(drawn.flatMap(({ arrivals }, place) => arrivals.map((at) => place * weekMs + at))),
    gates: order
      .slice(1)
      .map((_, leg) => drawn.flatMap(({ gates }, place) => gates[leg]!.map((one) => ({ ...one, at: place * weekMs + one.at })))),
  }
}

/** When each arrival reached each environment after the first; Infinity: not in the time that was looked at. */
export type Ran = { readonly arrivals: Float64Array; readonly ended: Float64Array; readonly depth: number; readonly entered: Float64Array }

/**
 * One run of a stream's line.
 * @param changes - what is otherwise than it was; none: nothing
 * @param until - end of what is looked at
 */
export function runLine(
  order: readonly string[],
  input: Input,
  outcomes: Outcomes,
  changes: readonly Change[],
  seed: number,
  until: number,
): Ran {
  const { arrivals } = input
  const followed = Uint8Array.from(arrivals, (at, entity) => (isBurst(at, arrivals[entity + 1]) ? 1 : 0))
  const standing = order.slice(1).map((to, leg) => standingOf(gatesWith(input.gates[leg]!, order[leg]!, to, changes)))
  const isHeld = (leg: number, now: number) => standing.some((gates, later) => later > leg && togetherOf(gates(now)) === 'kept')
  const stages = order.slice(1).map((to, leg): Stage => {
    const factor = changes.reduce((product, one) => (one.kind === 'stage' && one.environment === to ? product * one.factor : product), 1)
    const service = (luck: number, entity: number, now: number, again: number) => {
      const { own } = outcomes(leg, standing[leg]!(now), isHeld(leg, now), followed[entity] === 1)
      // The next one after a batch that was too large is deployed by whoever deployed that: it gets through.
      const count = again === 0 ? own.length : throughOf(own)
      return count === 0 ? Number.POSITIVE_INFINITY : own[Math.floor(luck * count)]! * factor
    }
    return { servers: Number.POSITIVE_INFINITY, service }
  })
  const most = (kind: 'batch' | 'wip') => Math.min(...changes.flatMap((one) => (one.kind === kind ? [one.max] : [])))
  const line: Line = { stages, carries: most('batch'), wip: most('wip') }
  const { ended, entered } = simulate(arrivals, line, seed, until)
  return { arrivals, ended, entered, depth: stages.length }
}

/** How many of them got through by themselves; they stand first. */
function throughOf(own: Float64Array): number {
  const first = own.indexOf(Number.POSITIVE_INFINITY)
  return first === -1 ? own.length : first
}

/** With gates that stand otherwise than they did. */
export function gatesWith(gates: Week['gates'][number], from: string, to: string, changes: readonly Change[]): Week['gates'][number] {
  return changes.reduce((before, change) => {
    if (change.kind !== 'gate') return before
    const { open, way, environment, kept = false } = change
    const state = open ? 'open' : kept ? 'kept' : 'closed'
    const into = way !== 'onwards' && environment === to
    const onwards = (way === 'onwards' && environment === from) || (way === 'both' && environment === to)
    const turned = (one: Gates): Gates => ({ onwards: onwards ? state : one.onwards, into: into ? state : one.into })
    return into || onwards ? before.map((one) => ({ ...one, gates: turned(one.gates) })) : before
  }, gates)
}

function standingOf(gates: Week['gates'][number]): (now: number) => Gates {
  const times = Float64Array.from(gates, ({ at }) => at)
  return (now) => gates[Math.max(0, firstThat(times.length, (at) => times[at]! > now) - 1)]!.gates
}
