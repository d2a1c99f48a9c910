import { canonicalJson } from '../../kernel/digest.ts'
import { internal, invalid, messageOf } from '../../kernel/errors.ts'
import type { Fact } from '../event.ts'
import type { ProjectionTable, TableColumn } from './table.ts'

/** What one event says about the rows of one projection, checked and ready to be folded. */
export type Said = { readonly table: ProjectionTable; readonly key: readonly string[]; readonly values: readonly Value[] }
/** In the order of the table's columns; undefined: not spoken of. jsonb as canonical text. */
type Value = string | number | boolean | null | undefined

/**
 * Asks every projection what an event says.
 * @throws ThreewaysError `EVENT_INVALID` for what cannot be kept in the table's columns, `PROJECTION_FAILED` when a handler does
 */
export function changesOf(tables: readonly ProjectionTable[], fact: Fact): readonly Said[] {
  const said: Said[] = []
  for (const table of tables) {
    for (const handler of table.handlers.get(fact.type) ?? []) {
      try {
        for (const change of handler(fact as Fact<never>)) said.push(read(table, change as Readonly<Record<string, unknown>>, fact))
      } catch (error) {
        if (error instanceof Error && error.name === 'ThreewaysError') throw error
        throw internal('PROJECTION_FAILED', {
          message: `projection "${table.projection.table}" cannot read event "${fact.id}" of type "${fact.type}": ${messageOf(error)}`,
          cause: error,
        })
      }
    }
  }
  return said
}

function read(table: ProjectionTable, change: Readonly<Record<string, unknown>>, fact: Fact): Said {
  const key = table.key.map(({ name, bytesMax }) => {
    const value = change[name]
    if (typeof value !== 'string') throw new TypeError(`key "${name}" is ${typeof value}, not text`)
    return fitting(value, bytesMax, name, table, fact)
  })
  return { table, key, values: table.columns.map((column) => valueOf(column, change[column.name], table, fact)) }
}

function valueOf(column: TableColumn, value: unknown, table: ProjectionTable, fact: Fact): Value {
  if (value === undefined || value === null) return value
  switch (column.type) {
    case 'text':
      if (typeof value !== 'string') throw new TypeError(`"${column.name}" is ${typeof value}, not text`)
      return fitting(value, column.bytesMax, column.name, table, fact)
    case 'boolean':
      if (typeof value !== 'boolean') throw new TypeError(`"${column.name}" is ${typeof value}, not boolean`)
      return value
    case 'bigint':
      if (typeof value !== 'number') throw new TypeError(`"${column.name}" is ${typeof value}, not a number`)
      if (!Number.isSafeInteger(value)) throw cannotKeep(table, column.name, fact, `${value} is not a whole number below 2^53`)
      return value
    case 'jsonb':
      return canonicalJson(value)
  }
}

function fitting(value: string, bytesMax: number, name: string, table: ProjectionTable, fact: Fact): string {
  if (value.length * 3 <= bytesMax || Buffer.byteLength(value) <= bytesMax) return value
  throw cannotKeep(table, name, fact, `a text of ${Buffer.byteLength(value)} bytes is longer than the ${bytesMax} it has room for`)
}

function cannotKeep(table: ProjectionTable, column: string, fact: Fact, why: string) {
  const message = `"${column}" of projection "${table.projection.table}" cannot keep it: ${why}`
  return invalid('EVENT_INVALID', {
    message: `event "${fact.id.slice(0, 80)}" of type "${fact.type}" is not valid: ${message}`,
    faults: [{ path: '/data', message }],
  })
}

/** Rows of one table that a batch of events adds up to. */
export type Folded = { readonly table: ProjectionTable; readonly rows: Map<string, FoldedRow> }
type FoldedRow = { readonly key: readonly string[]; readonly values: Value[]; readonly stamps: (string | null)[] }

/** Adds what an event says to the rows so far. Commutative and associative, as `upsert` is with the table. */
export function fold(into: Map<ProjectionTable, Folded>, fact: Fact, said: readonly Said[]): void {
  if (said.length === 0) return
  // A source holds no space, so that two events never share a stamp.
  const stamp = `${fact.time} ${fact.source} ${fact.id}`
  for (const { table, key, values } of said) {
    let folded = into.get(table)
    if (!folded) into.set(table, (folded = { table, rows: new Map() }))
    // No text of an event holds a zero character.
    const name = key.length === 1 ? key[0]! : key.join('\0')
    const row = folded.rows.get(name)
    if (row) meet(table, row, values, stamp)
    else folded.rows.set(name, { key, values: [...values], stamps: values.map((value) => (value === undefined ? null : stamp)) })
  }
}

function meet(table: ProjectionTable, row: FoldedRow, values: readonly Value[], stamp: string): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (value === undefined) continue
    const standing = row.values[index]
    if (standing === undefined || wins(table.columns[index]!, value, standing, stamp, row.stamps[index]!)) {
      row.values[index] = value
      row.stamps[index] = stamp
    } else if (table.columns[index]!.merge === 'sum' && value !== null) {
      row.values[index] = (standing as number) + (value as number)
    }
  }
}

function wins(column: TableColumn, value: Value, standing: Value, stamp: string, standingStamp: string | null): boolean {
  switch (column.merge) {
    // One event that speaks twice of a row: its later word counts.
    case 'last':
      return compareBytes(stamp, standingStamp!) >= 0
    case 'first':
      return compareBytes(stamp, standingStamp!) < 0
    case 'sum':
      return standing === null
    case 'min':
      return value !== null && (standing === null || compare(value!, standing!) < 0)
    case 'max':
      return value !== null && (standing === null || compare(value!, standing!) > 0)
  }
}

type Comparable = string | number | boolean
function compare(a: Comparable, b: Comparable): number {
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}

/** As PostgreSQL compares text with collation "C": by UTF-8 bytes, which is by code point. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)]
    if (left !== right) return beyondSurrogates(left) - beyondSurrogates(right)
  }
  return a.length - b.length
}

/** UTF-16 puts surrogates (code points from U+10000) before U+E000 to U+FFFF; their order among all is the other way round. */
const beyondSurrogates = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/** The parameters of `upsert`, rows in the order of their keys. */
export function parametersOf({ table, rows }: Folded): readonly unknown[][] {
  const sorted = [...rows.values()].sort((a, b) => compareKeys(a.key, b.key))
  return [
    ...table.key.map((_, index) => sorted.map(({ key }) => key[index])),
    ...table.columns.flatMap(({ stamp }, index) => [
      sorted.map(({ values }) => values[index] ?? null),
      ...(stamp === undefined ? [] : [sorted.map(({ stamps }) => stamps[index])]),
    ]),
  ]
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1
  }
  return 0
}
