import { happenedBy, survival, survivalQuantile } from '../../kernel/statistics/survival.ts'

const dayMs = 86_400_000

/** How a line did in a window, of the versions that came in it; what had not arrived at its end counts as on its way. Milliseconds. */
export type Measured = {
  readonly versions: number
  /** Infinity: fewer than half arrived. */
  readonly p50: number
  readonly p85: number
  /** Share that arrived within a day; undefined: nothing was watched for so long. */
  readonly withinDay: number | undefined
  /** Mean time on the way, of those that have not arrived until the end of the window. NaN: there are none. */
  readonly mean: number
  /** Versions that arrived, a week. */
  readonly perWeek: number
}

/** @param lead - from arrival until the last environment; Infinity: not yet @param watched - for how long each was watched at most */
export function measured(lead: Float64Array, watched: Float64Array, windowMs: number): Measured {
  const times = lead.map((ms, at) => Math.min(ms, watched[at]!))
  const curve = survival(
    times,
    Uint8Array.from(lead, (ms, at) => (ms <= watched[at]! ? 1 : 0)),
  )
  const time = (share: number) => survivalQuantile(curve, share).value ?? Number.POSITIVE_INFINITY
  return {
    versions: curve.count,
    p50: time(0.5),
    p85: time(0.85),
    withinDay: happenedBy(curve, dayMs),
    mean: times.reduce((sum, ms) => sum + ms, 0) / times.length,
    perWeek: (curve.events / windowMs) * 7 * dayMs,
  }
}
