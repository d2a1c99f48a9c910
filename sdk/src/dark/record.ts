import type { Refusal } from './budget.ts'
import { makeSketch, type Sketch } from './sketch.ts'

/** What was found when something was rehearsed once. */
export type Sample = {
  /** `noise`: control ran a second time instead of the candidate. */
  readonly kind: 'candidate' | 'noise'
  readonly controlMs: number
  readonly candidateMs: number
  /** In what they differ; undefined: in nothing. */
  readonly difference: string | undefined
  /** How the candidate failed; what it gave is then not compared. */
  readonly failure: 'threw' | 'timeout' | 'comparison' | undefined
}

export type Counts = { readonly compared: number; readonly different: number; readonly failed: number }

/** What rehearsals of one revision of a flag came to since the last report. All counts. */
export type Rehearsals = {
  readonly flag: string
  readonly revision: number | undefined
  readonly candidate: Counts
  /** Control against itself: what differs without any change. */
  readonly noise: Counts
  readonly timeouts: number
  /** Not begun, by reason. `unready`: control's answer cannot be awaited without asking for it again. */
  readonly dropped: Readonly<Record<Refusal | 'unready', number>>
  /** The commonest differences, and how often; `other` beyond the first 20. */
  readonly differences: readonly (readonly [difference: string, candidate: number, noise: number])[]
  /** Milliseconds, of samples in which the candidate answered. */
  readonly latency: { readonly control: Sketch; readonly candidate: Sketch }
}

const differencesMax = 20

/** Counts the rehearsals of one revision of a flag; bounded whatever comes. */
export function makeRecord(flag: string, revision: number | undefined) {
  const fresh = () => ({ compared: 0, different: 0, failed: 0 })
  let counts = { candidate: fresh(), noise: fresh() }
  let dropped = { rate: 0, concurrency: 0, cpu: 0, breaker: 0, unready: 0 }
  let timeouts = 0
  let anything = false
  const differences = new Map<string, [number, number]>()
  const latency = { control: makeSketch(), candidate: makeSketch() }

  function differs(kind: Sample['kind'], difference: string): void {
    const name = differences.has(difference) || differences.size < differencesMax ? difference : 'other'
    const both = differences.get(name) ?? [0, 0]
    both[kind === 'candidate' ? 0 : 1]++
    differences.set(name, both)
  }

  return {
    drop(why: Refusal | 'unready'): void {
      anything = true
      dropped[why]++
    },
    add({ kind, difference, failure, controlMs, candidateMs }: Sample): void {
      anything = true
      const count = counts[kind]
      if (failure === 'timeout') timeouts++
      if (failure === undefined) count.compared++
      else count.failed++
      if (difference !== undefined) {
        count.different++
        differs(kind, difference)
      }
      if (kind !== 'candidate' || failure !== undefined) return
      latency.control.add(controlMs)
      latency.candidate.add(candidateMs)
    },
    /** What there is since it was last taken; undefined: nothing. */
    take(): Rehearsals | undefined {
      if (!anything) return undefined
      const taken: Rehearsals = {
        flag,
        revision,
        ...counts,
        timeouts,
        dropped,
        differences: [...differences].map(([difference, [candidate, noise]]) => [difference, candidate, noise] as const),
        latency: { control: latency.control.take(), candidate: latency.candidate.take() },
      }
      counts = { candidate: fresh(), noise: fresh() }
      dropped = { rate: 0, concurrency: 0, cpu: 0, breaker: 0, unready: 0 }
      timeouts = 0
      anything = false
      differences.clear()
      return taken
    },
  }
}
