import type { z } from 'zod'
import type { Json } from '../../kernel/digest.ts'
import { keysAt } from './schema/shape.ts'
import { nearest } from './suggest.ts'

/**
 * The document without other tools' `x-` keys, which Compose allows at its own places. One that looks like a slip of ours
 * stays, to be refused.
 */
export function withoutForeign(value: Json, schema: z.ZodType, path: readonly string[] = []): Json {
  if (Array.isArray(value)) return value.map((item: Json, index) => withoutForeign(item, schema, [...path, String(index)]))
  if (value === null || typeof value !== 'object') return value
  const { names, notes } = keysAt(schema, path)
  const kept: Record<string, Json> = {}
  for (const [key, member] of Object.entries(value)) {
    const foreign = notes.foreign && key.startsWith('x-') && !names.includes(key) && nearest(key, names) === undefined
    if (!foreign) kept[key] = withoutForeign(member ?? null, schema, [...path, key])
  }
  return kept
}
