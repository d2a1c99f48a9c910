import { covariance, type Moments } from './moments.ts'
import { normalQuantile, normalTail } from './normal.ts'
import { studentQuantile, studentTail } from './student.ts'

/**
 * Which of a unit's variables are what: a metric is the mean of `value`, or the ratio of the sums of `value` and `per`. `before` (over
 * `perBefore`) is the same of the time before the experiment, with which CUPED explains what was there already.
 */
export type Reading = {
  readonly value: number
  readonly per?: number | undefined
  readonly before?: number | undefined
  readonly perBefore?: number | undefined
}

/** What one arm says: a level with its variance per unit, and the same of the time before. */
type Level = {
  readonly count: number
  readonly level: number
  readonly before: number
  readonly variance: number
  readonly varianceBefore: number
  readonly covariance: number
}

/** How one arm differs from another. */
export type Effect = {
  /** Treatment less control; relative: of control's level, so 0.1 is 10 % more. */
  readonly effect: number
  readonly error: number
  /** As far as so many standard errors go, of what does not go equally far to both sides: of a quantile, a ratio. The more, the wider. */
  readonly limits?: (reach: number) => Interval
  /** By how many standard errors it is above another effect, where that is more than its distance over `error`. Agrees with `limits`. */
  readonly above?: (over: number) => number
  /** Welch and Satterthwaite's of the absolute difference, which are those of a relative one too when there is none. */
  readonly degrees: number
  /** Units of both arms. */
  readonly count: number
  readonly control: number
  readonly treatment: number
  /** Share of the variance that the time before explained: 0 without CUPED. */
  readonly explained: number
}

/** Why there is no effect to tell. */
export type NoEffect = 'too few' | 'no variance' | 'nothing to compare with'

type Asked = {
  readonly relative?: boolean
  readonly theta?: number
  /**
   * Of a relative effect: limits are the effects that are not refused when each is asked of the absolute difference (Fieller 1954), so that
   * they hold 0 exactly as long as the difference may be none. false: by the effect's own error, which grows with it.
   */
  readonly byDifference?: boolean
}

/**
 * The effect of a treatment on a mean or a ratio, adjusted or not, absolute or relative, by one application of the delta method to the
 * means of each arm: Deng, Xu, Kohavi and Walker 2013 (CUPED), Deng, Knoblich and Lu 2018 (ratios).
 *
 * Level R = Σvalue/Σper, adjusted M = R - θC with C the same of the time before, and θ = cov(R,C)/var(C) of both arms together. Relative:
 * (M_B - M_A)/|R_A|, whose derivative by R_A is -1/|R_A| - sign(R_A)(M_B - M_A)/R_A².
 */
export function effectOf(
  control: Moments,
  treatment: Moments,
  reading: Reading,
  { relative = true, theta, byDifference = false }: Asked = {},
): Effect | NoEffect {
  if (control.count < 2 || treatment.count < 2) return 'too few'
  const [a, b] = [levelOf(control, reading), levelOf(treatment, reading)]
  if (a === undefined || b === undefined) return 'nothing to compare with'
  const pooled = theta ?? pooledTheta(a, b)
  const gap = b.level - pooled * b.before - (a.level - pooled * a.before)
  if (relative && a.level === 0) return 'nothing to compare with'
  const unit = relative ? Math.abs(a.level) : 1
  const slopeOfControl = -1 / unit - (relative ? (Math.sign(a.level) * gap) / a.level ** 2 : 0)
  const variance = spread(a, slopeOfControl, pooled / unit) / a.count + spread(b, 1 / unit, -pooled / unit) / b.count
  if (!(variance > 1e-24 * (gap / unit) ** 2)) return 'no variance'
  const before = spread(a, 1, 0) / a.count + spread(b, 1, 0) / b.count
  const after = [spread(a, 1, -pooled) / a.count, spread(b, 1, -pooled) / b.count] as const
  const isAsked = relative && byDifference
  if (isAsked && !(after[0] + after[1] > 1e-24 * gap ** 2)) return 'no variance'
  return {
    ...(isAsked ? askedOf(gap, unit, [after[0] + after[1], pullOf(a, pooled), a.variance / a.count]) : {}),
    effect: gap / unit,
    error: Math.sqrt(variance),
    degrees: (after[0] + after[1]) ** 2 / (after[0] ** 2 / (a.count - 1) + after[1] ** 2 / (b.count - 1)),
    count: a.count + b.count,
    control: a.level,
    treatment: b.level,
    explained: Math.max(0, 1 - (after[0] + after[1]) / before),
  }
}

