import type { Rehearsals } from '../dark/record.ts'
import { makeShown, type Asked } from './shown.ts'

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
/** Of a unit and metric in one report. */
const valueMax = 1e9
const metricsMax = 10_000
const unitsMax = 100_000
/** So many items go into one batch: what a browser sends when a page is left must be under 64 KiB. */
const perBatch = 200

type Sums = { n: number; sum: number; sumsq: number }

/**
 * Collects what is to be told, in bounded room.
 * @param nameUnit - what stands for a unit in reports; what is said of a unit for which it throws is dropped
 */
export function makeCollector(nameUnit: (targetingKey: string) => string) {
  const shown = makeShown(unitsMax)
  let exposures: Exposure[] = []
  let metrics = new Map<string, Map<string, Sums>>()
  let sums = 0
  let dropped = 0

  function begin(metric: string, targetingKey: string): Sums | undefined {
    if (sums >= metricsMax) return void dropped++
    sums++
    const fresh = { n: 0, sum: 0, sumsq: 0 }
    const known = metrics.get(metric)
    if (known === undefined) metrics.set(metric, new Map([[targetingKey, fresh]]))
    else known.set(targetingKey, fresh)
    return fresh
  }

  /** The application's own code, on the way of an evaluation: whatever it throws stays here. */
  function unitOf(targetingKey: string): string | undefined {
    try {
      return nameUnit(targetingKey)
    } catch {
      return void dropped++
    }
  }

  function measured(): readonly Measured[] {
    const all: Measured[] = []
    for (const [metric, units] of metrics)
      for (const [targetingKey, { n, sum, sumsq }] of units) {
        const unit = unitOf(targetingKey)
        if (unit !== undefined) all.push({ unit, metric, n, sum, sumsq })
      }
    metrics = new Map()
    sums = 0
    return all
  }

  return {
    /** @param targetingKey - undefined: what was shown says nothing of anybody */
    show(
      flag: string,
      revision: number | undefined,
      variant: string,
      targetingKey: string | undefined,
      rule: string,
      wall: () => number,
    ): void {
      if (!shown.see(flag, revision, variant, targetingKey)) return
      if (exposures.length >= exposuresMax) return void dropped++
      const unit = unitOf(targetingKey!)
      if (unit !== undefined) exposures.push({ unit, flag, revision: revision!, variant, rule, at: wall() })
    },
    measure(targetingKey: string, metric: string, value: number): void {
      // The server takes no larger sum, and would refuse all that is told with it.
      if (!(Math.abs(value) <= valueMax)) return void dropped++
      const known = metrics.get(metric)?.get(targetingKey) ?? begin(metric, targetingKey)
      if (known === undefined) return
      if (Math.abs(known.sum + value) > valueMax) return void dropped++
      known.n++
      known.sum += value
      known.sumsq += value * value
    },
    drop: (count: number): void => void (dropped += count),
    /** Everything there is, in batches; empty when there is nothing to tell. */
    take(rehearsals: readonly Rehearsals[], head: () => Pick<Batch, 'id' | 'environment' | 'at'>): readonly Batch[] {
      const [seen, did, asked] = [exposures, measured(), shown.take()]
      exposures = []
      const longest = Math.max(seen.length, did.length, asked.length)
      const count = Math.max(Math.ceil(longest / perBatch), rehearsals.length > 0 || dropped > 0 ? 1 : 0)
      const part = <T>(list: readonly T[], n: number): readonly T[] => list.slice(n * perBatch, (n + 1) * perBatch)
      const batches = Array.from({ length: count }, (_, n) => ({
        ...head(),
        exposures: part(seen, n),
        metrics: part(did, n),
        evaluations: part(asked, n),
        rehearsals: n === 0 ? rehearsals : [],
        dropped: n === 0 ? dropped : 0,
      }))
      dropped = 0
      return batches
    },
  }
}
