import { createEvaluator } from '../evaluate/evaluator.ts'
import type { Metadata } from '../evaluate/flag-set.ts'
import type { Budget } from '../dark/budget.ts'
import { createDark } from '../dark/dark.ts'
import type { Rehearsal } from '../dark/task.ts'
import { makeFakeTime } from './fake-time.ts'

export const user = { targetingKey: 'user-1' }
const setOf = (metadata: Metadata) => ({
  flags: {
    chat: { state: 'ENABLED' as const, variants: { on: true, off: false }, defaultVariant: 'off', metadata: { 'tw.rev': 4, ...metadata } },
  },
})

/** A flag that is dark, a unit that rehearses it, and time that does not pass by itself. */
export function darkStage(budget: Budget = {}, metadata: Metadata = { 'tw.state': 'dark' }) {
  const time = makeFakeTime()
  const flags = createEvaluator(setOf(metadata))
  let random = 0.99
  const dark = createDark({ evaluate: (flag, context) => flags.evaluate(flag, context), budget, time, random: () => random })
  const seen: string[] = []
  return {
    time,
    dark,
    seen,
    stand: (next: Metadata) => flags.update(setOf(next)),
    draw: (next: number) => void (random = next),
    rehearse: <R>(rehearsal: Rehearsal<R>) => dark('chat', user, rehearsal),
    /** What came of all rehearsals. */
    async result() {
      await time.pass(0)
      return dark.take()[0]
    },
  }
}
