import { quantile } from '../../kernel/statistics/quantiles.ts'
import { survival, survivalBand, survivalQuantile, type Survival } from '../../kernel/statistics/survival.ts'
import { untilOf, type Deployed } from './environments.ts'
import { passagesTo, type Passage } from './lead.ts'
import type { Window } from './stream-flow.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** To which share of the versions it had happened by a time, and limits at 95 %. Milliseconds. */
export type CurvePoint = { readonly ms: number; readonly share: number; readonly low: number; readonly high: number }

export type Curve = {
  readonly versions: number
  readonly reached: number
  /** The longest that any of them was watched: the curve ends there. */
  readonly watchedMs: number
  readonly points: CurvePoint[]
}

/** So many steps can be seen in a picture. */
const points = 160

/**
 * How the versions that were first seen in a window came to the last environment over time (Kaplan and Meier).
 * @param passages - to that environment, as known at `window.asOf`
 */
export function curveOf(passages: readonly Passage[], window: Window): Curve {
  const cohort = cohortOf(passages, window)
  const curve = survival(
    Float64Array.from(cohort, (passage) => waitedOf(passage, window)),
    Uint8Array.from(cohort, ({ reached }) => (reached === undefined ? 0 : 1)),
  )
  return { versions: curve.count, reached: curve.events, watchedMs: curve.watched, points: pointsOf(curve) }
}

/** Of steps that lie so near each other on a scale of logarithms that they are one in a picture, the last: each point stays exact. */
function pointsOf(curve: Survival): CurvePoint[] {
  const { times, waiting, watched } = curve
  const { low, high } = survivalBand(curve)
  const cell = (ms: number) => Math.floor((Math.log(Math.max(ms, 1000) / 1000) / Math.log(Math.max(watched, 2000) / 1000)) * points)
  const kept: CurvePoint[] = []
  for (const [at, ms] of times.entries()) {
    if (at + 1 < times.length && cell(times[at + 1]!) === cell(ms)) continue
    kept.push({ ms, share: 1 - waiting[at]!, low: 1 - high[at]!, high: 1 - low[at]! })
  }
  return kept
}

/** Versions by how long they took, or have waited until now. */
export type LeadBin = { readonly fromMs: number; readonly toMs: number; readonly reached: number; readonly waiting: number }

/** From a minute on, four bins to every factor of ten; what took less is in the first. */
const binsPerTen = 4
const firstMs = 60_000
const edge = (bin: number) => (bin <= 0 ? 0 : Math.round(firstMs * 10 ** (bin / binsPerTen)))

/** How lead times are spread; every bin between the first and the last is there. */
export function spreadOf(passages: readonly Passage[], window: Window): readonly LeadBin[] {
  const cohort = cohortOf(passages, window).map((passage) => ({ ...passage, bin: binOf(waitedOf(passage, window)) }))
  const used = cohort.map(({ bin }) => bin).toSorted((a, b) => a - b)
  if (used.length === 0) return []
  return Array.from({ length: used.at(-1)! - used[0]! + 1 }, (_, index) => {
    const bin = used[0]! + index
    const inside = cohort.filter((one) => one.bin === bin)
    const waiting = inside.filter(({ reached }) => reached === undefined).length
    return { fromMs: edge(bin), toMs: edge(bin + 1), reached: inside.length - waiting, waiting }
  })
}

const binOf = (ms: number) => (ms < firstMs ? 0 : Math.floor(Math.log10(ms / firstMs) * binsPerTen))

/** One part of the window. */
export type Period = {
  readonly since: number
  readonly until: number
  readonly deployments: number
  /** Versions that they brought. */
  readonly brought: number
  readonly back: number
  /** Versions that were first seen in it. */
  readonly versions: number
  /** Of those; undefined: so many have not come, or there were none. */
  readonly p50: number | undefined
}

/** What people think in: six hours, a day, a week, four. */
const lengths = [hourMs * 6, dayMs, 7 * dayMs, 28 * dayMs]
const mostPeriods = 110