/** How the error of a difference moves with what is taken of control's level from it. */
const pullOf = (control: Level, theta: number): number =>
  (Math.sign(control.level) * (control.variance - theta * control.covariance)) / control.count

/**
 * Whether treatment less control may be δ times control's level: gap - δ·level, whose variance is v0 + 2δ·v1 + δ²·v2. The effects of which
 * that is no more than so many errors are the solutions of a square inequality.
 */
function askedOf(gap: number, level: number, [v0, v1, v2]: readonly [number, number, number]): Required<Pick<Effect, 'limits' | 'above'>> {
  return {
    above: (over) => (gap - over * level) / Math.sqrt(Math.max(Number.MIN_VALUE, v0 + 2 * over * v1 + over * over * v2)),
    limits(reach) {
      const square = reach * reach
      // Control itself within its limits of nothing: a ratio to it has no end, and what is not refused is more than all or two rays.
      const a = level * level - square * v2 || -Number.MIN_VALUE
      const b = gap * level + square * v1
      const c = gap * gap - square * v0
      const root = b * b - a * c
      const all = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
      if (root < 0) return all
      const q = b + (b < 0 ? -1 : 1) * Math.sqrt(root)
      const ends = q === 0 ? [0, 0] : [q / a, c / q]
      const [low, high] = [Math.min(...ends), Math.max(...ends)]
      if (a > 0) return { low, high }
      return gap / level >= high ? { ...all, low: high } : gap / level <= low ? { ...all, high: low } : all
    },
  }
}

const pooledTheta = (a: Level, b: Level): number => {
  const variance = a.varianceBefore + b.varianceBefore
  return variance > 0 ? (a.covariance + b.covariance) / variance : 0
}

const spread = (arm: Level, ofLevel: number, ofBefore: number): number =>
  ofLevel ** 2 * arm.variance + 2 * ofLevel * ofBefore * arm.covariance + ofBefore ** 2 * arm.varianceBefore

/** Var(R) = (s²_y - 2R s_yd + R² s²_d)/d̄² per unit, and the covariance of R and C likewise. */
function levelOf(moments: Moments, { value, per, before, perBefore }: Reading): Level | undefined {
  const of = (i: number | undefined, j: number | undefined) => (i === undefined || j === undefined ? 0 : covariance(moments, i, j))
  const mean = (i: number | undefined) => (i === undefined ? 1 : moments.means[i]!)
  const [under, underBefore] = [mean(per), mean(perBefore)]
  if (under === 0) return undefined
  const level = mean(value) / under
  // Nobody was there before: nothing is explained.
  const isKnown = before !== undefined && underBefore !== 0
  const old = isKnown ? mean(before) / underBefore : 0
  const [now, nowPer] = [value, per]
  const [then, thenPer] = isKnown ? [before, perBefore] : [undefined, undefined]
  const product = (
    top: number | undefined,
    below: number | undefined,
    r: number,
    top2: number | undefined,
    below2: number | undefined,
    r2: number,
  ) => of(top, top2) - r2 * of(top, below2) - r * of(below, top2) + r * r2 * of(below, below2)
  return {
    count: moments.count,
    level,
    before: old,
    variance: product(now, nowPer, level, now, nowPer, level) / under ** 2,
    varianceBefore: product(then, thenPer, old, then, thenPer, old) / underBefore ** 2,
    covariance: product(now, nowPer, level, then, thenPer, old) / (under * underBefore),
  }
}

/** `greater`: only more would be believed, and the interval has no upper end. */
export type Sides = 'two' | 'greater' | 'less'

export type Interval = { readonly low: number; readonly high: number }

/** What tests and intervals need of an effect. */
export type Measured = Pick<Effect, 'effect' | 'error' | 'limits' | 'above'>

/** The same of a metric whose less is more. */
export function reversed(effect: Effect): Effect {
  const { limits, above } = effect
  const turned = { ...effect, effect: -effect.effect, ...(above === undefined ? {} : { above: (over: number) => -above(-over) }) }
  if (limits === undefined) return turned
  return {
    ...turned,
    limits: (reach) => {
      const { low, high } = limits(reach)
      return { low: -high, high: -low }
    },
  }
}

