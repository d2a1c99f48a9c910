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
