import type { RunState, StageCandidate, StepState } from '../api/types.ts'

/** Every state anything on the page can be in. */
export type State = RunState | StepState | StageCandidate['state'] | 'held' | 'stopped'

/** Which signal a state shows: the colour of its mark, bar and words. */
export type Signal = 'go' | 'move' | 'stop' | 'wait' | 'idle'

const signals: Record<State, Signal> = {
  queued: 'idle',
  pending: 'idle',
  skipped: 'idle',
  cancelled: 'idle',
  running: 'move',
  waiting: 'wait',
  held: 'stop',
  stopped: 'stop',
  succeeded: 'go',
  verified: 'go',
  failed: 'stop',
  'rolled-back': 'stop',
  'needs-attention': 'stop',
}

const words: Partial<Record<State, string>> = { 'rolled-back': 'rolled back', 'needs-attention': 'needs attention' }

export function signalOf(state: State): Signal {
  return signals[state]
}

export function wordFor(state: State): string {
  return words[state] ?? state
}

const ended: readonly State[] = ['succeeded', 'failed', 'cancelled', 'skipped', 'verified', 'rolled-back']

/** False for everything that may still move by itself or by a person. */
export function hasEnded(state: State): boolean {
  return ended.includes(state)
}