/** A window in parts of equal length, the first of which may begin before it. */
export function periodsOf(deployments: readonly Deployed[], environment: string, { since, until, asOf }: Window): readonly Period[] {
  const known = untilOf(deployments, asOf)
  const first = known[0]
  if (first === undefined) return []
  const begin = Math.max(since, first.at)
  const end = Math.min(until, asOf + 1)
  const length = lengths.find((ms) => (end - begin) / ms <= mostPeriods) ?? lengths.at(-1)!
  const { passages, arrivals } = passagesTo(environment, known)
  const count = Math.max(1, Math.ceil((end - begin) / length))
  // Counted from the end, so that the newest part is a whole one.
  const start = end - count * length
  const place = (at: number) => (at < begin || at >= end ? undefined : Math.floor((at - start) / length))
  const arrived = Map.groupBy(arrivals, ({ at }) => place(at))
  const seen = Map.groupBy(passages, (passage) => place(passage.arrived))
  return Array.from({ length: count }, (_, index) => {
    const came = arrived.get(index) ?? []
    const own = seen.get(index) ?? []
    return {
      since: start + index * length,
      until: start + (index + 1) * length,
      deployments: came.length,
      brought: came.reduce((sum, { batch }) => sum + batch, 0),
      back: came.filter(({ back }) => back).length,
      versions: own.length,
      p50: medianOf(own, { since, until, asOf }),
    }
  })
}

function medianOf(own: readonly Passage[], window: Window): number | undefined {
  const curve = survival(
    Float64Array.from(own, (passage) => waitedOf(passage, window)),
    Uint8Array.from(own, ({ reached }) => (reached === undefined ? 0 : 1)),
  )
  return survivalQuantile(curve, 0.5).value
}

/** What came to one environment in the window. */
export type Station = {
  readonly environment: string
  readonly deployments: number
  readonly batchP50: number | undefined
  readonly batchMax: number | undefined
  readonly back: number
}

export function stationsOf(order: readonly string[], deployments: readonly Deployed[], { since, until, asOf }: Window): readonly Station[] {
  const known = untilOf(deployments, asOf)
  return order.map((environment, at) => {
    const came = passagesTo(environment, known).arrivals.filter((arrival) => arrival.at >= since && arrival.at < until)
    // Where they are first seen nothing is brought: each is its own.
    const batches = at === 0 ? [] : came.flatMap(({ batch }) => (batch > 0 ? [batch] : [])).toSorted((a, b) => a - b)
    return {
      environment,
      deployments: came.length,
      batchP50: quantile(batches, 0.5),
      batchMax: batches.at(-1),
      back: came.filter(({ back }) => back).length,
    }
  })
}

/** A version that is still on its way. */
export type Ageing = {
  readonly version: string
  readonly arrived: number
  /** The furthest that it, or a later one, came. */ readonly in: string
}

/** What is on its way to the last environment at the moment that is looked from, the oldest first, whenever it was first seen. */
export function ageingOf(order: readonly string[], deployments: readonly Deployed[], { asOf }: Window): readonly Ageing[] {
  const known = untilOf(deployments, asOf)
  // A version has the same place in each of them: versions stand as they were first seen, wherever that was.
  const reached = order.map((environment) => passagesTo(environment, known).passages)
  const ageing: Ageing[] = []
  for (const [place, { version, arrived, reached: end }] of reached.at(-1)!.entries()) {
    if (end !== undefined) continue
    const at = reached.findLastIndex((passages) => passages[place]!.reached !== undefined)
    if (at !== -1) ageing.push({ version, arrived, in: order[at]! })
  }
  return ageing
}

const cohortOf = (passages: readonly Passage[], { since, until }: Window) =>
  passages.filter(({ arrived }) => arrived >= since && arrived < until)

const waitedOf = ({ arrived, reached }: Passage, { asOf }: Window) => (reached ?? asOf) - arrived
