import { Ajv2020, type DefinedError, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Fault } from '../kernel/errors.ts'

/** @returns undefined when the value is valid */
export type Validate = (value: unknown) => readonly ErrorObject[] | undefined

/** More faults than this help nobody, and a hostile document can have as many as it has bytes. */
const faultsMax = 20

let ajv: Ajv2020 | undefined

function validator(): Ajv2020 {
  if (ajv) return ajv
  ajv = new Ajv2020({ allErrors: true, verbose: true, discriminator: true, strict: true, allowUnionTypes: true, strictRequired: false })
  addFormats.default(ajv)
  return ajv
}

/** By the text of the schema: catalogues of one process, of which tests make many, say the same of most kinds. */
const compiled = new Map<string, Validate>()

/** Compiles a JSON Schema 2020-12, which takes milliseconds, once in this process. */
export function compile(schema: object): Validate {
  const text = JSON.stringify(schema)
  const known = compiled.get(text)
  if (known) return known
  const check = validator().compile(schema)
  const validate: Validate = (value) => (check(value) ? undefined : check.errors!)
  compiled.set(text, validate)
  return validate
}

/** What Ajv found, each at its place and in words. */
export function faultsOf(errors: readonly ErrorObject[] | undefined): readonly Fault[] {
  if (!errors) return []
  // A wrong member name is reported twice, once by the pattern inside.
  const told = (errors as readonly DefinedError[]).filter((error) => error.propertyName === undefined)
  return told.slice(0, faultsMax).map(faultOf)
}

function faultOf(error: DefinedError): Fault {
  const at = (name: string) => `${error.instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const here = { path: error.instancePath, value: shortened(error.data) }
  switch (error.keyword) {
    case 'required':
      return { path: at(error.params.missingProperty), message: 'is missing' }
    case 'additionalProperties': {
      const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {})
      return { path: at(error.params.additionalProperty), message: 'is not known here', help: `known: ${known.join(', ') || 'nothing'}` }
    }
    case 'propertyNames':
      return { path: at(error.params.propertyName), message: 'is not an attribute name: lower-case letters and digits only' }
    case 'enum':
      return { ...here, message: `should be one of ${error.params.allowedValues.map((value) => JSON.stringify(value)).join(', ')}` }
    case 'const':
      return { ...here, message: `should be ${JSON.stringify(error.params.allowedValue)}` }
    case 'type':
      return { ...here, message: `should be ${String(error.params.type).replaceAll(',', ' or ')}, is ${kindOf(error.data)}` }
    case 'format':
      return {
        ...here,
        message: `is not a ${error.params.format === 'date-time' ? 'time as RFC 3339 has it, 2026-03-01T09:30:00Z' : error.params.format}`,
      }
    case 'minLength':
      return { ...here, message: error.params.limit === 1 ? 'is empty' : `is shorter than ${error.params.limit} characters` }
    case 'discriminator': {
      const branches = (error.parentSchema?.['oneOf'] ?? []) as { properties: Record<string, { const: string }> }[]
      const kinds = branches.map(({ properties }) => JSON.stringify(properties[error.params.tag]?.const))
      return { path: at(error.params.tag), message: `should be one of ${kinds.join(', ')}` }
    }
    default:
      return { ...here, message: error.message ?? 'is not valid' }
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** A value for people, never more than a line of it. */
export function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
