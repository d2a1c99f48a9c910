import { makeAgenda } from '../../simulation/heap.ts'

/** Something that needs a runner. Milliseconds. */
export type PoolJob = {
  /** When it may begin, where nothing before it decides that. */
  readonly ready: number
  /** Index of the job that must be over before it; -1: none. Then it may begin `gap` after that one. */
  readonly after: number
  readonly gap: number
  /** For so long it keeps a runner. */
  readonly ms: number
}

export type Ran = {
  /** When each might have begun, began and was over. */
  readonly ready: Float64Array
  readonly begun: Float64Array
  readonly ended: Float64Array
}

const [asks, ends] = [0, 1]

/**
 * Jobs on so many runners, first come first served; a job that waits for another comes when that one is over.
 * @param jobs - `after` leads back to a job without one
 * @param runners - 1 or more
 */
export function runPool(jobs: readonly PoolJob[], runners: number): Ran {
  const [ready, begun, ended] = [0, 1, 2].map(() => new Float64Array(jobs.length).fill(Number.POSITIVE_INFINITY)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const followers = new Map<number, number[]>()
  const agenda = makeAgenda(Math.max(16, jobs.length))
  for (const [at, { after, ready: time }] of jobs.entries()) {
    if (after === -1) agenda.put(time, asks, at)
    else followers.set(after, [...(followers.get(after) ?? []), at])
  }
  const queue: number[] = []
  let [first, free] = [0, runners]
  while (agenda.size > 0) {
    agenda.take()
    const { at: now, kind, entity } = agenda
    if (kind === asks) {
      ready[entity] = now
      queue.push(entity)
    } else {
      free++
      for (const next of followers.get(entity) ?? []) agenda.put(now + jobs[next]!.gap, asks, next)
    }
    while (free > 0 && first < queue.length) {
      const job = queue[first++]!
      free--
      begun[job] = now
      ended[job] = now + jobs[job]!.ms
      agenda.put(ended[job]!, ends, job)
    }
  }
  return { ready, begun, ended }
}
