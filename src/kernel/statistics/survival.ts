import { firstThat } from '../search.ts'
import { normalQuantile } from './normal.ts'

/**
 * How long until something happens, where some still wait: Kaplan and Meier's product-limit estimate (J. Am. Stat. Assoc. 53, 1958)
 * with Greenwood's variance. Whoever counts only what happened calls a queue fast in which most wait for ever.
 */
export type Survival = {
  readonly count: number
  /** That happened. */
  readonly events: number
  /** Times at which it happened, ascending, each once. */
  readonly times: Float64Array
  /** Share for which it has not happened just after each time. */
  readonly waiting: Float64Array
  /** The longest that anything was watched. */
  readonly watched: number
  /** Greenwood's sum at each time: the variance of `waiting` is its square times this. */
  readonly greenwood: Float64Array
}

/**
 * @param durations - until it happened, or until it was last seen not to have happened; in any unit, not negative
 * @param happened - 1 where it did. What was last seen at the moment of another's event was there to see it
 * @throws RangeError when the lengths differ, or a duration is negative or no number
 */
export function survival(durations: Float64Array, happened: Uint8Array): Survival {
  if (durations.length !== happened.length) throw new RangeError(`${durations.length} durations, ${happened.length} outcomes`)
  let events = 0
  for (const one of happened) if (one === 1) events++
  const ended = new Float64Array(events)
  const left = new Float64Array(durations.length - events)
  let [endedAt, leftAt] = [0, 0]
  for (let at = 0; at < durations.length; at++) {
    const duration = durations[at]!
    if (!(duration >= 0)) throw new RangeError(`a duration of ${duration}`)
    if (happened[at] === 1) ended[endedAt++] = duration
    else left[leftAt++] = duration
  }
  ended.sort()
  left.sort()
  const times = new Float64Array(events)
  const waiting = new Float64Array(events)
  const greenwood = new Float64Array(events)
  let different = 0
  let share = 1
  let sum = 0
  for (let here = 0, gone = 0; here < ended.length;) {
    const time = ended[here]!
    while (gone < left.length && left[gone]! < time) gone++
    const atRisk = durations.length - here - gone
    const before = here
    while (ended[here] === time) here++
    const now = here - before
    share *= 1 - now / atRisk
    sum += now === atRisk ? Number.POSITIVE_INFINITY : now / (atRisk * (atRisk - now))
    times[different] = time
    waiting[different] = share
    greenwood[different++] = sum
  }
  return {
    count: durations.length,
    events: ended.length,
    times: times.subarray(0, different),
    waiting: waiting.subarray(0, different),
    watched: Math.max(0, ended.at(-1) ?? 0, left.at(-1) ?? 0),
    greenwood: greenwood.subarray(0, different),
  }
}

/** A time by which a share of all has happened. */
export type Quantile = {
  /** Undefined: it never happened to so many. */
  readonly value: number | undefined
  readonly low: number | undefined
  /** Undefined: nothing says how long at most. */
  readonly high: number | undefined
}

/**
 * The time by which it has happened to a share of all, and limits that hold it with a probability of 1 - 2·tail (Brookmeyer and
 * Crowley, Biometrics 38, 1982, on the scale of log(-log S), which stays between 0 and 1).
 */
export function survivalQuantile(curve: Survival, share: number, tail = 0.025): Quantile {
  const left = leftOf(share)
  const first = (values: Float64Array) => {
    const at = values.findIndex((value) => value <= left)
    return at === -1 ? undefined : curve.times[at]!
  }
  const { low, high } = survivalBand(curve, tail)
  return { value: survivalTime(curve, share), low: first(low), high: first(high) }
}

/** The same without its limits. @returns undefined: it never happened to so many */
export function survivalTime({ times, waiting }: Survival, share: number): number | undefined {
  const left = leftOf(share)
  return times[firstThat(waiting.length, (at) => waiting[at]! <= left)]
}

/** Rounding must not push the estimate past a share that it meets. */
const leftOf = (share: number) => 1 - share + 1e-12

type Band = { readonly low: Float64Array; readonly high: Float64Array }
/** Of a curve several quantiles are asked for. */
const bands = new WeakMap<Survival, { readonly tail: number; readonly band: Band }>()

/**
 * Limits of the share that waits just after each time, that hold it with a probability of 1 - 2·tail at each of them alone, on the
 * same scale as those of a quantile.
 */
export function survivalBand(curve: Survival, tail = 0.025): Band {
  const known = bands.get(curve)
  if (known?.tail === tail) return known.band
  const z = normalQuantile(tail)
  const low = new Float64Array(curve.times.length)
  const high = new Float64Array(curve.times.length)
  for (let at = 0; at < low.length; at++) {
    const share = curve.waiting[at]!
    if (share === 0) continue
    const log = Math.log(share)
    const reach = (z * Math.sqrt(curve.greenwood[at]!)) / -log
    low[at] = Math.exp(log * Math.exp(reach))
    high[at] = Math.exp(log * Math.exp(-reach))
  }
  const band = { low, high }
  bands.set(curve, { tail, band })
  return band
}

/** To which share of all it has happened by a time. @returns undefined when nothing was watched for so long */
export function happenedBy({ times, waiting, watched, count }: Survival, time: number): number | undefined {
  if (count === 0 || (time > watched && waiting.at(-1) !== 0)) return undefined
  const after = times.findIndex((at) => at > time)
  const at = (after === -1 ? times.length : after) - 1
  return at < 0 ? 0 : 1 - waiting[at]!
}
