import { sequenceTest } from '../../kernel/statistics/confidence-sequence.ts'
import { bayesianReading, type Effect, type Interval } from '../../kernel/statistics/effect.ts'
import { boundaries, type SequentialDesign } from '../../kernel/statistics/group-sequential.ts'
import { normalQuantile, normalTail } from '../../kernel/statistics/normal.ts'
import { repeatedP } from '../../kernel/statistics/repeated-p.ts'
import { studentQuantile, studentTail } from '../../kernel/statistics/student.ts'
import type { ExperimentPlan } from './plan.ts'

/** Effects of small arms as the z that has the same tail. */
export function zOf({ effect, error, degrees }: Effect, over = 0): number {
  const t = (effect - over) / error
  const tail = studentTail(Math.abs(t), degrees)
  return tail === 0 ? t : Math.sign(t) * normalQuantile(tail)
}

/** What a look at a planned size reads effects by: one for all metrics of an experiment, for all have the same share of their units. */
export type LookTables = {
  /** z of a decision. */
  readonly boundary: number
  readonly pOf: (z: number) => number
  /** z of being no worse than a margin, one-sided. */
  readonly boundaryOfMargin: number
  readonly pOfMargin: (z: number) => number
}

const kept = new Map<string, LookTables>()
/** Of as many looks at as many experiments; the oldest goes first. */
const mostKept = 2000

/** @param shares - of the plan, at the looks so far and this one @param questions - that share alpha */
export function lookTables(plan: ExperimentPlan, shares: readonly number[], questions: number, isLast: boolean): LookTables {
  const { alpha, spending } = plan
  const key = JSON.stringify([alpha, spending, shares, questions, isLast])
  const known = kept.get(key)
  if (known !== undefined) return known
  const decision: SequentialDesign = { alpha, sides: 2, spending }
  const margin: SequentialDesign = { alpha, sides: 1, spending }
  const tables = {
    boundary: boundaries(decision, shares, isLast).at(-1)!.z,
    pOf: repeatedP(decision, shares, { questions, isLast }),
    boundaryOfMargin: boundaries(margin, shares, isLast).at(-1)!.z,
    pOfMargin: repeatedP(margin, shares, { isLast }),
  }
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!)
  kept.set(key, tables)
  return tables
}

/** An interval that a boundary at this look gives; none where nothing may be spent yet. */
export function intervalBy(boundary: number, { effect, error, degrees }: Effect): Interval | undefined {
  if (boundary === Number.POSITIVE_INFINITY) return undefined
  const reach = studentQuantile(normalTail(boundary), degrees) * error
  return { low: effect - reach, high: effect + reach }
}

/** What holds at every moment. */
export function alwaysOf({ alpha, narrowestAt }: ExperimentPlan, effect: Effect): Interval & { readonly p: number } {
  const { low, high, p } = sequenceTest(effect, { alpha, narrowestAt })
  return { low, high, p }
}

/** P, of all moments, that nothing got worse. @param gain - an effect whose more is better */
export const pOfHarm = ({ alpha, narrowestAt }: ExperimentPlan, gain: Effect): number =>
  sequenceTest(gain, { alpha, narrowestAt, sides: 'less' }).p

/** P, of all moments, that it is worse by its margin or more. */
export const pOfMarginAlways = ({ alpha, narrowestAt }: ExperimentPlan, gain: Effect, margin: number): number =>
  sequenceTest(gain, { alpha, narrowestAt, sides: 'greater', over: -margin }).p

/** For telling people. Not for deciding: it does not allow for looking often. */
export function tellingOf(gain: Effect): {
  readonly chanceToWin: number
  readonly lossOfControl: number
  readonly lossOfTreatment: number
} {
  const { chanceToWin, lossOfControl, lossOfTreatment } = bayesianReading(gain)
  return { chanceToWin, lossOfControl, lossOfTreatment }
}
