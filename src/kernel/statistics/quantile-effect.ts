import type { Effect, Interval, NoEffect } from './effect.ts'
import { covariance, type Moments } from './moments.ts'
import { normalQuantile } from './normal.ts'

/**
 * A quantile of requests where users were assigned, not requests: the requests of one user hang together, and count for less than they
 * are many.
 */
export type QuantileArm = {
  /** The value below which a share of all requests lies. @returns undefined of nothing */
  readonly quantile: (share: number) => number | undefined
  /** Of each user: requests, and how many of them were at or below the quantile. */
  readonly users: Moments
}

/**
 * How far the share of all requests at or below the quantile is off by chance: its standard error over users (delta method).
 * @returns undefined where users are too few to say
 */
export function errorOfShare({ users }: Pick<QuantileArm, 'users'>): number | undefined {
  const [requests, below] = users.means as [number, number]
  if (users.count < 2 || requests === 0) return undefined
  const share = below / requests
  if (!(share > 0 && share < 1)) return undefined
  const variance = covariance(users, 1, 1) - 2 * share * covariance(users, 0, 1) + share ** 2 * covariance(users, 0, 0)
  return Math.sqrt(Math.max(0, variance) / users.count) / requests
}

/** Splits of what is off between both arms that are tried, half and half among them: others may be better by 0.1 %. */
const splits = 16
const z = normalQuantile(0.025)

/**
 * How a quantile differs between two arms, relative to control's.
 *
 * An effect is believed as long as there is a value that may be the quantile of both arms once the effect is taken out of one: its shares
 * at or below, in both arms, are off from what they should be by no more than chance brings about, both together (score test of a common
 * quantile, minimum chi-square, one degree of freedom). Shares know no density, so that it holds where values are few, all one and the
 * same, or far apart; and limits are the effects that are not refused, so that both say the same.
 */
export function quantileEffect(control: QuantileArm, treatment: QuantileArm, share: number): Effect | NoEffect {
  const errors = [errorOfShare(control), errorOfShare(treatment)] as const
  const [a, b] = errors
  if (a === undefined || b === undefined) return 'too few'
  // Order statistics do not reach so far.
  const most = z * Math.max(a, b)
  if (share - most <= 0 || share + most >= 1) return 'too few'
  const [from, to] = [control.quantile(share)!, treatment.quantile(share)!]
  if (from === 0) return 'nothing to compare with'
  const effect = to / from - 1
  const limits = limitsOf([control, treatment], [a, b], share)
  const { low, high } = limits(z)
  if (!(high > low)) return 'no variance'
  return {
    effect,
    error: high === Number.POSITIVE_INFINITY ? (effect - low) / z : (high - low) / (2 * z),
    limits,
    degrees: (a ** 2 + b ** 2) ** 2 / (a ** 4 / (control.users.count - 1) + b ** 4 / (treatment.users.count - 1)),
    count: control.users.count + treatment.users.count,
    control: from,
    treatment: to,
    explained: 0,
  }
}

/** The least and the greatest effect of which shares are off by no more than so many standard errors, both arms together. */
function limitsOf(
  [control, treatment]: readonly [QuantileArm, QuantileArm],
  [a, b]: readonly [number, number],
  share: number,
): (reach: number) => Interval {
  const valueAt = (arm: QuantileArm, at: number) => (at <= 0 ? 0 : at >= 1 ? Number.POSITIVE_INFINITY : arm.quantile(at)!)
  return (reach) => {
    let [low, high] = [Number.POSITIVE_INFINITY, 0]
    for (let split = 0; split <= splits; split++) {
      const angle = (split / splits) * (Math.PI / 2)
      const [offA, offB] = [reach * a * Math.sin(angle), reach * b * Math.cos(angle)]
      low = Math.min(low, ratio(valueAt(treatment, share - offB), valueAt(control, share + offA)))
      high = Math.max(high, ratio(valueAt(treatment, share + offB), valueAt(control, share - offA)))
    }
    return { low: low - 1, high: high - 1 }
  }
}

const ratio = (treatment: number, control: number): number =>
  control === 0 ? Number.POSITIVE_INFINITY : control === Number.POSITIVE_INFINITY ? 0 : treatment / control
