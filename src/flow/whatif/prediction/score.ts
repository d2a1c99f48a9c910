import { passingOf } from '../../constraint/passing.ts'
import type { ContentOf } from '../../../ledger/event.ts'
import { horizonOf, type Past } from '../../measures/past.ts'
import { gatesIn } from '../calibrate.ts'
import type { Change } from '../change.ts'
import { measured } from '../measure.ts'
import { isShut, spokenOf } from '../visits.ts'
import { readChanges } from '../views.ts'
import type { predictionMade, predictionScored } from './events.ts'

export type Made = ContentOf<typeof predictionMade>
export type Score = ContentOf<typeof predictionScored>

const figures = ['p50', 'p85', 'withinDay', 'perWeek'] as const
/** A gate that stood so for so much of the window was switched. */
const mostly = 0.8

/**
 * What happened in the window of a prediction, beside what it said. Where the change was not seen to be made, what happened is held
 * against the line as it was.
 * @returns undefined while the window has not passed, or nothing is known of the stream any more
 */
export function scoreOf(past: Past, made: Made, nowMs: number): Score | undefined {
  const stream = past.streams.get(made.stream)
  const [since, until] = [Date.parse(made.since), Date.parse(made.until)]
  if (stream === undefined || horizonOf(stream, past, nowMs) < until) return undefined
  const known = stream.deployments.filter(({ at }) => at < until)
  const own = passingOf(made.order, known).filter(({ at }) => at[0]! >= since)
  const came = Float64Array.from(own, ({ at }) => at[0]!)
  const happened = measured(
    Float64Array.from(own, ({ at }) => at.at(-1)! - at[0]!),
    came.map((at) => until - at),
    until - since,
  )
  const shares = gateShares(past, made, since, until)
  const isMade = shares.length === 0 ? 'unknown' : shares.every(({ share }) => share >= mostly) ? 'yes' : 'no'
  const said = isMade === 'no' ? made.base : made.changed
  return {
    prediction: made.prediction,
    versions: happened.versions,
    ...(Number.isFinite(happened.p50) ? { p50: happened.p50 } : {}),
    ...(Number.isFinite(happened.p85) ? { p85: happened.p85 } : {}),
    ...(happened.withinDay === undefined ? {} : { withinDay: happened.withinDay }),
    perWeek: happened.perWeek,
    made: isMade,
    held: figures.flatMap((figure) => {
      const real = happened[figure]
      return real === undefined || happened.versions === 0 ? [] : [{ figure, inside: isInside(said[figure], real) }]
    }),
    why: [...whyOf(made, happened.perWeek, shares)],
  }
}

/** What is left out is never. */
const isInside = ({ low, high }: Made['base']['p50'], real: number) => {
  const never = Number.POSITIVE_INFINITY
  return real >= (low ?? never) && real <= (high ?? never)
}

type GateShare = { readonly gate: string; readonly open: boolean; readonly share: number }

/** For how much of the window each gate stood as the change has it. */
function gateShares(past: Past, { stream, change, order }: Made, since: number, until: number): readonly GateShare[] {
  return readChanges(change).flatMap((one: Change): readonly GateShare[] => {
    if (one.kind !== 'gate') return []
    const leg = order.indexOf(one.environment) - (one.way === 'onwards' ? 0 : 1)
    const spans = gatesIn(past.gates.get(stream) ?? [], order[leg]!, order[leg + 1]!, since, until)
    const stands = spans.reduce((sum, { at, gates }, index) => {
      const state = one.way === 'both' ? spokenOf(gates) : gates[one.way]
      const length = (spans[index + 1]?.at ?? until - since) - at
      return (one.open ? state === 'open' : isShut(state)) ? sum + length : sum
    }, 0)
    return [{ gate: one.environment, open: one.open, share: stands / (until - since) }]
  })
}

function whyOf({ changed }: Made, perWeek: number, shares: readonly GateShare[]): readonly string[] {
  const { low = Number.POSITIVE_INFINITY, high = Number.POSITIVE_INFINITY } = changed.perWeek
  return [
    ...shares.map(
      ({ gate, open, share }) => `the gate of ${gate} was ${open ? 'open' : 'closed'} for ${Math.round(share * 100)} % of the window`,
    ),
    ...(perWeek < low || perWeek > high
      ? [`${perWeek.toFixed(1)} versions arrived a week, where ${low.toFixed(1)} to ${high.toFixed(1)} were expected`]
      : []),
  ]
}
