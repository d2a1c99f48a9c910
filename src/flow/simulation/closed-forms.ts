import { uniform } from './random.ts'
import { exponential } from './times.ts'

/** Arrivals at random, with a mean time between them. */
export function poisson(count: number, mean: number, seed: number): Float64Array {
  const between = exponential(mean)
  let now = 0
  return Float64Array.from({ length: count }, (_, entity) => (now += between(uniform(seed, entity, -1, 0))))
}

/**
 * Mean waiting time before service where one arrives in a unit of time: Pollaczek and Khinchine for one server, Erlang's C for more
 * (Kleinrock, Queueing Systems I, 1975).
 * @param mean - of the service, less than `servers`
 */
export function waitingOf(servers: number, mean: number, kind: 'exponential' | 'constant'): number {
  if (kind === 'constant') return (mean * mean) / (2 * (1 - mean))
  let [term, sum] = [1, 0]
  for (let busy = 0; busy < servers; busy++) {
    sum += term
    term *= mean / (busy + 1)
  }
  const all = term / (1 - mean / servers)
  return ((all / (sum + all)) * mean) / (servers - mean)
}

/**
 * Mean time from arrival until it is through, where one arrives in a unit of time at one server that takes exponentially long, and what
 * fails waits again behind the others: a queue with feedback is one with a longer service (Jackson, Operations Research 5, 1957).
 * @param mean - of one try @param again - probability that it fails; `mean / (1 - again)` less than 1
 */
export function throughAfterTries(mean: number, again: number): number {
  const busy = mean / (1 - again)
  return busy / (1 - busy)
}
