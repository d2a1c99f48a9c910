import { compose } from '../connectors/compose/clues.ts'
import { dockerfile } from '../connectors/dockerfile/clues.ts'
import { npm } from '../connectors/npm/clues.ts'
import { procfile } from '../connectors/procfile/clues.ts'
import { initProject as init } from '../flow/definition/init/init.ts'

/** Formats `threeways init` reads: those that say most about services first. */
export const clueReaders = [compose, procfile, npm, dockerfile] as const

/** {@link init} with every format we read. */
export function initProject(folder: string, options: { readonly write: boolean }): ReturnType<typeof init> {
  return init(folder, { ...options, readers: clueReaders })
}
