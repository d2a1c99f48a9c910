import { firstLine } from '../../kernel/legible.ts'
import type { CommitStatus } from './commit-status.port.ts'
import type { StepRow } from '../pipeline/tables.ts'
import type { RunState } from '../pipeline/work.ts'

type Step = Pick<StepRow, 'stage' | 'name' | 'state' | 'message' | 'waiting'>
export type Outcome = Pick<CommitStatus, 'state' | 'description'> & { readonly stage: string }

/** How each stage of a run stands, in a word and a sentence. Stages that it has not come to are left out. Pure. */
export function outcomesOf(run: RunState, steps: readonly Step[]): readonly Outcome[] {
  const stages = Map.groupBy(
    steps.filter(({ stage }) => stage !== null),
    ({ stage }) => stage!,
  )
  return [...stages].flatMap(([stage, own]) => {
    const outcome = outcomeOf(run, own)
    return outcome === undefined ? [] : [{ stage, ...outcome }]
  })
}

function outcomeOf(run: RunState, steps: readonly Step[]): Omit<Outcome, 'stage'> | undefined {
  const failed = steps.find(({ state }) => state === 'failed')
  if (failed)
    return { state: 'failure', description: `${failed.name} failed${failed.message === null ? '' : `: ${firstLine(failed.message)}`}` }
  const lost = steps.find(({ state }) => state === 'needs-attention')
  if (lost)
    return { state: 'error', description: `${lost.name} needs a person${lost.message === null ? '' : `: ${firstLine(lost.message)}`}` }
  const waiting = steps.find((step) => step.waiting !== null)?.waiting
  if (waiting && run !== 'cancelled') return { state: 'pending', description: `${waiting.why}; waits for ${waiting.for}` }
  const working = steps.find(({ state }) => state === 'running')
  if (working) return { state: 'running', description: `${working.name} is under way` }
  if (steps.every(({ state }) => state === 'skipped' || state === 'pending')) return undefined
  if (steps.every(({ state }) => state === 'succeeded' || state === 'skipped')) return { state: 'success', description: 'verified' }
  return run === 'cancelled'
    ? { state: 'error', description: 'the delivery was cancelled' }
    : { state: 'running', description: 'under way' }
}
