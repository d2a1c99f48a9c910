import { wilson } from '../../../kernel/statistics/proportions.ts'
import { quantile } from '../../../kernel/statistics/quantiles.ts'
import { survival, survivalQuantile, type Quantile } from '../../../kernel/statistics/survival.ts'
import type { Blamed } from '../attribution/blame.ts'
import type { Placed } from '../attribution/placed.ts'
import type { Passage } from '../lead.ts'
import type { Window } from '../stream-flow.ts'

const dayMs = 86_400_000

/** Kinds of failure that anybody ever told of. Where there is none, nothing can be said of failing. */
export type Known = ReadonlySet<Blamed['failure']['kind']>

/** What the keys of a value stream are made of; those of an estate, of all of theirs. Times in milliseconds. */
export type Material = {
  readonly stream: string
  readonly environment: string
  /** To the last environment in the window, those that did not come to run last. */
  readonly deployments: readonly KeyDeployment[]
  /** First seen in the window; empty where there is but one environment. */
  readonly passages: readonly Passage[]
  /** That more likely than not came of a deployment of this stream, and began in the window. */
  readonly failures: readonly Blamed[]
  readonly window: Window
  /** The first that is known of the stream: before that nothing was watched. */
  readonly knownSince: number
}

export type KeyDeployment = Pick<Placed, 'deployment' | 'at' | 'version' | 'back' | 'batch'> & {
  /** It came to run. */
  readonly ran: boolean
  /** How likely it brought a failure. */
  readonly failed: number
  /** Failures that it may have brought, by name. */
  readonly failures: readonly string[]
  /** Why it is thought to have been made because of a failure. */
  readonly rework: string | undefined
}

/** A share of deployments. Undefined: nothing can be said. `expected` need not be whole. */
export type KeyShare = {
  readonly expected: number
  readonly of: number
  readonly share: number
  readonly low: number
  readonly high: number
}

/** The five keys. Undefined wherever nothing can be said: no data is not zero. */
export type Keys = {
  readonly frequency:
    | { readonly deployments: number; readonly perWeek: number; readonly activeDays: number; readonly gap: Spread | undefined }
    | undefined
  readonly lead: Timed | undefined
  readonly failRate: KeyShare | undefined
  readonly recovery: Timed | undefined
  readonly rework: KeyShare | undefined
}
type Spread = { readonly p50: number; readonly p85: number; readonly p95: number }
/** `ended` of `count` are over. */
export type Timed = {
  readonly count: number
  readonly ended: number
  readonly p50: Quantile
  readonly p85: Quantile
  readonly p95: Quantile
}

/** @param known - kinds of failure that were ever told of, by then */
export function keysOf(all: readonly Material[], known: Known): Keys {
  const deployments = all.flatMap((one) => one.deployments)
  const ran = deployments.filter((one) => one.ran)
  const lead = all.flatMap(({ passages, window }) => passages.map(({ arrived, reached }) => [arrived, reached, window.asOf] as const))
  // One failure of many streams is one.
  const failures = new Map(
    all.flatMap((one) => one.failures.map(({ failure }) => [nameOf(failure), { failure, asOf: one.window.asOf }] as const)),
  )
  const recovery = [...failures.values()].map(({ failure, asOf }) => [failure.began, failure.resolved, asOf] as const)
  const failing = known.size === 0 ? undefined : deployments
  return {
    frequency: frequencyOf(all, ran),
    lead: timed(lead),
    failRate: failing && shareOf(failing, ({ failed }) => failed),
    recovery: timed(recovery),
    rework:
      failing &&
      shareOf(
        failing.filter((one) => one.ran),
        (one) => (one.rework === undefined ? 0 : 1),
      ),
  }
}

export const nameOf = ({ kind, id, stream = '', environment = '' }: Blamed['failure']) => `${kind} ${stream}/${environment} ${id}`

/** Of the window, as many as the stream is known; a week of it at least, for the beginning of one is no pace. */
function daysOf({ window, knownSince }: Material): number {
  const end = Math.min(window.until, window.asOf)
  return (end - Math.max(window.since, Math.min(knownSince, end - 7 * dayMs))) / dayMs
}

function frequencyOf(all: readonly Material[], ran: readonly KeyDeployment[]): Keys['frequency'] {
  const days = Math.max(0, ...all.map(daysOf))
  if (all.length === 0 || days === 0) return undefined
  const times = Float64Array.from(ran, ({ at }) => at).sort()
  const gaps = times
    .subarray(1)
    .map((at, index) => at - times[index]!)
    .sort()
  const [p50, p85, p95] = [0.5, 0.85, 0.95].map((share) => quantile(gaps, share))
  return {
    deployments: ran.length,
    perWeek: (ran.length / days) * 7,
    activeDays: times.reduce(
      (count, at, index) => (Math.floor(at / dayMs) === Math.floor((times[index - 1] ?? -1) / dayMs) ? count : count + 1),
      0,
    ),
    gap: p50 === undefined ? undefined : { p50, p85: p85!, p95: p95! },
  }
}

function timed(spans: readonly (readonly [began: number, ended: number | undefined, asOf: number])[]): Timed | undefined {
  if (spans.length === 0) return undefined
  const curve = survival(
    new Float64Array(spans.length).map((_, at) => Math.max(0, (spans[at]![1] ?? spans[at]![2]) - spans[at]![0])),
    new Uint8Array(spans.length).map((_, at) => (spans[at]![1] === undefined ? 0 : 1)),
  )
  const [p50, p85, p95] = [0.5, 0.85, 0.95].map((share) => survivalQuantile(curve, share))
  return { count: curve.count, ended: curve.events, p50: p50!, p85: p85!, p95: p95! }
}

function shareOf(deployments: readonly KeyDeployment[], weight: (one: KeyDeployment) => number): KeyShare | undefined {
  const of = deployments.length
  if (of === 0) return undefined
  const expected = deployments.reduce((sum, one) => sum + weight(one), 0)
  // The interval is of the share as if it were counted: what is expected is treated as hits, also where it is not whole.
  return { expected, of, share: expected / of, ...wilson({ hits: expected, of }, 0.025) }
}
