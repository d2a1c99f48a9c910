import { errorsAbove, intervalAround, type Effect, type Interval, type Measured, type Sides } from './effect.ts'

/**
 * How a confidence sequence is tuned: it is narrowest about when so many units have been seen, and valid always (Waudby-Smith et al.,
 * arXiv 2103.06476v7, equation 161).
 */
export function sequenceRho(alpha: number, narrowestAt: number, sides: Sides = 'two'): number {
  const logAlpha = -2 * Math.log(sides === 'two' ? alpha : 2 * alpha)
  return Math.sqrt((logAlpha + Math.log(logAlpha + 1)) / narrowestAt)
}

/**
 * An interval that holds the effect at every moment at once with a probability of 1 - alpha, so that it may be looked at whenever one
 * likes: the asymptotic confidence sequence (same paper, equations 9 and 155; one-sided 134). Valid once the arms are large enough for
 * their means to be normal.
 *
 * @param over - the effect that nothing would have
 * @returns p - of every moment until now when the least so far is kept, as 1 over the greatest e-value; 1 when nothing speaks against it
 */
export function sequenceTest(
  effect: Measured & Pick<Effect, 'count'>,
  given: {
    readonly alpha: number
    readonly narrowestAt: number
    readonly sides?: Sides
    readonly over?: number
    readonly rho?: number
  },
): Interval & { readonly p: number; readonly evidence: number } {
  const { alpha, narrowestAt, sides = 'two', over = 0, rho = sequenceRho(alpha, narrowestAt, sides) } = given
  const known = effect.count * rho * rho
  const root = Math.sqrt(known + 1)
  const z = errorsAbove(effect, over) * (sides === 'less' ? -1 : 1)
  const exponent = (z * z * known) / (2 * (known + 1))
  const reach = Math.sqrt(((2 * (known + 1)) / known) * Math.log(sides === 'two' ? root / alpha : 1 + root / (2 * alpha)))
  const evidence = sides === 'two' ? Math.exp(exponent) / root : z <= 0 ? 0 : (2 * Math.expm1(exponent)) / root
  return { ...intervalAround(effect, reach, sides), evidence, p: Math.min(1, 1 / evidence) }
}

/**
 * The mixture sequential probability ratio test (Johari, Koomen, Pekelis and Walsh, Operations Research 70, 2022; Robbins 1970) of two
 * arms of the same size: how much likelier the means are when effects are N(0, mixing) than when there is none.
 *
 * @param variance - of one unit, the same in both arms @param each - units per arm @param mixing - variance of the effects looked for
 * @returns the likelihood ratio; p of all moments is 1 over the greatest so far
 */
export function mixtureRatio(difference: number, each: number, variance: number, mixing: number): number {
  const v = 2 * variance
  const whole = v + each * mixing
  return Math.sqrt(v / whole) * Math.exp((each * each * mixing * difference * difference) / (2 * v * whole))
}
