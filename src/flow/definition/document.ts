import { isMap, isScalar, Lexer, parseDocument, type Document, type Node } from 'yaml'
import type { Json } from '../../kernel/digest.ts'
import { invalid, type Fault, type ThreewaysError } from '../../kernel/errors.ts'
import { NodeReader, type Dollars } from './node-reader.ts'
import { placesIn, type Complaint, type Places } from './places.ts'
import { syntaxFault } from './syntax.ts'

/** What the text says, with every fault of writing; meaning is judged elsewhere. */
export type ParsedDocument = {
  readonly value: Json
  readonly places: Places
  readonly faults: readonly Fault[]
  /** No YAML, or too large: what it means cannot be told. */
  readonly broken: boolean
  /** Faults beyond those listed. */
  readonly untold: number
}

/** Words, signs and breaks of the text. The parser's time and memory grow with them, most of all in text that is no YAML. */
const tokensMax = 100_000

/** More faults than anyone reads at once are counted, not listed. */
export const faultsMax = 100

/** Reads YAML 1.2 into JSON and remembers where everything stands. Merge keys and aliases are followed; as in Compose, `$$` becomes `$`. */
export function readDocument(text: string, file: string, dollars: Dollars = 'compose'): ParsedDocument {
  const places = placesIn(file, text)
  const end = beyond(text, tokensMax)
  if (end !== undefined) {
    const message = `has more than ${tokensMax} words and signs`
    const fault = places.atOffset(end, '', { message, value: file, help: 'is this the right file? no definition needs so much' })
    return { value: null, places, faults: [fault], broken: true, untold: 0 }
  }
  const document = parseDocument(text, { uniqueKeys: false, merge: false, prettyErrors: false, version: '1.2' })
  const problems = [...document.errors, ...document.warnings]
  if (problems.length > 0) {
    const faults = problems.slice(0, faultsMax).map((problem) => syntaxFault(problem, text, places))
    return { value: null, places, faults, broken: true, untold: problems.length - faults.length }
  }
  const complaint = unreadable(document)
  if (complaint) return { value: null, places, faults: [places.atOffset(0, '', complaint)], broken: true, untold: 0 }
  const reader = new NodeReader(text, places, dollars)
  const value = reader.read(document.contents as Node, [], undefined)
  return { value, places, faults: reader.faults, broken: reader.refused, untold: 0 }
}

/** What the lexer says between the tokens of the text. */
const lexerSigns = new Set(['\u0002', '\u0018', '\u001f'])

/** Where the token after the first so many begins; undefined when there are not so many. */
function beyond(text: string, tokens: number): number | undefined {
  let offset = 0
  let count = 0
  for (const token of new Lexer().lex(text)) {
    if (++count > tokens) return offset
    if (!lexerSigns.has(token)) offset += token.length
  }
  return undefined
}

function unreadable(document: Document): Complaint | undefined {
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    return {
      message: `the file asks for YAML ${document.directives.yaml.version}`,
      help: 'remove the %YAML line: the file is read as YAML 1.2',
    }
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return { message: 'the file is empty', help: 'write one with `threeways init`' }
  }
  if (!isMap(document.contents)) return { message: 'the file should hold keys and values', help: 'begin with `name:` and `services:`' }
  return undefined
}

/**
 * The refusal of a document that is no definition: every fault in the order of its lines, the first of them in the sentence.
 * @param document.help - what the reader advises about a file as a whole is meant for definitions; this takes its place
 */
export function refusedDocument(
  code: string,
  found: readonly Fault[],
  { file, help }: { readonly file: string; readonly help: string },
): ThreewaysError {
  const faults = found
    .map((fault) => (fault.path === '' || fault.help?.includes('docs/definition.md') ? { ...fault, help } : fault))
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
  const first = faults[0]!
  const others = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`
  return invalid(code, {
    message: `${file}:${first.line}:${first.column}: ${first.path === '' ? '' : `${first.path.slice(1)}: `}${first.message}${others}`,
    help: first.help ?? help,
    faults: faults.slice(0, faultsMax),
  })
}
