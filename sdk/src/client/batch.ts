import type { Rehearsals } from '../dark/record.ts'
import { bucketOf, type Sketch } from '../dark/sketch.ts'
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

/** What a unit did, in numbers that can be added up: enough for means and variances, and with buckets for quantiles. */
export type Measured = {
  readonly unit: string
  readonly metric: string
  readonly n: number
  readonly sum: number
  readonly sumsq: number
  /** Of metrics whose quantiles are asked for: into which bucket each value fell. */
  readonly buckets?: Sketch
}

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
/** And so many buckets, of all its items. */
const bucketsPerBatch = 1_000
const bucketsMax = 40_000

type Sums = { n: number; sum: number; sumsq: number; readonly buckets: Map<number, number> | undefined }

/**
 * Collects what is to be told, in bounded room.
 * @param nameUnit - what stands for a unit in reports; what is said of a unit for which it throws is dropped
 * @param quantiles - metrics of which buckets are told too
 */
export function makeCollector(nameUnit: (targetingKey: string) => string, quantiles: ReadonlySet<string> = new Set()) {
  const shown = makeShown(unitsMax)
  let exposures: Exposure[] = []
  let metrics = new Map<string, Map<string, Sums>>()
  let sums = 0
  let buckets = 0
  let dropped = 0

  function begin(metric: string, targetingKey: string): Sums | undefined {
    if (sums >= metricsMax) return void dropped++
    sums++
    const fresh = { n: 0, sum: 0, sumsq: 0, buckets: quantiles.has(metric) ? new Map<number, number>() : undefined }
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

  /** @returns whether there was room, and the value was from 0 on */
  function fill(counts: Map<number, number>, value: number): boolean {
    if (value < 0) return false
    const bucket = bucketOf(value)
    const count = counts.get(bucket)
    if (count === undefined && buckets++ >= bucketsMax) return false
    counts.set(bucket, (count ?? 0) + 1)
    return true
  }

  function measured(): readonly Measured[] {
    const all: Measured[] = []
    for (const [metric, units] of metrics)
      for (const [targetingKey, { buckets, ...numbers }] of units) {
        // Of a value that there was no room for.
        if (numbers.n === 0) continue
        const unit = unitOf(targetingKey)
        if (unit !== undefined) all.push({ unit, metric, ...numbers, ...(buckets === undefined ? {} : { buckets: sketchOf(buckets) }) })
      }
    metrics = new Map()
    sums = 0
    buckets = 0
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
      if (typeof value !== 'number' || !(Math.abs(value) <= valueMax)) return void dropped++
      const known = metrics.get(metric)?.get(targetingKey) ?? begin(metric, targetingKey)
      if (known === undefined) return
      if (Math.abs(known.sum + value) > valueMax) return void dropped++
      if (known.buckets !== undefined && !fill(known.buckets, value)) return void dropped++
      known.n++
      known.sum += value
      known.sumsq += value * value
    },
    drop: (count: number): void => void (dropped += count),
    /** Everything there is, in batches; empty when there is nothing to tell. */
    take(rehearsals: readonly Rehearsals[], head: () => Pick<Batch, 'id' | 'environment' | 'at'>): readonly Batch[] {
      const [seen, did, asked] = [exposures, inParts(measured()), shown.take()]
      exposures = []
      const longest = Math.max(seen.length, asked.length)
      const count = Math.max(Math.ceil(longest / perBatch), did.length, rehearsals.length > 0 || dropped > 0 ? 1 : 0)
      const part = <T>(list: readonly T[], n: number): readonly T[] => list.slice(n * perBatch, (n + 1) * perBatch)
      const batches = Array.from({ length: count }, (_, n) => ({
        ...head(),
        exposures: part(seen, n),
        metrics: did[n] ?? [],
        evaluations: part(asked, n),
        rehearsals: n === 0 ? rehearsals : [],
        dropped: n === 0 ? dropped : 0,
      }))
      dropped = 0
      return batches
    },
  }
}

const sketchOf = (counts: ReadonlyMap<number, number>): Sketch => [...counts].toSorted(([a], [b]) => a - b)

/** As many to a part as one batch may hold. */
function inParts(all: readonly Measured[]): readonly (readonly Measured[])[] {
  const parts: Measured[][] = []
  let room = 0
  for (const one of all) {
    const size = one.buckets?.length ?? 0
    const last = parts.at(-1)
    if (last === undefined || last.length === perBatch || size > room) {
      parts.push([one])
      room = bucketsPerBatch - size
    } else {
      last.push(one)
      room -= size
    }
  }
  return parts
}
