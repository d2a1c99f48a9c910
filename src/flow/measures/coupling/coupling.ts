import { firstThat } from '../../../kernel/search.ts'
import { benjaminiHochberg } from '../../../kernel/statistics/multiplicity.ts'
import { fisherGreater } from '../../../kernel/statistics/proportions.ts'
import { timesOf, type Deployment, type Times } from './times.ts'

/** Two streams that are deployed together more often than by chance. */
export type Coupling = {
  readonly a: string
  readonly b: string
  /** Times that both were deployed. */
  readonly together: number
  /** Times that one of them was, while both were there. */
  readonly timesA: number
  readonly timesB: number
  /** Times that anything was deployed while both were there. */
  readonly times: number
  /** Of the times. */
  readonly support: number
  /** Of the times of the one that is deployed more seldom, so many with the other. */
  readonly confidence: number
  /** The same of the times of each. */
  readonly confidenceA: number
  readonly confidenceB: number
  /** So many times as often as by chance. */
  readonly lift: number
  /** How likely so many or more are by chance, of all pairs that were looked at: Benjamini and Hochberg's correction. */
  readonly p: number
}

export type Couplings = {
  /** The surest first. */
  readonly pairs: readonly Coupling[]
  /** Pairs that were looked at. */
  readonly looked: number
  /** Times that were left out, because so many streams were deployed at once that they say nothing of two of them. */
  readonly mass: number
}

/** Fewer say nothing. */
const leastTogether = 3

/**
 * Which streams are deployed together: pairs by the times (of `spanMs`) in which both were deployed, held against the times in which
 * anything was, so that neither working hours nor a busy year make a pair. Support, confidence and lift as for association rules
 * (Agrawal, Imielinski and Swami, 1993); Fisher's exact test, one-sided; corrected for the number of pairs by Benjamini and Hochberg (1995).
 * @param deployments - to one environment, of all streams
 * @param isPair - which of two streams are looked at. @defaultValue all
 */
export function couplingsOf(
  deployments: readonly Deployment[],
  spanMs: number,
  isPair: (a: string, b: string) => boolean = () => true,
): Couplings {
  const times = timesOf(deployments, spanMs)
  const { names } = times
  const own = timesOfEach(times)
  const looked = togetherIn(times)
    .filter(({ together, a, b }) => together >= leastTogether && isPair(names[a]!, names[b]!))
    // Where two are as sure as each other, those that met first stand first.
    .toSorted((one, other) => one.first - other.first || one.a - other.a || one.b - other.b)
    .map(({ a, b, together }) => couplingOf(names[a]!, names[b]!, together, own[a]!, own[b]!))
  return { pairs: corrected(looked), looked: looked.length, mass: times.mass }
}

/** When each stream was deployed: places of the times, ascending. */
function timesOfEach({ names, begins, streams }: Times): readonly Int32Array[] {
  const counts = new Int32Array(names.length)
  for (const stream of streams) counts[stream]!++
  const own = [...counts].map((count) => new Int32Array(count))
  counts.fill(0)
  for (let time = 0; time + 1 < begins.length; time++)
    for (let at = begins[time]!; at < begins[time + 1]!; at++) own[streams[at]!]![counts[streams[at]!]!++] = time
  return own
}

/** Two streams by their places, the times that both were deployed, and the first of these. */
type Met = { readonly a: number; readonly b: number; readonly together: number; readonly first: number }

/** Stream by stream, so that one row of counts is enough for however many there are. */
function togetherIn({ names, begins, streams }: Times): readonly Met[] {
  const timeAt = new Int32Array(streams.length)
  for (let time = 0; time + 1 < begins.length; time++) timeAt.fill(time, begins[time], begins[time + 1])
  const placesOf = Map.groupBy(streams.keys(), (at) => streams[at]!)
  const counts = new Int32Array(names.length)
  const firsts = new Int32Array(names.length)
  const all: Met[] = []
  for (const [a, places] of placesOf) {
    const others: number[] = []
    for (const at of places) {
      const time = timeAt[at]!
      for (let next = at + 1; next < begins[time + 1]!; next++) {
        const b = streams[next]!
        if (counts[b]!++ > 0) continue
        firsts[b] = time
        others.push(b)
      }
    }
    for (const b of others) {
      all.push({ a, b, together: counts[b]!, first: firsts[b]! })
      counts[b] = 0
    }
  }
  return all
}

/** @param ofA - places of the times of the one, among all times in which anything was deployed */
function couplingOf(a: string, b: string, together: number, ofA: Int32Array, ofB: Int32Array): Coupling {
  // Only while both were there: two that came in the same year are not coupled by that.
  const first = Math.max(ofA[0]!, ofB[0]!)
  const last = Math.min(ofA.at(-1)!, ofB.at(-1)!)
  const between = (times: Int32Array) => below(times, last + 1) - below(times, first)
  const [timesA, timesB, times] = [between(ofA), between(ofB), last + 1 - first]
  const rest = { hits: timesB - together, of: times - timesA }
  const lift = (together * times) / (timesA * timesB)
  // What is no more than by chance needs no test.
  const p = lift <= 1 ? 1 : fisherGreater({ hits: together, of: timesA }, rest)
  const [confidenceA, confidenceB] = [together / timesA, together / timesB]
  const confidence = Math.max(confidenceA, confidenceB)
  return { a, b, together, timesA, timesB, times, support: together / times, confidence, confidenceA, confidenceB, lift, p }
}

/** How many of ascending times lie before one. */
const below = (times: Int32Array, time: number): number => firstThat(times.length, (at) => times[at]! >= time)

function corrected(pairs: readonly Coupling[]): readonly Coupling[] {
  const sorted = pairs.toSorted((a, b) => a.p - b.p || b.lift - a.lift)
  const adjusted = benjaminiHochberg(sorted.map(({ p }) => p))
  return sorted.map((pair, place) => ({ ...pair, p: adjusted[place]! }))
}
