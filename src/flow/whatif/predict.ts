import { quantile } from '../../kernel/statistics/quantiles.ts'
import { weekMs, type Calibration } from './calibrate.ts'
import type { Change } from './change.ts'
import { runLine, type Input, type Ran } from './line.ts'
import { measured, type Measured } from './measure.ts'
import { outcomesOf } from './outcomes.ts'
import { quarterOf } from './quarters.ts'

/** One replication: the line as it was and as it would be, that met the same luck. */
export type Pair = { readonly base: Measured; readonly changed: Measured }

/** What is expected, and limits that hold it in eight windows of ten. */
export type Expected = { readonly value: number; readonly low: number; readonly high: number }

/**
 * Runs a stream's line as it was and with changes, over and over, each time with other weeks and another calibration drawn from its
 * history, and both times with the same luck.
 * @param windowMs - so long a window is looked at
 */
export function replicate(
  calibration: Calibration,
  changes: readonly Change[],
  windowMs: number,
  replications: number,
  seed = 1,
): readonly Pair[] {
  const weeks = Math.max(1, Math.ceil(windowMs / weekMs))
  const drawn = outcomesOf(calibration)
  const turned = turnsOf(calibration, changes)
  // Weeks of another kind than now are no weeks as it is: there its gates are as they stand.
  const quarter = quarterOf(calibration, weeks, turned.length > 0 ? changes : [])
  return Array.from({ length: replications }, (_, at) => {
    const own = seed + at * 7919
    const input = quarter(own)
    const outcomes = drawn(own)
    const run = (with_: readonly Change[]) => measureRan(runLine(calibration.order, input, outcomes, with_, own, windowMs), windowMs)
    return { base: run(turned), changed: run(changes) }
  })
}

/** Of the gates that would stand otherwise than now, how they stand. */
function turnsOf({ order, weeks }: Calibration, changes: readonly Change[]): readonly Change[] {
  return changes.flatMap((change): readonly Change[] => {
    if (change.kind !== 'gate') return []
    return (['into', 'onwards'] as const).flatMap((way): readonly Change[] => {
      if (change.way !== 'both' && change.way !== way) return []
      // Onwards from the environment before, where both gates before one are meant.
      const leg = order.indexOf(change.environment) - (change.way === 'onwards' ? 0 : 1)
      const state = weeks.at(-1)?.gates[leg]?.at(-1)?.gates[way]
      if (state === undefined || state === 'unknown' || (state === 'open') === change.open) return []
      const environment = way === 'into' ? change.environment : order[leg]!
      return [{ kind: 'gate', environment, open: state === 'open', way, kept: state === 'kept' }]
    })
  })
}

/** Lead times of a run, of what came in the window. */
export function leadsOf(
  { arrivals, ended, depth }: Ran,
  windowMs: number,
): { readonly lead: Float64Array; readonly watched: Float64Array } {
  const own = arrivals.filter((at) => at < windowMs)
  return { lead: own.map((at, entity) => ended[entity * depth + depth - 1]! - at), watched: own.map((at) => windowMs - at) }
}

const measureRan = (ran: Ran, windowMs: number) => {
  const { lead, watched } = leadsOf(ran, windowMs)
  return measured(lead, watched, windowMs)
}

/** The middle of the replications, and limits between which four fifths of them lie. NaN where none says anything. */
export function expected(values: readonly (number | undefined)[]): Expected {
  const told = values.filter((value) => value !== undefined).toSorted((a, b) => a - b)
  const at = (share: number) => finite(told, share)
  return { value: at(0.5), low: at(0.1), high: at(0.9) }
}

/** Between a time and never lies nothing: the nearer of the two is taken. */
function finite(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN
  const last = sorted.at(-1)!
  return last < Number.POSITIVE_INFINITY ? quantile(sorted, share)! : sorted[Math.round(share * (sorted.length - 1))]!
}

export type { Input }
