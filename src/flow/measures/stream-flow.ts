import { quantile } from '../../kernel/statistics/quantiles.ts'
import { happenedBy, survival, survivalQuantile, type Quantile } from '../../kernel/statistics/survival.ts'
import { firstSince, untilOf, wayOf, type Deployed } from './environments.ts'
import { passagesTo, type Passages } from './lead.ts'

const dayMs = 86_400_000

/** What is looked at: what happened from `since` until before `until`, as it was known at `asOf`. Milliseconds. */
export type Window = { readonly since: number; readonly until: number; readonly asOf: number }

/** Undefined: nothing was watched for so long. */
export type Within = { readonly ms: number; readonly share: number | undefined }

/** Ten minutes, an hour, four, a day, a week, four weeks: the steps in which people plan. */
const steps = [1 / 144, 1 / 24, 1 / 6, 1, 7, 28].map((days) => days * dayMs)

/** How a value stream flows from the first environment in which its versions are seen to the last. Times in milliseconds. */
export type StreamFlow = {
  /** Environments on the way, in order. */
  readonly order: readonly string[]
  /** Deployments to the last of them. */
  readonly deployments: number
  /** Undefined: it is known for less than a week by then. */
  readonly perWeek: number | undefined
  readonly activeDays: number
  /** Of the versions that were first seen in the window; what is still on its way counts. */
  readonly lead: {
    readonly versions: number
    readonly reached: number
    readonly p50: Quantile
    readonly p85: Quantile
    readonly p95: Quantile
    /** Which share had reached it by then. */ readonly within: readonly Within[]
  }
  /** Versions that a deployment brought. Undefined where it brought none. */
  readonly batch: { readonly p50: number | undefined; readonly p95: number | undefined; readonly max: number | undefined }
  /** Deployments of an earlier version than ran before. */
  readonly back: number
}

/**
 * @param deployments - of one stream, by time
 * @param estateOrder - environments as most streams have them
 * @param to - environment to which it is measured. @defaultValue the last of its way
 * @returns undefined when nothing was deployed until then, or not there
 */
export function flowOf(
  deployments: readonly Deployed[],
  window: Window,
  estateOrder: readonly string[] = [],
  to?: string,
): StreamFlow | undefined {
  const order = orderIn(deployments, window, estateOrder, to)
  return order && { order, ...measure(passagesTo(order.at(-1)!, untilOf(deployments, window.asOf)), window, order.length > 1) }
}

/** Environments on the way, in order: as {@link flowOf} has them, without the measures. */
export function orderIn(
  deployments: readonly Deployed[],
  window: Window,
  estateOrder: readonly string[] = [],
  to?: string,
): readonly string[] | undefined {
  const known = untilOf(deployments, window.asOf)
  if (to !== undefined && !known.some(({ environment }) => environment === to)) return undefined
  const end = to ?? wayOf(known, estateOrder).at(-1)
  if (end === undefined) return undefined
  // As it is now: what nobody has deployed to for long is no part of the way, but where it leads is, for it may be that nothing gets there.
  const lately = firstSince(known, window.since - (window.until - window.since))
  return wayOf(known, estateOrder, end, lately === known.length ? 0 : lately)
}

/** Of less than a week that something is known of it says how often it is deployed in one. */
export const isPace = (knownSince: number, end: number): boolean => end - knownSince >= 7 * dayMs

/** @param isWay - where there is but one environment nothing takes any time, and no time is no data */
function measure({ passages, arrivals }: Passages, { since, until, asOf }: Window, isWay: boolean): Omit<StreamFlow, 'order'> {
  const inside = (at: number) => at >= since && at < until
  const cohort = isWay ? passages.filter(({ arrived }) => inside(arrived)) : []
  const curve = survival(
    Float64Array.from(cohort, ({ arrived, reached }) => (reached ?? asOf) - arrived),
    Uint8Array.from(cohort, ({ reached }) => (reached === undefined ? 0 : 1)),
  )
  const came = arrivals.filter(({ at }) => inside(at))
  const batches = came.flatMap(({ batch }) => (isWay && batch > 0 ? [batch] : [])).toSorted((a, b) => a - b)
  const end = Math.min(until, asOf)
  // Before the first thing that is known of it nothing was watched, and the beginning of a week is no pace.
  const known = passages[0]?.arrived ?? end
  const days = (end - Math.max(since, known)) / dayMs
  return {
    deployments: came.length,
    perWeek: isPace(known, end) ? (days > 0 ? (came.length / days) * 7 : 0) : undefined,
    activeDays: new Set(came.map(({ at }) => Math.floor(at / dayMs))).size,
    lead: {
      versions: curve.count,
      reached: curve.events,
      p50: survivalQuantile(curve, 0.5),
      p85: survivalQuantile(curve, 0.85),
      p95: survivalQuantile(curve, 0.95),
      within: steps.map((ms) => ({ ms, share: happenedBy(curve, ms) })),
    },
    batch: { p50: quantile(batches, 0.5), p95: quantile(batches, 0.95), max: batches.at(-1) },
    back: came.filter(({ back }) => back).length,
  }
}
