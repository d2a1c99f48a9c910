import { internal, ThreewaysError } from '../../../kernel/errors.ts'
import { definitionFile, readDefinition } from '../read.ts'
import type { ClueReader, ProjectFiles } from './clues.port.ts'
import { combine } from './combine.ts'
import type { Guess, LeftOut, Notes } from './draft.ts'
import { write } from './write.ts'

export type Proposal = {
  /** A valid definition with comments. */
  readonly yaml: string
  readonly guesses: readonly Guess[]
  readonly leftOut: readonly LeftOut[]
}

/**
 * Proposes a definition from what a repository has. Pure; whatever the files hold, the proposal is valid.
 *
 * @param readers - one per format, those that say most about services first
 */
export function proposeDefinition(project: ProjectFiles, readers: readonly ClueReader[]): Proposal {
  const notes: Notes = { guesses: [], leftOut: [] }
  const yaml = write(combine(project, readers, notes), notes.leftOut)
  try {
    readDefinition(yaml, definitionFile)
  } catch (cause) {
    if (!(cause instanceof ThreewaysError)) throw cause
    throw internal('PROPOSAL_INVALID', {
      message: `the proposed ${definitionFile} is not valid: ${cause.message}`,
      help: 'write it by hand and report this',
      cause,
    })
  }
  return { yaml, ...notes }
}
