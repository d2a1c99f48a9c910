import { digestOf } from '../../kernel/digest.ts'
import type { Column, Columns, Projection } from '../projection.ts'

export const projectionSchema = 'projection'

/** Rises when tables made from the same definition would differ from the ones an older version made. */
export const engineVersion = 1

export type TableColumn = {
  /** As the definition calls it. */
  readonly name: string
  /** As the database calls it. */
  readonly sql: string
  readonly merge: Column['merge']
  readonly type: Column['type']
  /** `last` and `first` keep when their value was said; undefined for the others. */
  readonly stamp: string | undefined
  /** Longest text in UTF-8 bytes that still fits the indexes it is in. */
  readonly bytesMax: number
}

/** A projection as a table. */
export type ProjectionTable = {
  readonly projection: Projection
  readonly key: readonly { readonly name: string; readonly sql: string; readonly bytesMax: number }[]
  readonly columns: readonly TableColumn[]
  readonly handlers: ReadonlyMap<string, readonly Projection['handlers'][number]['changes'][]>
}

// PostgreSQL refuses an index entry over a third of a page, 2704 bytes.
const indexBytesMax = 2_500
const nameForm = /^[a-z][a-z0-9]*([A-Z][a-z0-9]+)*$/

/** @throws Error for a definition that cannot be a table: a defect of ours, not of anybody's input */
export function tableOf(projection: Projection): ProjectionTable {
  const { table, key, columns, indexes } = projection
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(table)) throw new Error(`projection "${table}": a table's name is snake case, at most 48 characters`)
  const names = [...key, ...Object.keys(columns)]
  const wrong = names.find((name) => !nameForm.test(name) || name.length > 40)
  if (wrong !== undefined) throw new Error(`projection "${table}": "${wrong}" is not a camelCase name of at most 40 characters`)
  if (key.length === 0 || new Set(names).size < names.length) throw new Error(`projection "${table}" has no key or a name twice`)
  const bytesMax = (name: string) =>
    Math.min(...[key, ...indexes].filter((index) => index.includes(name)).map((index) => Math.floor(indexBytesMax / index.length)))
  return {
    projection,
    key: key.map((name) => ({ name, sql: snakeCase(name), bytesMax: bytesMax(name) })),
    columns: Object.entries(columns).map(([name, { merge, type }]) => ({
      name,
      sql: snakeCase(name),
      merge,
      type,
      stamp: merge === 'last' || merge === 'first' ? `${snakeCase(name)}__stamp` : undefined,
      bytesMax: bytesMax(name),
    })),
    handlers: handlersOf(projection),
  }
}

function handlersOf({ handlers }: Projection): ProjectionTable['handlers'] {
  const byType = new Map<string, Projection['handlers'][number]['changes'][]>()
  for (const { type, changes } of handlers) byType.set(type, [...(byType.get(type) ?? []), changes])
  return byType
}

/** The same mapping as Kysely's CamelCasePlugin for names of {@link nameForm}. */
const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export const quoted = (name: string): string => `"${name}"`

/** The statements that make the table and its primary key. */
export function createTable(schema: string, { projection, key, columns }: ProjectionTable): string {
  const text = 'text collate "C"'
  const lines = [
    ...key.map(({ sql }) => `${quoted(sql)} ${text} not null`),
    ...columns.flatMap(({ sql, type, stamp }) => [
      `${quoted(sql)} ${type === 'text' ? text : type}`,
      ...(stamp === undefined ? [] : [`${quoted(stamp)} ${text}`]),
    ]),
    `primary key (${key.map(({ sql }) => quoted(sql)).join(', ')})`,
  ]
  return `create table ${quoted(schema)}.${quoted(projection.table)} (${lines.join(', ')})`
}

/** Made after a table is filled: that is faster. */
export function createIndexes(schema: string, { projection }: ProjectionTable): readonly string[] {
  return projection.indexes.map(
    (index) => `create index on ${quoted(schema)}.${quoted(projection.table)} (${index.map((name) => quoted(snakeCase(name))).join(', ')})`,
  )
}

/**
 * Writes folded rows, given as one array per key, value and stamp, so that any order of such writes ends in the same table.
 * Parameters are in the order of {@link createTable}'s columns.
 */
export function upsert(schema: string, { projection, key, columns }: ProjectionTable): string {
  const inputs = [
    ...key.map(({ sql }) => ({ sql, array: 'text[]', read: quoted(sql) })),
    ...columns.flatMap(({ sql, type, stamp }) => [
      { sql, array: type === 'jsonb' ? 'text[]' : `${type}[]`, read: type === 'jsonb' ? `${quoted(sql)}::jsonb` : quoted(sql) },
      ...(stamp === undefined ? [] : [{ sql: stamp, array: 'text[]', read: quoted(stamp) }]),
    ]),
  ]
  const names = inputs.map(({ sql }) => quoted(sql)).join(', ')
  const sets = columns.flatMap(meeting)
  return `insert into ${quoted(schema)}.${quoted(projection.table)} as t (${names})
    select ${inputs.map(({ read }) => read).join(', ')} from unnest(${inputs.map(({ array }, index) => `$${index + 1}::${array}`).join(', ')}) as r(${names})
    on conflict (${key.map(({ sql }) => quoted(sql)).join(', ')}) do ${sets.length > 0 ? `update set ${sets.join(', ')}` : 'nothing'}`
}

/** How the value that stands and the one that comes meet. A null stamp or value says nothing. */
function meeting({ sql, merge, stamp }: TableColumn): readonly string[] {
  const [here, there] = [`t.${quoted(sql)}`, `excluded.${quoted(sql)}`]
  if (merge === 'sum') return [`${quoted(sql)} = coalesce(${here} + ${there}, ${here}, ${there})`]
  if (merge === 'min') return [`${quoted(sql)} = least(${here}, ${there})`]
  if (merge === 'max') return [`${quoted(sql)} = greatest(${here}, ${there})`]
  const [said, says] = [`t.${quoted(stamp!)}`, `excluded.${quoted(stamp!)}`]
  const wins = `${said} is null or ${says} ${merge === 'last' ? '>' : '<'} ${said}`
  return [
    `${quoted(sql)} = case when ${wins} then ${there} else ${here} end`,
    `${quoted(stamp!)} = case when ${wins} then ${says} else ${said} end`,
  ]
}

/** Changes when the table would be another one. All processes that append must agree on it. */
export function shapeOf({ projection: { table, key, columns, indexes }, handlers }: ProjectionTable): string {
  const shape = Object.entries(columns as Columns).map(([name, { merge, type }]) => ({ name, merge, type }))
  return digestOf({ engineVersion, table, key, columns: shape, indexes, types: [...handlers.keys()].toSorted() })
}

/** Changes when the handlers' code does, so that a ledger opened by a newer version is read anew. White space does not count. */
export function handlersDigest({ handlers }: ProjectionTable): string {
  const code = [...handlers].map(([type, list]) => [
    type,
    ...list.map((changes) => changes.toString().replaceAll(/[\s;]|,(?=\s*[)\]}])/g, '')),
  ])
  return digestOf(code)
}
