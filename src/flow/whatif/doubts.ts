import type { Calibration } from './calibrate.ts'
import type { Change } from './change.ts'
import { weeksLike } from './line.ts'
import { isShut, spokenOf, togetherOf, type GateState } from './visits.ts'

const enoughWeeks = 4
const enoughArrivals = 15
const enoughOfOthers = 8

/**
 * Why a history does not say what a change would do; undefined: it does.
 * @param calibration - of the stream
 */
export function doubtOf(calibration: Calibration, changes: readonly Change[]): string | undefined {
  const { order, visits } = calibration
  if (order.length < 2) return 'there is but one environment: nothing lies between'
  const weeks = weeksLike(calibration, changes)
  const arrivals = weeks.reduce((sum, week) => sum + week.arrivals.length, 0)
  if (weeks.length < enoughWeeks || arrivals < enoughArrivals)
    return `its history has ${weeks.length} weeks with ${arrivals} versions; it takes ${enoughWeeks} and ${enoughArrivals}`
  const dry = order.slice(1).findIndex((_, leg) => !visits[leg]!.some(({ own }) => Number.isFinite(own)))
  if (dry !== -1) return `no version of it ever came from ${order[dry]} to ${order[dry + 1]} by itself`
  for (const change of changes) {
    const doubt = doubtOfOne(calibration, change)
    if (doubt !== undefined) return doubt
  }
  return undefined
}

function doubtOfOne({ order, visits, others }: Calibration, change: Change): string | undefined {
  if (change.kind === 'runners')
    return 'runners are tried by themselves, and what they do is not kept as a prediction: it is told of changes from their merge, and versions are first seen when they are built'
  if (change.kind === 'stage' && change.environment === order[0])
    return `what happens before a version is first seen in ${order[0]} is not known`
  if (change.kind !== 'gate') return undefined
  const leg = change.way === 'onwards' ? order.indexOf(change.environment) : order.indexOf(change.environment) - 1
  if (leg < 0) return `nothing is known of what comes into ${change.environment}`
  if (leg >= order.length - 1) return `nothing is known of what lies behind ${change.environment}`
  const wanted = (state: GateState) => (change.open ? state === 'open' : isShut(state))
  const own = visits[leg]!.filter(({ gates }) => wanted(togetherOf(gates))).length
  const seen = others[leg]!.flat().filter(({ gates }) => wanted(spokenOf(gates))).length + own
  if (seen >= enoughOfOthers) return undefined
  return `neither here nor in another stream did enough versions come from ${order[leg]} to ${order[leg + 1]} while the gate was ${change.open ? 'open' : 'closed'}`
}

/** Environments that a change names and that are not on the way. */
export const strangersIn = (order: readonly string[], changes: readonly Change[]): readonly string[] =>
  changes.flatMap((change) => ('environment' in change && !order.includes(change.environment) ? [change.environment] : []))
