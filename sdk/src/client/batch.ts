import type { Rehearsals } from '../dark/record.ts'

/** A unit that was shown a variant. */
export type Exposure = {
  /** A hash of the targeting key. */
  readonly unit: string
  readonly flag: string
  readonly revision: number
  readonly variant: string
  readonly rule: string
  /** When it was first seen here, ms since 1970. */
  readonly at: number
}

/** What a unit did, in numbers that can be added up: enough for means and variances. */
export type Measured = { readonly unit: string; readonly metric: string; readonly n: number; readonly sum: number; readonly sumsq: number }

/** How often a flag was asked for: what says that nobody needs it any more. */
export type Asked = { readonly flag: string; readonly revision: number | undefined; readonly variant: string; readonly count: number }

/** One report to the server. Sent again under the same id until it is taken, so that it counts once. */
export type Batch = {
  readonly id: string
  /** The set's `flagSetId`. */
  readonly environment: string | undefined
  /** ms since 1970. */
  readonly at: number
  readonly exposures: readonly Exposure[]
  readonly metrics: readonly Measured[]
  readonly evaluations: readonly Asked[]
  readonly rehearsals: readonly Rehearsals[]
  /** What there was no room for since the last report, and metrics that were no number. */
  readonly dropped: number
}

const exposuresMax = 10_000
const metricsMax = 10_000
const askedMax = 5_000
/** So many items go into one batch: what a browser sends when a page is left must be under 64 KiB. */
const perBatch = 200

/** Collects what is to be told, in bounded room. */
export function makeCollector() {
  let exposures: Exposure[] = []
  let metrics = new Map<string, Measured>()
  let asked = new Map<string, Asked>()
  let dropped = 0

  return {
    expose(exposure: Exposure): void {
      if (exposures.length < exposuresMax) exposures.push(exposure)
      else dropped++
    },
    measure(unit: string, metric: string, value: number): void {
      if (!Number.isFinite(value)) return void dropped++
      const id = `${metric}\n${unit}`
      const before = metrics.get(id)
      if (before === undefined && metrics.size >= metricsMax) return void dropped++
      const { n, sum, sumsq } = before ?? { n: 0, sum: 0, sumsq: 0 }
      metrics.set(id, { unit, metric, n: n + 1, sum: sum + value, sumsq: sumsq + value * value })
    },
    ask(flag: string, revision: number | undefined, variant: string): void {
      const id = `${flag}\n${revision}\n${variant}`
      const before = asked.get(id)
      if (before === undefined && asked.size >= askedMax) return
      asked.set(id, { flag, revision, variant, count: (before?.count ?? 0) + 1 })
    },
    drop: (count: number): void => void (dropped += count),
    /** Everything there is, in batches; empty when there is nothing to tell. */
    take(rehearsals: readonly Rehearsals[], head: () => Pick<Batch, 'id' | 'environment' | 'at'>): readonly Batch[] {
      const [shown, measured, counted] = [exposures, [...metrics.values()], [...asked.values()]]
      exposures = []
      metrics = new Map()
      asked = new Map()
      const count = Math.max(
        Math.ceil(Math.max(shown.length, measured.length, counted.length) / perBatch),
        rehearsals.length > 0 || dropped > 0 ? 1 : 0,
      )
      const part = <T>(list: readonly T[], n: number): readonly T[] => list.slice(n * perBatch, (n + 1) * perBatch)
      const batches = Array.from({ length: count }, (_, n) => ({
        ...head(),
        exposures: part(shown, n),
        metrics: part(measured, n),
        evaluations: part(counted, n),
        rehearsals: n === 0 ? rehearsals : [],
        dropped: n === 0 ? dropped : 0,
      }))
      dropped = 0
      return batches
    },
  }
}
