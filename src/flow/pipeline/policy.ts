import type { RunState, StepState } from './work.ts'

/** What deciding needs to know of a step. */
export type StepStanding = {
  readonly name: string
  readonly needs: readonly string[]
  readonly rule: 'success' | 'always'
  readonly undoes: string | null
  readonly state: StepState
}

export type Advance = {
  /** Steps whose time has come. */
  readonly ready: readonly string[]
  /** Steps that will never run, because what they need did not succeed. */
  readonly skipped: readonly string[]
  readonly run: RunState
}

const over: ReadonlySet<StepState> = new Set(['succeeded', 'failed', 'cancelled', 'skipped'])

/**
 * What happens next in a run. Called after every change of a step; answers the same for the same steps.
 * A cancelled run begins nothing new but the `always` steps that settle what was begun.
 */
export function advance(steps: readonly StepStanding[], cancelled: boolean): Advance {
  const states = new Map(steps.map(({ name, state }) => [name, state]))
  const ready: string[] = []
  const skipped: string[] = []
  // Steps stand in an order in which needs come first, so one pass sees what it skipped itself.
  for (const step of steps) {
    if (step.state !== 'pending') continue
    const verdict = step.rule === 'always' ? settles(step, states) : follows(step, states, cancelled)
    if (verdict === 'ready') ready.push(step.name)
    if (verdict === 'skip') {
      skipped.push(step.name)
      states.set(step.name, 'skipped')
    }
  }
  return { ready, skipped, run: runState([...states.values()], ready.length > 0, cancelled) }
}

function follows({ needs }: StepStanding, states: ReadonlyMap<string, StepState>, cancelled: boolean): 'ready' | 'skip' | 'later' {
  const before = needs.map((need) => states.get(need)!)
  if (before.some((state) => over.has(state) && state !== 'succeeded')) return 'skip'
  if (cancelled) return 'skip'
  return before.every((state) => state === 'succeeded') ? 'ready' : 'later'
}

function settles({ needs, undoes }: StepStanding, states: ReadonlyMap<string, StepState>): 'ready' | 'skip' | 'later' {
  if (!needs.every((need) => over.has(states.get(need)!))) return 'later'
  return undoes !== null && states.get(undoes) === 'succeeded' ? 'ready' : 'skip'
}

function runState(states: readonly StepState[], more: boolean, cancelled: boolean): RunState {
  if (states.includes('running') || more) return 'running'
  if (states.includes('needs-attention')) return 'needs-attention'
  if (states.includes('waiting')) return 'waiting'
  if (states.includes('pending')) return 'running'
  if (cancelled) return 'cancelled'
  if (states.includes('failed')) return 'failed'
  // Nobody cancelled the run: a newer change made it pointless.
  return states.includes('cancelled') ? 'cancelled' : 'succeeded'
}

/** Milliseconds until a failed step is tried again: 1 s, 2 s, 4 s … at most a minute. */
export function retryDelayMs(attempt: number): number {
  return Math.min(1000 * 2 ** (attempt - 1), 60_000)
}

/** The steps that running again from one of them repeats: itself and all that come after it. */
export function downstream(steps: readonly Pick<StepStanding, 'name' | 'needs'>[], from: string): readonly string[] {
  const again = new Set([from])
  for (const step of steps) {
    if (step.needs.some((need) => again.has(need))) again.add(step.name)
  }
  return steps.filter(({ name }) => again.has(name)).map(({ name }) => name)
}
