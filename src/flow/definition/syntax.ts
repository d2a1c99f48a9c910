import type { YAMLError } from 'yaml'
import type { Fault } from '../../kernel/errors.ts'
import type { Complaint, Places } from './places.ts'

const complaints: Partial<Record<YAMLError['code'], Complaint>> = {
  TAB_AS_INDENT: { message: 'a tab indents this line', help: 'indent with spaces: YAML knows no tabs there' },
  MULTIPLE_DOCS: { message: 'a second document begins here', help: 'keep one document: remove the "---" and what follows' },
  RESOURCE_EXHAUSTION: { message: 'nested too deeply', help: 'write it plainly: no definition needs so much' },
  BAD_ALIAS: { message: 'an alias has no name', help: 'write `*name`, or quote the text' },
  BAD_DQ_ESCAPE: { message: 'unknown escape in double quotes', help: 'write \\\\ for a backslash, or use single quotes' },
  BAD_SCALAR_START: { message: 'plain text cannot begin with this character', help: 'put the text in quotes' },
  BLOCK_AS_IMPLICIT_KEY: { message: 'a second ":" on the line', help: 'put text that holds ": " in quotes, or begin a new line' },
  MISSING_CHAR: {
    message: 'something is not closed or left out',
    help: 'look for a quote, bracket or colon that is missing before this place',
  },
  BAD_INDENT: {
    message: 'this line is not indented as its neighbours are',
    help: 'indent everything inside one map by the same number of spaces',
  },
  TAG_RESOLVE_FAILED: { message: 'tags have no meaning here', help: 'remove the "!…", or put the text in quotes' },
}

/** A fault of the YAML itself: in our words where there are any, with the parser's own behind them. */
export function syntaxFault(problem: YAMLError, text: string, places: Places): Fault {
  const offset = problem.pos[0]
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const line = text.slice(start, start + 200).split('\n', 1)[0]!
  const tab = /^ *\t/.test(line) && problem.code !== 'TAB_AS_INDENT'
  const known = tab ? complaints.TAB_AS_INDENT : complaints[problem.code]
  const message = [known?.message, inParsersWords(problem)].filter((each) => each !== undefined)
  const help = known?.help ?? 'compare with the example in docs/definition.md'
  return places.atOffset(offset, '', { message: `not YAML: ${message.join(': ')}`, help, value: line.trim() })
}

function inParsersWords({ code, message }: YAMLError): string | undefined {
  // Then the message speaks of the parser's stack, not of the file.
  if (code === 'RESOURCE_EXHAUSTION') return undefined
  const line = message.split('\n', 1)[0]!.replace(/; please use .*/, '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}
