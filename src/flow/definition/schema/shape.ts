import type { z } from 'zod'
import type { $ZodType, $ZodTypeDef } from 'zod/v4/core'
import { keyNotes, type KeyNotes } from './registry.ts'

type Def = $ZodTypeDef & {
  readonly shape?: Readonly<Record<string, $ZodType>>
  readonly valueType?: $ZodType
  readonly catchall?: $ZodType
  readonly element?: $ZodType
  readonly options?: readonly $ZodType[]
  readonly innerType?: $ZodType
  readonly defaultValue?: unknown
  readonly in?: $ZodType
}

/** Not what every object inherits: a file may hold the key `constructor`. */
const memberOf = (shape: NonNullable<Def['shape']>, key: PropertyKey) => (Object.hasOwn(shape, key) ? shape[String(key)] : undefined)

const defOf = (schema: $ZodType) => schema._zod.def as Def

/** The schemas a value may have to meet at one place: what wrappers hide, and every branch of a union. */
export function alternatives(schema: $ZodType): readonly $ZodType[] {
  const { type, innerType, options, in: input } = defOf(schema)
  if (type === 'union') return options!.flatMap(alternatives)
  if (type === 'pipe') return alternatives(input!)
  return innerType === undefined ? [schema] : alternatives(innerType)
}

/** The schemas for the value at a path of the file. */
function schemasAt(schema: $ZodType, path: readonly PropertyKey[]): readonly $ZodType[] {
  const [key, ...rest] = path
  const here = alternatives(schema)
  if (key === undefined) return here
  return here.flatMap((each) => {
    const { type, shape, valueType, element, catchall } = defOf(each)
    const next =
      type === 'object' ? (memberOf(shape!, key) ?? catchall) : type === 'record' ? valueType : type === 'array' ? element : undefined
    return next === undefined ? [] : schemasAt(next, rest)
  })
}

/** Which keys a map at this path may have, and what is known about others. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): { readonly names: readonly string[]; readonly notes: KeyNotes } {
  const objects = schemasAt(schema, path).filter((each) => defOf(each).type === 'object')
  return {
    names: objects.flatMap((each) => Object.keys(defOf(each).shape!)),
    notes: Object.assign({}, ...objects.map((each) => keyNotes.get(each as z.ZodType) ?? {})) as KeyNotes,
  }
}

/** What counts when the key is left out, as people would write it. */
export function defaultOf(schema: $ZodType): unknown {
  const { type, defaultValue, innerType } = defOf(schema)
  if (type === 'default' || type === 'prefault') return defaultValue
  return innerType === undefined ? undefined : defaultOf(innerType)
}

/** Example of what stands at a path, from the schema's own description. */
export function exampleAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  const key = path.at(-1)
  for (const parent of schemasAt(schema, path.slice(0, -1))) {
    const member = memberOf(defOf(parent).shape ?? {}, key ?? '') as z.ZodType | undefined
    if (member === undefined) continue
    const examples = member.meta()?.['examples'] as readonly unknown[] | undefined
    return examples?.[0] ?? defaultOf(member)
  }
  return undefined
}
