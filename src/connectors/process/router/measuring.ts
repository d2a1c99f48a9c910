import type { Measured } from '../../../flow/environment/provider.port.ts'

/** Of so many latencies a uniform sample is kept, however many there were: enough for its quantiles, and bounded. */
const sampleMax = 2_000

/** One request on its way, for who passes it on. Whatever is told after its end is not heard. */
export type Passing = {
  /** The answer's head is there. A stream has no length worth measuring: it counts from now on. */
  began(status: number, isStream: boolean): void
  /** @param broken - the service broke its answer off; otherwise it is whole, or the client has gone */
  ended(broken: boolean): void
  /** Nothing was answered. */
  failed(): void
}

/** Counts what one deployment does with what it gets. @param random - from 0 to 1 */
export function makeMeter(now: () => number = () => performance.now(), random: () => number = Math.random) {
  let requests = 0
  let errors = 0
  /** With the number of its request, so that the order in which they came is known. */
  let sample: { readonly request: number; readonly ms: number }[] = []
  /** When those began of which nothing came back yet: one that hangs must be seen before its client gives up. */
  const silent = new Set<{ readonly sinceMs: number }>()

  function count(ms: number, isError: boolean): void {
    requests++
    if (isError) errors++
    const one = { request: requests, ms }
    if (sample.length < sampleMax) sample.push(one)
    else {
      const at = Math.floor(random() * requests)
      if (at < sampleMax) sample[at] = one
    }
  }

  return {
    begin(): Passing {
      const passing = { sinceMs: now() }
      let isOver = false
      let isError = false
      silent.add(passing)
      const end = (failed: boolean) => {
        if (isOver) return
        isOver = true
        silent.delete(passing)
        count(now() - passing.sinceMs, isError || failed)
      }
      return {
        began(status, isStream) {
          silent.delete(passing)
          isError = status >= 500
          if (isStream) end(false)
        },
        ended: (broken) => end(broken),
        failed: () => end(true),
      }
    },

    /** @param anew - what comes from now on is counted by itself */
    read(anew: boolean): Measured {
      const waitingMs = [...silent].map(({ sinceMs }) => now() - sinceMs)
      const inOrder = sample.toSorted((a, b) => a.request - b.request).map(({ ms }) => ms)
      const measured = { requests: requests + waitingMs.length, errors, latenciesMs: [...inOrder, ...waitingMs] }
      if (anew) {
        requests = errors = 0
        sample = []
      }
      return measured
    },
  }
}

export type Meter = ReturnType<typeof makeMeter>