/** So many standard errors to each side as the sides ask for. */
export function intervalAround({ effect, error, limits }: Measured, reach: number, sides: Sides = 'two'): Interval {
  const { low, high } = limits?.(reach) ?? { low: effect - reach * error, high: effect + reach * error }
  return {
    low: sides === 'less' ? Number.NEGATIVE_INFINITY : low,
    high: sides === 'greater' ? Number.POSITIVE_INFINITY : high,
  }
}

/** Nothing is further away than this. */
const mostErrors = 100

/** By how many standard errors an effect is above another: by so many that {@link intervalAround} just reaches it. */
export function errorsAbove({ effect, error, limits, above }: Measured, over: number): number {
  if (above !== undefined) return above(over)
  if (limits === undefined) return (effect - over) / error
  if (effect === over) return 0
  /** How much is missing at a reach: 0 or less when it is reached. */
  const missing = over < effect ? (reach: number) => limits(reach).low - over : (reach: number) => over - limits(reach).high
  let [near, far] = [0, 4]
  let [missingNear, missingFar] = [Math.abs(effect - over), missing(far)]
  while (missingFar > 0 && far < mostErrors) {
    ;[near, missingNear] = [far, missingFar]
    missingFar = missing((far *= 2))
  }
  // By interpolation (Illinois), which ends soon where limits go nearly straight; every third step by halves, for where they jump.
  let kept: 'near' | 'far' | undefined
  for (let step = 1; step <= 60 && far - near > 1e-8 * far; step++) {
    const isStraight = step % 3 !== 0 && missingFar > Number.NEGATIVE_INFINITY
    const middle = isStraight ? near + ((far - near) * missingNear) / (missingNear - missingFar) : (near + far) / 2
    const here = missing(middle)
    if (Math.abs(here) < 1e-12 * Math.abs(effect - over)) return over < effect ? middle : -middle
    if (here > 0) {
      ;[near, missingNear] = [middle, here]
      if (kept === 'far') missingFar /= 2
      kept = 'far'
    } else {
      ;[far, missingFar] = [middle, here]
      if (kept === 'near') missingNear /= 2
      kept = 'near'
    }
  }
  return over < effect ? near : -near
}

/**
 * Welch's t test (1947) of an effect at one moment decided upon beforehand, and its interval of 1 - alpha. Looked at again and again it
 * lies: of 28 looks at nothing, 27 % find something.
 *
 * @param over - the effect that nothing would have; -margin asks for non-inferiority with `greater`
 */
export function fixedTest(
  effect: Measured & Pick<Effect, 'degrees'>,
  { alpha = 0.05, sides = 'two', over = 0 }: { readonly alpha?: number; readonly sides?: Sides; readonly over?: number } = {},
): Interval & { readonly p: number } {
  const { degrees } = effect
  const t = errorsAbove(effect, over)
  const p = sides === 'two' ? 2 * studentTail(Math.abs(t), degrees) : studentTail(sides === 'greater' ? t : -t, degrees)
  return { p, ...intervalAround(effect, studentQuantile(sides === 'two' ? alpha / 2 : alpha, degrees), sides) }
}

/**
 * What an effect looks like to somebody who holds a normal prior of it, without one: nothing known beforehand. For telling, not for
 * deciding: it does not allow for looking often.
 */
export function bayesianReading(
  { effect, error }: Pick<Effect, 'effect' | 'error'>,
  { prior, alpha = 0.05 }: { readonly prior?: { readonly mean: number; readonly variance: number }; readonly alpha?: number } = {},
): Interval & {
  readonly mean: number
  readonly error: number
  /** P that treatment is better, where more is better. */
  readonly chanceToWin: number
  /** What is lost on average by keeping control, and by taking treatment: in units of the effect. */
  readonly lossOfControl: number
  readonly lossOfTreatment: number
} {
  const precision = 1 / error ** 2 + (prior === undefined ? 0 : 1 / prior.variance)
  const mean = (effect / error ** 2 + (prior === undefined ? 0 : prior.mean / prior.variance)) / precision
  const spread = 1 / Math.sqrt(precision)
  const z = mean / spread
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  return {
    mean,
    error: spread,
    ...intervalAround({ effect: mean, error: spread }, normalQuantile(alpha / 2)),
    chanceToWin: normalTail(-z),
    lossOfControl: spread * density + mean * normalTail(-z),
    lossOfTreatment: Math.max(0, spread * density - mean * normalTail(z)),
  }
}
