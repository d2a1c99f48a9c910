import { normalQuantile } from '../../kernel/statistics/normal.ts'
import { sampleRatio, sampleRatioEvidence } from '../../kernel/statistics/sample-ratio.ts'
import type { Arm } from './plan.ts'

/** Below, the arms are not what was asked for, and nothing that is worked out of them means anything. */
export const splitAlarm = 0.001

/** Have the arms the sizes that they should have? Asked before anything else. */
export type Split = {
  readonly verdict: 'right' | 'wrong' | 'nobody yet'
  /** χ² at this moment. For one look: watched every day it alarms too often. */
  readonly chiSquare: number
  readonly pNow: number
  /** Of all moments until now: the verdict is by it. */
  readonly p: number
  /** Greatest logarithm of the Bayes factor so far; to be handed in again next time. */
  readonly logFactor: number
  /** So many points of 100 off its share would the first arm be found with a probability of 0.8: what "right" does not see. */
  readonly sees: number
}

/** @param before - the greatest logarithm of the Bayes factor at earlier looks */
export function splitOf(arms: readonly Arm[], units: readonly number[], before = Number.NEGATIVE_INFINITY): Split {
  const given = { counts: units, weights: arms.map(({ weight }) => weight) }
  const all = units.reduce((sum, count) => sum + count, 0)
  const { chiSquare, p: pNow } = sampleRatio(given)
  const logFactor = Math.max(before, sampleRatioEvidence(given).logFactor)
  const p = Math.min(1, Math.exp(-logFactor))
  const share = arms[0]!.weight / arms.reduce((sum, { weight }) => sum + weight, 0)
  const reach = normalQuantile(splitAlarm / 2) + normalQuantile(0.2)
  return {
    verdict: all === 0 ? 'nobody yet' : p < splitAlarm ? 'wrong' : 'right',
    chiSquare,
    pNow,
    p,
    logFactor,
    sees: all === 0 ? 100 : Math.min(100, 100 * reach * Math.sqrt((share * (1 - share)) / all)),
  }
}
