import { sequenceTest } from '../../kernel/statistics/confidence-sequence.ts'
import { independence, type Cell } from '../../kernel/statistics/interaction.ts'
import { benjaminiHochberg } from '../../kernel/statistics/multiplicity.ts'
import type { Metric } from './metric.ts'
import { splitAlarm } from './split.ts'

/** An experiment that runs, as far as its overlap with others has to know. */
export type Running = {
  readonly experiment: string
  readonly flag: string
  readonly environment: string
  readonly layer: string | null
  /** Control first. */
  readonly arms: readonly string[]
  /** Those that decide. */
  readonly metrics: readonly Metric[]
  /** Units at which confidence sequences are narrowest. */
  readonly narrowestAt: number
  /** Its arms do not have the sizes asked for, with this p: nothing that they say can be believed. */
  readonly wrongSplit?: number
}

/** Units that two experiments share, by arm of the one and of the other; of metrics by {@link questionOf}. */
export type Shared = {
  readonly pair: readonly [Running, Running]
  readonly counts: readonly (readonly number[])[]
  readonly cells: Readonly<Record<string, readonly (readonly Cell[])[]>>
}

/** Does the effect of a treatment of the one depend on the arm of the other? */
export type Contrast = {
  readonly arms: readonly [string, string]
  /** The effect of the first treatment beside the second one, less that beside the second one's control; in the metric's own unit. */
  readonly estimate: number
  /** Holds at every moment. */
  readonly low: number
  readonly high: number
}

export type MetricOverlap = {
  readonly metric: string
  /** A row for each arm of the one, a column for each of the other. */
  readonly cells: readonly (readonly { readonly count: number; readonly mean: number }[])[]
} & (
  | { readonly nothing: string }
  | {
      readonly contrasts: readonly Contrast[]
      readonly p: number
      /** Among all pairs and metrics (Benjamini and Hochberg). */ readonly adjusted: number
    }
)

export type Overlap = {
  readonly experiments: readonly [string, string]
  readonly environment: string
  readonly arms: readonly [readonly string[], readonly string[]]
  /** In both. */
  readonly units: number
  readonly verdict: 'interact' | 'not independent' | 'nothing seen' | 'cannot say' | 'kept apart'
  /** What that means, and what to do. */
  readonly because: string
  readonly metrics: readonly MetricOverlap[]
}

/** Below, the mean of a cell need not be normal. */
export const leastUnits = 100
const alpha = 0.05

/** One metric as one kind: two plans may cap the same revenue otherwise. */
export const questionOf = ({ key, kind }: Metric): string => JSON.stringify([key, kind])

/** What can be asked of a pair: what decides either of them. Each once. */
export const questionsOf = ([a, b]: Shared['pair']): readonly Metric[] => [
  ...new Map([...a.metrics, ...b.metrics].map((metric) => [questionOf(metric), metric])).values(),
]

/**
 * Of all pairs of experiments that overlap: do their effects depend on each other? Read by confidence sequences, for a board is looked at
 * whenever somebody likes; whether they are independent at all is asked of this moment alone, with an alarm that is rare instead. Units that one
 * keeps from the other, whatever their arm there, change no share, and are not seen. Pure.
 * @returns what stands out first
 */
export function judged(pairs: readonly Shared[]): readonly Overlap[] {
  const isBroken = ({ pair }: Shared) => pair.some(({ wrongSplit }) => wrongSplit !== undefined)
  const asked = pairs.map((shared) => (isBroken(shared) ? [] : questionsOf(shared.pair).map((metric) => read(shared, metric))))
  const adjusted = benjaminiHochberg(asked.flat().map((one) => ('p' in one ? one.p : 1)))
  const tables = pairs.filter((shared) => !isBroken(shared)).map((shared) => [shared, independence(shared.counts)?.p ?? 1] as const)
  const tablePs = new Map(benjaminiHochberg(tables.map(([, p]) => p)).map((p, at) => [tables[at]![0], p]))
  let next = 0
  const overlaps = pairs.map((shared, at): Overlap => {
    const metrics = asked[at]!.map((one): MetricOverlap => {
      const p = adjusted[next++]!
      return 'p' in one ? { ...one, adjusted: p } : one
    })
    const [a, b] = shared.pair
    return {
      experiments: [a.experiment, b.experiment],
      environment: a.environment,
      arms: [a.arms, b.arms],
      units: unitsOf(shared),
      ...verdictOf(shared, metrics, tablePs.get(shared) ?? 1),
      metrics,
    }
  })
  return overlaps.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || leastOf(a) - leastOf(b))
}

