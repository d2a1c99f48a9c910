import { firstThat } from '../../../kernel/search.ts'
import { benjaminiHochberg } from '../../../kernel/statistics/multiplicity.ts'
import { fisherGreater } from '../../../kernel/statistics/proportions.ts'

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

type Deployment = { readonly stream: string; readonly at: number }

/** Fewer say nothing. */
const leastTogether = 3
/** Where more than so many of all streams, and more than five, are deployed at once, somebody deploys all of them. */
const massShare = 0.2
const massLeast = 5

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
  const { times, mass } = timesOf(deployments, spanMs)
  const active = Float64Array.from(times.keys()).toSorted()
  const own = new Map<string, number[]>()
  const together = new Map<string, number>()
  for (const time of active) {
    const streams = [...times.get(time)!].toSorted()
    for (const [index, a] of streams.entries()) {
      const before = own.get(a)
      if (before) before.push(time)
      else own.set(a, [time])
      for (const b of streams.slice(index + 1)) together.set(`${a}\u0000${b}`, (together.get(`${a}\u0000${b}`) ?? 0) + 1)
    }
  }
  const looked = [...together].flatMap(([pair, count]) => {
    const [a, b] = pair.split('\u0000') as [string, string]
    return count < leastTogether || !isPair(a, b) ? [] : [couplingOf(a, b, count, own.get(a)!, own.get(b)!, active)]
  })
  return { pairs: corrected(looked), looked: looked.length, mass }
}

function timesOf(deployments: readonly Deployment[], spanMs: number) {
  const all = new Map<number, Set<string>>()
  const streams = new Set<string>()
  for (const { stream, at } of deployments) {
    const time = Math.floor(at / spanMs)
    streams.add(stream)
    const there = all.get(time)
    if (there) there.add(stream)
    else all.set(time, new Set([stream]))
  }
  const most = Math.max(massLeast, massShare * streams.size)
  const times = new Map([...all].filter(([, names]) => names.size <= most))
  return { times, mass: all.size - times.size }
}

function couplingOf(
  a: string,
  b: string,
  together: number,
  ofA: readonly number[],
  ofB: readonly number[],
  active: Float64Array,
): Coupling {
  // Only while both were there: two that came in the same year are not coupled by that.
  const first = Math.max(ofA[0]!, ofB[0]!)
  const last = Math.min(ofA.at(-1)!, ofB.at(-1)!)
  const between = (times: ArrayLike<number>) => below(times, last + 1) - below(times, first)
  const [timesA, timesB, times] = [between(ofA), between(ofB), between(active)]
  const rest = { hits: timesB - together, of: times - timesA }
  const lift = (together * times) / (timesA * timesB)
  // What is no more than by chance needs no test.
  const p = lift <= 1 ? 1 : fisherGreater({ hits: together, of: timesA }, rest)
  const [confidenceA, confidenceB] = [together / timesA, together / timesB]
  const confidence = Math.max(confidenceA, confidenceB)
  return { a, b, together, timesA, timesB, times, support: together / times, confidence, confidenceA, confidenceB, lift, p }
}

/** How many of ascending times lie before one. */
const below = (times: ArrayLike<number>, time: number): number => firstThat(times.length, (at) => times[at]! >= time)

function corrected(pairs: readonly Coupling[]): readonly Coupling[] {
  const sorted = pairs.toSorted((a, b) => a.p - b.p || b.lift - a.lift)
  const adjusted = benjaminiHochberg(sorted.map(({ p }) => p))
  return sorted.map((pair, place) => ({ ...pair, p: adjusted[place]! }))
}
