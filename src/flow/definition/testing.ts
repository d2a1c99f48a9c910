import { ThreewaysError, type Fault } from '../../kernel/errors.ts'
import { readDefinition } from './read.ts'

/** The faults of a text as people would see them: `line:column message`. Empty when it is a definition. */
export function faultsIn(text: string | Uint8Array): readonly string[] {
  return faultsOf(text).map((fault) => `${fault.line}:${fault.column} ${fault.message}`)
}

export function faultsOf(text: string | Uint8Array): readonly Fault[] {
  try {
    readDefinition(text, 'threeways.yaml')
    return []
  } catch (error) {
    if (error instanceof ThreewaysError && error.code === 'DEFINITION_INVALID') return error.faults
    throw error
  }
}

/** Stands in a test's text before each place where a fault is expected. */
const mark = '▸'

/** What is wrong with a text in which `▸` marks the places, and what should be: the messages at these places, in order. */
export function judged(
  marked: string,
  messages: readonly string[],
): { readonly found: readonly string[]; readonly expected: readonly string[] } {
  const pieces = marked.split(mark)
  const places = pieces.slice(1).map((_, index) => {
    const before = pieces
      .slice(0, index + 1)
      .join('')
      .split('\n')
    return `${before.length}:${before.at(-1)!.length + 1}`
  })
  return { found: faultsIn(pieces.join('')), expected: messages.map((message, index) => `${places[index]} ${message}`) }
}

/** A small definition; each part can be written anew. */
export function definitionText(
  parts: { services?: string; artifact?: string; environments?: string; checks?: string; stages?: string } = {},
): string {
  return [
    'name: shop',
    `services: ${parts.services ?? '{web: {x-run: {command: [node, server.js]}, ports: ["3000"], healthcheck: {x-http: /healthz}}}'}`,
    'x-threeways:',
    '  version: 1',
    `  artifact: ${parts.artifact ?? '{pack: [.]}'}`,
    `  environments: ${parts.environments ?? '{dev: {}, production: {}}'}`,
    `  checks: ${parts.checks ?? '{unit: {run: npm test}}'}`,
    `  pipeline: {stages: ${parts.stages ?? '[{name: dev, environment: dev, checks: [unit]}]'}}`,
    '',
  ].join('\n')
}
