import { isSystemError, messageOf, ThreewaysError } from '../../../kernel/errors.ts'
import { legible } from '../../../kernel/legible.ts'
import type { Hiding } from '../../../kernel/scanning/scanner.ts'
import type { StepEnd } from '../execution.ts'

/** What the ledger will never take. */
export const unrecordable = (error: unknown): StepEnd => ({
  end: 'failed',
  final: true,
  fault: 'infrastructure',
  message: `its outcome could not be recorded: ${describe(error)}`,
})

/** An attempt that could not be made to its end. */
export const failedBy = (error: unknown): StepEnd & { end: 'failed' } => ({
  end: 'failed',
  message: describe(error),
  fault: isOfTheMachine(error) ? 'infrastructure' : 'change',
})

/** Our own store: not to be reached, or without room for more. It passes. */
export const isAway = (error: unknown): boolean =>
  error instanceof ThreewaysError && (error.code === 'LEDGER_UNAVAILABLE' || error.code === 'LEDGER_FULL')

/** The machine could not do what was asked: no room, no port, no database, a defect of ours. Nothing of that is the change's. */
function isOfTheMachine(error: unknown): boolean {
  if (error instanceof ThreewaysError) return error.kind === 'unavailable' || error.kind === 'internal'
  return !isSystemError(error) || exhausted.test(error.code ?? '')
}
const exhausted = /^E(?:NOSPC|DQUOT|MFILE|NFILE|NOMEM|AGAIN|IO|ROFS)$/

const messageLengthMax = 8 * 1024

/** A message quotes what programs said, which can be anything; this can be stored and read. */
export function legibly<End extends StepEnd>(end: End): End {
  if (!('message' in end) || end.message === undefined) return end
  const { message } = end
  return { ...end, message: message.length > messageLengthMax ? `${legible(message.slice(0, messageLengthMax))}…` : legible(message) }
}

/** How a step ended, as it may be told. */
export function hidden(end: StepEnd, hiding: Hiding): StepEnd {
  const told = 'message' in end && end.message !== undefined ? { ...end, message: hiding.text(end.message) } : end
  return legibly('output' in told && told.output ? { ...told, output: hiding.json(told.output) } : told)
}

/** All that an error knows, for the step's message. */
export function describe(error: unknown): string {
  if (!(error instanceof ThreewaysError)) return messageOf(error)
  const faults = error.faults.map(({ path: place, file, line, message }) => {
    const where = file === undefined ? place : `${file}:${line}`
    return error.message.includes(message) ? `\nin ${where}` : `\n${where}: ${message}`
  })
  return `${error.message}${faults.join('')}${error.help === undefined ? '' : `\n${error.help}`}`
}
