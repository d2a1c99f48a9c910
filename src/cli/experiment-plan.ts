import { readDocument, refusedDocument } from '../flow/definition/document.ts'
import { faultsOf } from '../flow/definition/issues.ts'
import type { Fault, ThreewaysError } from '../kernel/errors.ts'
import { PlanFile } from '../learning/experiment/schemas.ts'

const planHelp = 'see the example in docs/experiments.md'

/**
 * A plan out of its file, with its faults of form at their places.
 * @throws ThreewaysError `EXPERIMENT_PLAN` of what cannot be read
 */
export function planFrom(text: string, file: string) {
  const { value, places, faults: written, broken } = readDocument(text, file, 'plain')
  if (broken || written.length > 0) throw refusedDocument('EXPERIMENT_PLAN', written, { file, help: planHelp })
  const read = PlanFile.safeParse(value)
  const here = read.success ? [] : faultsOf(read.error, PlanFile, value, places)
  return {
    value,
    /** What the server found besides, also at its place: all of it at once. */
    refusal(found: readonly Fault[]): ThreewaysError {
      const known = new Set(here.map(({ path }) => path))
      const there = found.flatMap(({ path, message, help = planHelp }) =>
        known.has(path) ? [] : [places.atValue(path, { message, help })],
      )
      return refusedDocument('EXPERIMENT_PLAN', [...here, ...there], { file, help: planHelp })
    },
  }
}
