import { quantile } from '../../../kernel/statistics/quantiles.ts'
import { uniform } from '../../simulation/random.ts'
import { weekMs } from '../calibrate.ts'
import { measured } from '../measure.ts'
import type { Pair } from '../predict.ts'
import { waitsIn, type Pool } from './calibrate.ts'
import { runPool, type Ran } from './pool.ts'

/** How long jobs wait until they begin, in one window. Milliseconds. */
export type Waits = { readonly p50: number; readonly p85: number; readonly mean: number }
export type WaitPair = { readonly base: Waits; readonly changed: Waits }

/** A change of which the build is known. Milliseconds. */
export type BuiltChange = {
  readonly merged: number
  /** When it reached the last environment; Infinity: not yet. */
  readonly reached: number
  /** Its jobs, as indices of the pool's. */
  readonly jobs: readonly number[]
}

export type Outcome = {
  readonly waits: readonly WaitPair[]
  readonly leads: readonly Pair[]
}

/**
 * The same jobs on another number of runners: how long they wait, and how much earlier or later what was built with them arrives. After
 * its build a change takes as long as it did. Weeks are drawn again and again, each with both (common random numbers).
 * @param windowMs - so long a window is looked at @param asOf - until when it was watched whether changes arrive
 */
export function predictRunners(
  pool: Pool,
  runners: number,
  changes: readonly BuiltChange[],
  windowMs: number,
  asOf: number,
  replications: number,
): Outcome {
  const changed = runPool(pool.jobs, runners)
  const asked = pool.jobs.flatMap(({ ready }, at) => (Number.isNaN(pool.waited[at]!) ? [] : [{ at, week: weekOf(ready, asOf) }]))
  const [before, after] = [pool.asItWas, changed].map(({ ready, begun }) =>
    sortedWaits(asked.map(({ at, week }) => ({ week, wait: begun[at]! - ready[at]! + pool.overhead }))),
  )
  const own = byWeek(changes.map((change) => ({ ...change, week: weekOf(change.merged, asOf) })))
  const weeks = [...new Set([...asked.map(({ week }) => week), ...own.keys()])].toSorted((a, b) => a - b)
  const count = Math.max(1, Math.ceil(windowMs / weekMs))
  const drawn = Array.from({ length: replications }, (_, draw) => {
    // From other weeks of the same kind as well: how much the history differs from what is to come is part of what is not known.
    const from = weeks.map((_, place) => weeks[Math.floor(uniform(3, draw, 1, place) * weeks.length)]!)
    return Array.from({ length: count }, (_, place) => from[Math.floor(uniform(3, draw, 0, place) * from.length)]!)
  })
  return {
    waits: drawn.flatMap((some): readonly WaitPair[] => {
      const base = waitsDrawn(before!, some)
      return base === undefined ? [] : [{ base, changed: waitsDrawn(after!, some)! }]
    }),
    leads: drawn.flatMap((some): readonly Pair[] => {
      const these = some.flatMap((week) => own.get(week) ?? [])
      if (these.length === 0) return []
      const watched = Float64Array.from(these, ({ merged }) => asOf - merged)
      const lead = (ran: Ran) =>
        Float64Array.from(these, (change) => Math.max(0, change.reached - change.merged + laterBy(change, pool.asItWas, ran)))
      const of = (ran: Ran) => measured(lead(ran), watched, count * weekMs)
      return [{ base: of(pool.asItWas), changed: of(changed) }]
    }),
  }
}

/** Weeks end with what is known. */
const weekOf = (at: number, asOf: number) => Math.ceil((at - asOf) / weekMs)
const byWeek = <One extends { readonly week: number }>(all: readonly One[]) => Map.groupBy(all, ({ week }) => week)

/** How much later its build is over in another run than in the one as it was. */
function laterBy({ jobs }: BuiltChange, base: Ran, ran: Ran): number {
  const over = ({ ended }: Ran) => jobs.reduce((last, at) => Math.max(last, ended[at]!), 0)
  return over(ran) - over(base)
}

type SortedWaits = { readonly waits: Float64Array; readonly weeks: Int32Array }

function sortedWaits(all: readonly { readonly week: number; readonly wait: number }[]): SortedWaits {
  const sorted = all.toSorted((a, b) => a.wait - b.wait)
  return { waits: Float64Array.from(sorted, ({ wait }) => wait), weeks: Int32Array.from(sorted, ({ week }) => week) }
}

/** Of weeks that were drawn, some more than once: each job counts as often as its week. They are sorted once, and not for each draw. */
function waitsDrawn({ waits, weeks }: SortedWaits, drawn: readonly number[]): Waits | undefined {
  const first = Math.min(...drawn)
  const times = new Uint16Array(Math.max(...drawn) - first + 1)
  for (const week of drawn) times[week - first]!++
  const values: number[] = []
  for (let at = 0; at < waits.length; at++) for (let count = times[weeks[at]! - first] ?? 0; count > 0; count--) values.push(waits[at]!)
  return values.length === 0 ? undefined : waitsOf(values)
}

function waitsOf(sorted: ArrayLike<number>): Waits {
  let sum = 0
  for (let at = 0; at < sorted.length; at++) sum += sorted[at]!
  return { p50: quantile(sorted, 0.5)!, p85: quantile(sorted, 0.85)!, mean: sum / sorted.length }
}

/** What jobs waited, as it was seen and as it is simulated. */
export const waitsAsTheyWere = (pool: Pool) => ({
  seen: waitsOf(pool.waited.filter((wait) => !Number.isNaN(wait)).toSorted()),
  simulated: waitsOf(waitsIn(pool, pool.asItWas, pool.overhead).toSorted((a, b) => a - b)),
})
