import type { Effect, NoEffect } from './effect.ts'
import { covariance, type Moments } from './moments.ts'
import { normalQuantile } from './normal.ts'

/**
 * A quantile of requests where users were assigned, not requests: the requests of one user hang together, and count for less than they
 * are many.
 */
export type QuantileArm = {
  /** Requests. */
  readonly count: number
  /** The value below which a share of all requests lies. @returns undefined of nothing */
  readonly quantile: (share: number) => number | undefined
  /** The share of all requests that is at or below a value. */
  readonly shareAt: (value: number) => number
  /** Of each user: requests, and how many of them were at or below the quantile. */
  readonly users: Moments
}

/**
 * How many requests count as one that hangs together with no other: the variance of the share at or below a value, over users (delta
 * method), beside that of as many independent requests. Of a value near the quantile it serves for the quantile.
 */
export function requestsAsOne({ count, users }: Omit<QuantileArm, 'quantile'>): number | undefined {
  const [requests, below] = users.means as [number, number]
  if (users.count < 2 || requests === 0) return undefined
  const share = below / requests
  if (!(share > 0 && share < 1)) return undefined
  const clustered =
    (covariance(users, 1, 1) - 2 * share * covariance(users, 0, 1) + share ** 2 * covariance(users, 0, 0)) / (users.count * requests ** 2)
  return (clustered * count) / (share * (1 - share))
}

/** A quantile with its standard error: half of a 95 % interval of order statistics (Deng, Knoblich and Lu 2018, 4.2) over 1.96. */
function quantileWithError(
  arm: QuantileArm,
  share: number,
): { readonly value: number; readonly error: number; readonly variance: number } | undefined {
  const effect = requestsAsOne(arm)
  if (effect === undefined) return undefined
  const z = normalQuantile(0.025)
  const variance = (share * (1 - share) * effect) / arm.count
  const off = z * Math.sqrt(variance)
  // Order statistics do not reach so far.
  if (share - off <= 0 || share + off >= 1) return undefined
  const [low, value, high] = [arm.quantile(share - off), arm.quantile(share), arm.quantile(share + off)]
  if (low === undefined || value === undefined || high === undefined) return undefined
  return { value, error: (high - low) / (2 * z), variance }
}

/** z of shares that chance does not bring about. Of larger ones shares say ever less, for they end at 0 and 1. */
const beyondDoubt = 5

/**
 * How a quantile differs between two arms; relative to control's by the delta method. Where values are few and far apart a quantile jumps
 * from one to the next, and its error says nothing: it is never surer that there is a difference than the shares at or below both
 * quantiles are, which do not jump.
 */
export function quantileEffect(control: QuantileArm, treatment: QuantileArm, share: number, relative = true): Effect | NoEffect {
  const [a, b] = [quantileWithError(control, share), quantileWithError(treatment, share)]
  if (a === undefined || b === undefined) return 'too few'
  if (relative && a.value === 0) return 'nothing to compare with'
  const unit = relative ? Math.abs(a.value) : 1
  const parts = [((a.error / unit) * (relative ? b.value / a.value : 1)) ** 2, (b.error / unit) ** 2] as const
  const variance = parts[0] + parts[1]
  if (!(variance > 0)) return 'no variance'
  const effect = (b.value - a.value) / unit
  const apart = Math.min(Math.abs(control.shareAt(b.value) - share), Math.abs(treatment.shareAt(a.value) - share))
  const z = apart / Math.sqrt(a.variance + b.variance)
  return {
    effect,
    error: effect === 0 || z > beyondDoubt ? Math.sqrt(variance) : Math.max(Math.sqrt(variance), Math.abs(effect) / Math.max(z, 1e-6)),
    degrees: variance ** 2 / (parts[0] ** 2 / (control.users.count - 1) + parts[1] ** 2 / (treatment.users.count - 1)),
    count: control.users.count + treatment.users.count,
    control: a.value,
    treatment: b.value,
    explained: 0,
  }
}
