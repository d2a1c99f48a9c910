import { messageOf, ThreewaysError } from '../../kernel/errors.ts'
import { legible } from '../../kernel/legible.ts'
import type { StepEnd } from './execution.ts'

/** What the ledger will never take. */
export const unrecordable = (error: unknown): StepEnd => ({
  end: 'failed',
  final: true,
  fault: 'infrastructure',
  message: `its outcome could not be recorded: ${describe(error)}`,
})

const messageLengthMax = 8 * 1024

/** A message quotes what programs said, which can be anything; this can be stored and read. */
export function legibly(end: StepEnd): StepEnd {
  if (!('message' in end) || end.message === undefined) return end
  const { message } = end
  return { ...end, message: message.length > messageLengthMax ? `${legible(message.slice(0, messageLengthMax))}…` : legible(message) }
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
