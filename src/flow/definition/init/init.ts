import { constants, copyFile, link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, refused, type ThreewaysError } from '../../../kernel/errors.ts'
import { newId } from '../../../kernel/ids.ts'
import { definitionFile } from '../read.ts'
import type { ClueReader } from './clues.port.ts'
import { readProject } from './project.ts'
import { proposeDefinition, type Proposal } from './propose.ts'

export type InitOptions = {
  /** false: only propose. */
  readonly write: boolean
  readonly readers: readonly ClueReader[]
}

/**
 * Proposes a definition for a folder, and writes it where none is.
 * @returns where it is or would be, and the proposal
 * @throws ThreewaysError `DEFINITION_EXISTS` when it should write and there is one; it is never overwritten
 */
export async function initProject(folder: string, { write, readers }: InitOptions): Promise<Proposal & { readonly file: string }> {
  const file = join(folder, definitionFile)
  const project = await readProject(
    folder,
    readers.flatMap(({ reads }) => reads),
  )
  // Before the work as well as after: a person should not read a proposal that cannot be written.
  if (write && project.paths.includes(definitionFile)) throw exists(file)
  const proposal = proposeDefinition(project, readers)
  if (write) await writeNew(file, proposal.yaml)
  return { file, ...proposal }
}

/** Whole or not at all, and never over another: a link to a complete file fails when the name is taken. */
async function writeNew(file: string, text: string): Promise<void> {
  const draft = `${file}.${newId()}.new`
  try {
    const handle = await open(draft, 'wx', 0o644)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(draft, file).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) throw error
      // Some file systems know no links; a crash may then leave half a file, but none is ever overwritten.
      return copyFile(draft, file, constants.COPYFILE_EXCL)
    })
  } catch (error) {
    throw hasCode(error, 'EEXIST') ? exists(file) : error
  } finally {
    await rm(draft, { force: true })
  }
}

function exists(file: string): ThreewaysError {
  return refused('DEFINITION_EXISTS', { message: `"${file}" exists`, help: 'see a proposal without writing it: `threeways init --print`' })
}
