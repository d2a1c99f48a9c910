import { sequenceRho } from './confidence-sequence.ts'
import { normalQuantile, normalTail } from './normal.ts'

/** Of a test at one moment. */
export type Design = {
  readonly alpha: number
  /** 1 or 2. */
  readonly sides: 1 | 2
  readonly power: number
}

const reachOf = ({ alpha, sides, power }: Design): number => normalQuantile(alpha / sides) + normalQuantile(1 - power)

/**
 * Units that control needs to see a difference: (z_alpha + z_beta)²(σ_A² + σ_B²/r)/δ², with r units in treatment for each in control. Not
 * rounded.
 */
export function sampleSize(
  design: Design,
  {
    difference,
    control,
    treatment = control,
    ratio = 1,
  }: {
    readonly difference: number
    /** Variance of one unit. */
    readonly control: number
    readonly treatment?: number
    readonly ratio?: number
  },
): number {
  return (reachOf(design) ** 2 * (control + treatment / ratio)) / difference ** 2
}

/** Units per arm to tell two rates apart, with the variance of no difference under alpha: Fleiss, Levin and Paik (2003), without continuity. */
export function sampleSizeOfRates({ alpha, sides, power }: Design, a: number, b: number): number {
  const middle = (a + b) / 2
  const none = normalQuantile(alpha / sides) * Math.sqrt(2 * middle * (1 - middle))
  return ((none + normalQuantile(1 - power) * Math.sqrt(a * (1 - a) + b * (1 - b))) / (a - b)) ** 2
}

/** The least difference that is seen with the power wanted, given the standard error that there will be. */
export const detectable = (design: Design, error: number): number => reachOf(design) * error

/** P that a difference is seen, given the standard error. Two-sided it may be seen on the wrong side too. */
export function powerOf({ alpha, sides }: Omit<Design, 'power'>, difference: number, error: number): number {
  return powerBeyond(normalQuantile(alpha / sides), difference, error, sides)
}

const powerBeyond = (reach: number, difference: number, error: number, sides: 1 | 2): number =>
  normalTail(reach - difference / error) + (sides === 2 ? normalTail(reach + difference / error) : 0)

/** What an experiment under way knows. */
export type UnderWay = {
  /** Standard error of the effect now. */
  readonly error: number
  /** Units now, of both arms. */
  readonly count: number
  readonly difference: number
}

/** How the result will be read in the end. */
export type ReadBy =
  | { readonly by: 'fixed' }
  | { readonly by: 'sequence'; readonly narrowestAt: number }
  | { readonly by: 'bayes'; readonly prior: { readonly mean: number; readonly variance: number } }

/**
 * How many times the units of now must still come until a difference is seen with the power wanted, when the variance stays as it is. 0:
 * it would be seen already. Undefined: not with a hundred million times as many.
 */
export function unitsMissing(
  design: Design,
  { error, count, difference }: UnderWay,
  reading: ReadBy = { by: 'fixed' },
): number | undefined {
  const powerWith = (more: number) =>
    powerAfter(design, { error: error / Math.sqrt(1 + more), count: count * (1 + more), difference }, reading)
  if (powerWith(0) >= design.power) return 0
  let [low, high] = [0, 1]
  while (powerWith(high) < design.power) {
    if (high > 1e8) return undefined
    ;[low, high] = [high, high * 2]
  }
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (powerWith(middle) < design.power) low = middle
    else high = middle
  }
  return high
}

function powerAfter({ alpha, sides }: Design, { error, count, difference }: UnderWay, reading: ReadBy): number {
  const z = normalQuantile(alpha / sides)
  switch (reading.by) {
    case 'fixed':
      return powerBeyond(z, difference, error, sides)
    case 'sequence': {
      const rho = sequenceRho(alpha, reading.narrowestAt)
      const known = count * rho * rho
      return powerBeyond(Math.sqrt(((2 * (known + 1)) / known) * Math.log(Math.sqrt(known + 1) / alpha)), difference, error, sides)
    }
    case 'bayes': {
      const { mean, variance } = reading.prior
      const reach = error * Math.sqrt(1 / variance + 1 / error ** 2) * z
      const pull = (error * mean) / variance
      return normalTail(reach - pull - difference / error) + (sides === 2 ? normalTail(reach + pull + difference / error) : 0)
    }
  }
}
