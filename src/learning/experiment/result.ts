import type { Interval } from '../../kernel/statistics/effect.ts'
import type { Nothing } from './comparison.ts'

/** What one metric says of one treatment. Effects are relative to control, 0.01 is 1 % more; a gain is an effect in the better direction. */
export type Result = {
  readonly metric: string
  readonly arm: string
  /** Of quantiles: which, 0.9. */
  readonly q?: number
  readonly role: 'decision' | 'guardrail' | 'exploratory'
  readonly unitsWithout: number
  /** Why there is nothing to tell. */
  readonly nothing?: Nothing
  readonly control?: number
  readonly treatment?: number
  readonly effect?: number
  readonly error?: number
  /** Share of the variance that the time before explained. */
  readonly explained?: number
  /** Holds at every moment, so that it may be drawn every day. Absent where it was decided otherwise by what lies no more within it. */
  readonly always?: Interval
  /** Of decisions of a planned size: of the last look, narrower. Holds 0 exactly as long as nothing is decided. */
  readonly atLook?: Interval
  /** Of guardrails: the least gain that is still believed, at the last look or at any moment where no size is planned. */
  readonly leastGain?: number
  /** Least so far. */
  readonly p?: number
  /** Holm's over all decision metrics and treatments; Benjamini and Hochberg's over exploratory ones; Bonferroni's of harm to guardrails. */
  readonly adjusted?: number
  readonly verdict: 'better' | 'worse' | 'no worse' | 'undecided'
  /** Of decisions: units of both arms with which the plan's least effect is seen with its power, if the variance stays what it is now. */
  readonly unitsForEffect?: number
  readonly chanceToWin?: number
  readonly lossOfControl?: number
  readonly lossOfTreatment?: number
}