const order: readonly Overlap['verdict'][] = ['interact', 'not independent', 'nothing seen', 'cannot say', 'kept apart']

const leastOf = ({ metrics }: Overlap): number => Math.min(1, ...metrics.map((one) => ('adjusted' in one ? one.adjusted : 1)))

const unitsOf = ({ counts }: Shared): number => counts.flat().reduce((sum, count) => sum + count, 0)

function verdictOf(shared: Shared, metrics: readonly MetricOverlap[], tableP: number): Pick<Overlap, 'verdict' | 'because'> {
  const [a, b] = shared.pair
  if (unitsOf(shared) === 0 && a.layer !== null && a.layer === b.layer)
    return { verdict: 'kept apart', because: `both are in the layer ${a.layer}, and no unit is in both` }
  const wrong = shared.pair.filter(({ wrongSplit }) => wrongSplit !== undefined)
  if (wrong.length > 0) {
    const whose = wrong.map(
      ({ experiment, wrongSplit }) => `the arms of ${experiment} do not have the sizes asked for (p = ${wrongSplit!.toPrecision(2)})`,
    )
    return { verdict: 'cannot say', because: `${whose.join(', and ')}: nothing that they say can be believed` }
  }
  if (tableP <= splitAlarm)
    return {
      verdict: 'not independent',
      because:
        'who is in which arm of one depends on the arm of the other, as where both dice by the same salt; no effect beside the other can be believed until it is known why. It is asked at this one look: looked at often enough, it is found by chance too',
    }
  const found = metrics.filter((one) => 'adjusted' in one && one.adjusted <= alpha).map(({ metric }) => metric)
  if (found.length > 0)
    return {
      verdict: 'interact',
      because: `the effect on ${found.join(' and ')} depends on the arm of the other: do not ship both on their own figures; end one of them, or ask again with both in one layer`,
    }
  const why = metrics.find((one) => 'nothing' in one)
  if (metrics.every((one) => 'nothing' in one))
    return { verdict: 'cannot say', because: why !== undefined && 'nothing' in why ? why.nothing : 'neither has a metric that decides' }
  return { verdict: 'nothing seen', because: 'what lies within the limits may be there all the same' }
}

type Asked = Pick<MetricOverlap, 'metric' | 'cells'> &
  ({ readonly nothing: string } | { readonly contrasts: readonly Contrast[]; readonly p: number })

function read({ pair: [a, b], cells }: Shared, metric: Metric): Asked {
  const here = cells[questionOf(metric)]
  const told = { metric: metric.key, cells: here?.map((row) => row.map(({ count, mean }) => ({ count, mean }))) ?? [] }
  if (here === undefined)
    return { ...told, nothing: `a ${metric.kind.type} is no mean of units, so that effects on it are not asked beside each other` }
  const least = Math.min(...here.flat().map(({ count }) => count))
  if (least < leastUnits) return { ...told, nothing: `an arm of one has ${least} units in an arm of the other, and it takes ${leastUnits}` }
  const pairs = a.arms
    .slice(1)
    .flatMap((one, row) => b.arms.slice(1).map((other, column) => ({ arms: [one, other] as const, row: row + 1, column: column + 1 })))
  const narrowestAt = Math.min(a.narrowestAt, b.narrowestAt)
  const tests = pairs.map(({ arms, row, column }) => {
    const four = [here[row]![column]!, here[0]![0]!, here[row]![0]!, here[0]![column]!] as const
    const estimate = four[0].mean + four[1].mean - four[2].mean - four[3].mean
    const error = Math.sqrt(four.reduce((sum, { variance, count }) => sum + variance / count, 0))
    const count = four.reduce((sum, cell) => sum + cell.count, 0)
    const { low, high, p } = sequenceTest({ effect: estimate, error, count }, { alpha: alpha / pairs.length, narrowestAt })
    return { contrast: { arms, estimate, low, high }, error, p }
  })
  if (tests.some(({ error }) => !(error > 0))) return { ...told, nothing: 'all units are alike so far' }
  return {
    ...told,
    contrasts: tests.map(({ contrast }) => contrast),
    // Of several contrasts the least counts as often as there are.
    p: Math.min(1, Math.min(...tests.map(({ p }) => p)) * tests.length),
  }
}
