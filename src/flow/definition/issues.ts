import type { z } from 'zod'
import type { $ZodIssue } from 'zod/v4/core'
import type { Json } from '../../kernel/digest.ts'
import type { Fault } from '../../kernel/errors.ts'
import { pointerOf, type Places } from './places.ts'
import { exampleAt, keysAt } from './schema/shape.ts'
import { nearest } from './suggest.ts'

type Path = readonly PropertyKey[]

/** Says what a value that does not meet the schema should have been, with its place in the file. */
export function faultsOf(error: z.ZodError, schema: z.ZodType, document: Json, places: Places): readonly Fault[] {
  const translate = (issue: $ZodIssue, above: Path): readonly Fault[] => {
    const path = [...above, ...issue.path]
    const pointer = pointerOf(path)
    const value = valueAt(document, path)
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => unknownKey(key, path, schema, places))
      case 'invalid_key': {
        const rule = issue.issues[0]?.message ?? 'is not allowed'
        const help = rule.includes('variable') ? 'for example LOG_LEVEL' : 'for example order-api'
        return [places.atKey(pointer, { message: `the name "${String(path.at(-1))}" ${rule}`, help })]
      }
      case 'invalid_union': {
        const branch = mostMeant(issue.errors)
        if (branch) return branch.flatMap((inner) => translate(inner, path))
      }
    }
    if (value === undefined) return [missing(path, schema, places)]
    const params = issue.code === 'custom' ? (issue.params as { help?: string; offset?: number } | undefined) : undefined
    return [
      places.atValue(
        pointer,
        { message: messageOf(issue, value), help: params?.help ?? helpFor(issue, value, path, schema), value },
        params?.offset,
      ),
    ]
  }
  return error.issues.flatMap((issue) => translate(issue, []))
}

/** Of a union's branches the one whose outer form fits what was written; undefined when none does. */
function mostMeant(branches: readonly (readonly $ZodIssue[])[]): readonly $ZodIssue[] | undefined {
  const fitting = branches.filter((issues) => issues.length > 0 && !issues.some((issue) => issue.path.length === 0 && isWrongForm(issue)))
  // One of the kind that its own `type` names, whatever else is wrong with it.
  const named = fitting.filter((issues) => !issues.some(({ path }) => path.length === 1 && path[0] === 'type'))
  return (named.length > 0 ? named : fitting).toSorted((a, b) => a.length - b.length)[0]
}

function isWrongForm(issue: $ZodIssue): boolean {
  if (issue.code === 'invalid_union') return mostMeant(issue.errors) === undefined
  return issue.code === 'invalid_type' && issue.expected !== 'int'
}

function messageOf(issue: $ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (!issue.message.startsWith('Invalid ')) return issue.message
      return `should be ${formName(issue.expected)}, got ${formOf(value)}`
    case 'invalid_union': {
      const forms = [...new Set(expectedForms(issue))]
      return `should be ${forms.join(' or ')}, got ${formOf(value)}`
    }
    case 'invalid_value':
      if (!issue.message.startsWith('Invalid ')) return issue.message
      return `should be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((each) => JSON.stringify(each)).join(', ')}, got ${formOf(value)}`
    case 'too_small':
    case 'too_big': {
      if (!/^(Too |Invalid )/.test(issue.message)) return issue.message
      const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
      return issue.origin === 'string' ? `should have ${limit} characters` : `should be ${limit}, got ${formOf(value)}`
    }
    default:
      return issue.message
  }
}

const formNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  null: 'nothing',
}

const formName = (form: string) => formNames[form] ?? form

function expectedForms(issue: $ZodIssue): readonly string[] {
  if (issue.code === 'invalid_type') return [formName(issue.expected)]
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(expectedForms) : []
}

function formOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map of keys'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function helpFor(issue: $ZodIssue, value: unknown, path: Path, schema: z.ZodType): string {
  if (issue.code === 'invalid_value') {
    if (value === false && issue.values.includes('no')) return 'write "no" in quotes'
    const words = issue.values.filter((each) => typeof each === 'string')
    const near = typeof value === 'string' ? nearest(value, words) : undefined
    if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`
    return words.length > 1 ? 'choose one of them' : `write ${issue.values.map(String).join(' or ')}`
  }
  if (typeof value === 'number' && issue.message.startsWith('should be a duration')) return `for example ${value}s or ${value}ms`
  const example = exampleAt(schema, path)
  return example === undefined ? 'see the example in docs/definition.md' : `for example ${inYaml(example)}`
}

function unknownKey(key: string, path: Path, schema: z.ZodType, places: Places): Fault {
  const { names, notes } = keysAt(schema, path)
  const told = (message: string, help: string) => places.atKey(pointerOf([...path, key]), { message, help })
  const note = (table: Readonly<Record<string, string>> = {}) => (Object.hasOwn(table, key) ? table[key] : undefined)
  const instead = note(notes.compose)
  if (instead !== undefined) return told(`"${key}" is valid in Compose, but not honoured by processes`, instead)
  const elsewhere = note(notes.elsewhere)
  if (elsewhere !== undefined) return told(`"${key}" does not stand here`, elsewhere)
  const near = nearest(key, names)
  return told(`unknown key "${key}"`, near === undefined ? `keys here: ${names.join(', ')}` : `did you mean "${near}"?`)
}

function missing(path: Path, schema: z.ZodType, places: Places): Fault {
  const key = String(path.at(-1))
  const example = exampleAt(schema, path)
  const help = `add it${example === undefined ? '' : `, for example ${key}: ${inYaml(example)}`}`
  return places.atKey(pointerOf(path), { message: `"${key}" is missing`, help })
}

/** A value in YAML's flow form, for one line. */
function inYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(', ')}]`
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, member]) => `${key}: ${inYaml(member)}`)
      .join(', ')}}`
  }
  return typeof value === 'string' && /^[A-Za-z./][\w ./-]*$/.test(value) ? value : JSON.stringify(value)
}

function valueAt(document: Json, path: Path): unknown {
  let at: unknown = document
  for (const key of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<PropertyKey, unknown>)[key]
  }
  return at
}
