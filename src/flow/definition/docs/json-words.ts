import { durationPattern } from '../../../kernel/duration.ts'

/** A part of a JSON Schema, as far as the reference reads it. */
export type Part = {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Part
  readonly anyOf?: readonly Part[]
  readonly properties?: Readonly<Record<string, Part>>
  readonly additionalProperties?: Part | boolean
  readonly required?: readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  null: 'nothing',
  object: 'map',
}

/** What a value is, in words: `text or list of text`. */
export function inWords(part: Part): string {
  if (part.const !== undefined) return code(part.const)
  if (part.enum) return part.enum.map(code).join(', ')
  if (part.anyOf) return [...new Set(part.anyOf.map(inWords))].join(' or ')
  // Text that YAML reads as a number or truth value is text all the same.
  if (Array.isArray(part.type))
    return part.type.includes('string') ? 'text' : part.type.map((type: string) => words[type] ?? type).join(' or ')
  if (part.type === 'array') return `list of ${grouped(inWords(part.items ?? {}))}`
  if (part.type === 'object' && typeof part.additionalProperties === 'object')
    return `map of names to ${grouped(inWords(part.additionalProperties))}`
  if (part.type === 'string' && part.pattern === durationPattern) return 'duration'
  if (part.format === 'date-time') return 'time'
  if (part.pattern?.startsWith('^sha256:')) return 'digest'
  const range = part.maximum !== undefined && part.maximum < Number.MAX_SAFE_INTEGER ? ` from ${part.minimum ?? 0} to ${part.maximum}` : ''
  return `${words[String(part.type)] ?? 'anything'}${range}`
}

const grouped = (words: string) => (words.includes(' or ') ? `(${words})` : words)

/** A value as it is written in YAML, for the middle of a sentence or a table. */
export function code(value: unknown): string {
  return `\`${inline(value)}\``
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, member]) => `${key}: ${inline(member)}`)
      .join(', ')}}`
  }
  return typeof value === 'string' && /^[A-Za-z./][\w ./-]*$|^\d+(ms|s|m|h)$/.test(value) ? value : JSON.stringify(value)
}

/** Text for one cell of a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
