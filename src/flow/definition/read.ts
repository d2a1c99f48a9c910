import { invalid, type Fault, type ThreewaysError } from '../../kernel/errors.ts'
import type { ReadDefinition } from './definition.ts'
import { faultsMax, readDocument } from './document.ts'
import { withoutForeign } from './foreign.ts'
import { faultsOf } from './issues.ts'
import { normalise } from './normalise.ts'
import { outlineOf } from './outline.ts'
import { DefinitionFile } from './schema.ts'
import { meaningFaults } from './semantics.ts'
import { decode } from './text.ts'

/** Name of the file in a repository. */
export const definitionFile = 'threeways.yaml'

/**
 * Reads a definition. Pure. Every fault is found in one go, each with line, column and what to do.
 *
 * @param file - its name, for the faults
 * @throws ThreewaysError `DEFINITION_INVALID` with `faults`
 */
export function readDefinition(source: string | Uint8Array, file: string): ReadDefinition {
  const text = decode(source, file)
  if (typeof text !== 'string') throw refusal([text], file)
  const { value, places, faults: written, broken, untold } = readDocument(text, file)
  if (broken) throw refusal(written, file, untold)
  const document = withoutForeign(value, DefinitionFile)
  const parsed = DefinitionFile.safeParse(document)
  const form = parsed.success ? [] : faultsOf(parsed.error, DefinitionFile, document, places).filter(notIn(written))
  const faulty = [...written, ...form].map((fault) => fault.path)
  const meaning = meaningFaults(outlineOf(document, faulty), places).filter(notIn([...written, ...form]))
  const faults = [...written, ...form, ...meaning]
  if (!parsed.success || faults.length > 0) throw refusal(faults, file)
  return { definition: normalise(parsed.data), team: parsed.data['x-threeways'].team, positions: places, document: value }
}

/** A value that could not be read or has the wrong form is told once. */
function notIn(told: readonly Fault[]): (fault: Fault) => boolean {
  const paths = new Set(told.map((fault) => fault.path))
  return (fault) => fault.path === '' || !paths.has(fault.path)
}

function refusal(found: readonly Fault[], file: string, untold = 0): ThreewaysError {
  const faults = found.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
  const first = faults[0]!
  const more = faults.length - 1 + untold
  const others = more === 0 ? '' : ` (and ${more} more)`
  return invalid('DEFINITION_INVALID', {
    message: `${file}:${first.line}:${first.column}: ${first.path === '' ? '' : `${first.path.slice(1)}: `}${first.message}${others}`,
    ...(first.help === undefined ? {} : { help: first.help }),
    faults: faults.slice(0, faultsMax),
  })
}
