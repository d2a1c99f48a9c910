import { sequenceRho, sequenceTest } from '../../kernel/statistics/confidence-sequence.ts'
import { bayesianReading, errorsAbove, intervalAround, type Effect, type Interval } from '../../kernel/statistics/effect.ts'
import { Boundaries } from '../../kernel/statistics/group-sequential.ts'
import { normalQuantile, normalTail } from '../../kernel/statistics/normal.ts'
import { RepeatedP } from '../../kernel/statistics/repeated-p.ts'
import { studentQuantile, studentTail } from '../../kernel/statistics/student.ts'
import type { ExperimentPlan } from './plan.ts'

/** Effects of small arms as the z that has the same tail. */
export function zOf(effect: Effect, over = 0): number {
  const t = errorsAbove(effect, over)
  const tail = studentTail(Math.abs(t), effect.degrees)
  return tail === 0 ? t : Math.sign(t) * normalQuantile(tail)
}

/** What a look at a planned size reads effects by: one for all metrics of an experiment, for all have the same share of their units. */
export type LookTables = {
  /** z of a decision, where all questions share alpha. */
  readonly sharedBoundary: number
  readonly pOf: (z: number) => number
  /** z of being no worse than a margin, one-sided. */
  readonly boundaryOfMargin: number
}

/** Walks that have gone as far as a look: the next look of an experiment goes on from there. */
type Walked = { readonly decision: RepeatedP; readonly margin: Boundaries; readonly tables: LookTables }

const kept = new Map<string, Walked>()
/** Of as many experiments, at some 100 KB each; the oldest goes first, and costs 4 ms a rung to be walked again. */
const mostKept = 300

/**
 * The same whatever is kept, only sooner.
 * @param shares - of the plan, at the looks so far and this one @param questions - that share alpha
 */
export function lookTables(plan: ExperimentPlan, shares: readonly number[], questions: number, isLast: boolean): LookTables {
  const { alpha, spending } = plan
  const keyOf = (upTo: readonly number[]) => JSON.stringify([alpha, spending, questions, upTo])
  const known = isLast ? undefined : kept.get(keyOf(shares))
  if (known !== undefined) return known.tables
  const walked = kept.get(keyOf(shares.slice(0, -1))) ?? walkedFrom(plan, questions, shares.slice(0, -1))
  const tables = step(walked, shares.at(-1)!, isLast)
  kept.delete(keyOf(shares.slice(0, -1)))
  // Nothing goes on after the last look.
  if (isLast) return tables
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!)
  kept.set(keyOf(shares), { ...walked, tables })
  return tables
}

type Walks = Omit<Walked, 'tables'>

function walkedFrom({ alpha, spending }: ExperimentPlan, questions: number, shares: readonly number[]): Walks {
  const walks = { decision: new RepeatedP({ alpha, sides: 2, spending }, questions), margin: new Boundaries({ alpha, sides: 1, spending }) }
  for (const share of shares) step(walks, share, false)
  return walks
}

function step({ decision, margin }: Walks, share: number, isLast: boolean): LookTables {
  return { ...decision.next(share, isLast), boundaryOfMargin: margin.next(share, isLast).z }
}

/** An interval that a boundary at this look gives; none where nothing may be spent yet. */
export function intervalBy(boundary: number, effect: Effect): Interval | undefined {
  if (boundary === Number.POSITIVE_INFINITY) return undefined
  return intervalAround(effect, studentQuantile(normalTail(boundary), effect.degrees))
}

/** What holds at every moment; of each of some questions, all of them at once. */
export function alwaysOf({ alpha, narrowestAt }: ExperimentPlan, effect: Effect, questions = 1): Interval & { readonly p: number } {
  // Tuned alike, whatever the share of alpha is: p and limits are of one sequence.
  const { low, high, p } = sequenceTest(effect, { alpha: alpha / questions, narrowestAt, rho: sequenceRho(alpha, narrowestAt) })
  return { low, high, p }
}

/** P, of all moments, that nothing got worse. @param gain - an effect whose more is better */
export const pOfHarm = ({ alpha, narrowestAt }: ExperimentPlan, gain: Effect): number =>
  sequenceTest(gain, { alpha, narrowestAt, sides: 'less' }).p

/** P, of all moments, that it is worse by its margin or more. */
export const pOfMarginAlways = ({ alpha, narrowestAt }: ExperimentPlan, gain: Effect, margin: number): number =>
  sequenceTest(gain, { alpha, narrowestAt, sides: 'greater', over: -margin }).p

/** The least gain that is believed at every moment. */
export const leastGainAlways = ({ alpha, narrowestAt }: ExperimentPlan, gain: Effect): number =>
  sequenceTest(gain, { alpha, narrowestAt, sides: 'greater' }).low

/**
 * Limits beside what was decided, which stands: they end at 0 where it was decided with more of alpha than they have (a later step of Holm's,
 * another moment). Simultaneous limits of Holm's procedure do (Strassburger and Bretz 2008, Guilbaud 2008).
 * @param sign - 1: it is known to be more; -1: less. @returns undefined when nothing is left of them
 */
export function endingAt0({ low, high }: Interval, sign: number): Interval | undefined {
  const ended = sign > 0 ? { low: Math.max(0, low), high } : { low, high: Math.min(0, high) }
  return ended.low <= ended.high ? ended : undefined
}

/** For telling people. Not for deciding: it does not allow for looking often. */
export function tellingOf(gain: Effect): {
  readonly chanceToWin: number
  readonly lossOfControl: number
  readonly lossOfTreatment: number
} {
  const { chanceToWin, lossOfControl, lossOfTreatment } = bayesianReading(gain)
  return { chanceToWin, lossOfControl, lossOfTreatment }
}
