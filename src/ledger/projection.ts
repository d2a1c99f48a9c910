import type { EventType, Fact } from './event.ts'

/**
 * A table kept from events, so defined that order cannot matter: every column says how two values of it meet, and each of
 * these meetings is commutative and associative. An event counts once, because the ledger records it once.
 *
 * - `last`: the value of the latest event by (event time, source, id)
 * - `first`: the value of the earliest
 * - `min`, `max`: of numbers and texts
 * - `sum`: of numbers
 */
export type Column<T = unknown> = {
  readonly merge: 'last' | 'first' | 'min' | 'max' | 'sum'
  readonly type: ColumnType
  readonly __type?: T
}
export type ColumnType = 'text' | 'bigint' | 'boolean' | 'jsonb'

const column = <T>(merge: Column['merge'], type: ColumnType): Column<T> => ({ merge, type })

export const last = {
  text: column<string | null>('last', 'text'),
  bigint: column<number | null>('last', 'bigint'),
  boolean: column<boolean | null>('last', 'boolean'),
  json: column<unknown>('last', 'jsonb'),
}
export const first = {
  text: column<string | null>('first', 'text'),
  bigint: column<number | null>('first', 'bigint'),
  boolean: column<boolean | null>('first', 'boolean'),
  json: column<unknown>('first', 'jsonb'),
}
export const min = { text: column<string | null>('min', 'text'), bigint: column<number | null>('min', 'bigint') }
export const max = { text: column<string | null>('max', 'text'), bigint: column<number | null>('max', 'bigint') }
export const sum = { bigint: column<number>('sum', 'bigint') }

export type Columns = Readonly<Record<string, Column>>
type Value<C> = C extends Column<infer T> ? T : never

/** What one event says about one row: its key, and any of its columns. A column left out is not touched. */
export type Change<Key extends string, C extends Columns> = { readonly [K in Key]: string } & {
  readonly [K in keyof C]?: Value<C[K]>
}

/** A row as read back. Columns no event has spoken of are null. */
export type Row<P> =
  P extends Projection<infer Key, infer C> ? { readonly [K in Key]: string } & { readonly [K in keyof C]: Value<C[K]> | null } : never

/** Typed by `.on` as it is added; read by the store as plain values. */
type Handler = {
  readonly type: string
  readonly changes: (fact: Fact<never>) => readonly Readonly<Record<string, unknown>>[]
}

export type Projection<Key extends string = string, C extends Columns = Columns> = {
  /** Table name inside the ledger's database; snake case, singular. */
  readonly table: string
  /** Text columns of the primary key. */
  readonly key: readonly Key[]
  readonly columns: C
  /** Columns (of the key or not) that views select by. */
  readonly indexes: readonly (readonly string[])[]
  readonly handlers: readonly Handler[]
}

/** Starts a projection; say with `.on` which events speak of it. */
export function projection<const Key extends string, const C extends Columns>(definition: {
  readonly table: string
  readonly key: readonly Key[]
  readonly columns: C
  readonly indexes?: readonly (readonly NoInfer<Key | Extract<keyof C, string>>[])[]
}): Open<Key, C> {
  return open({ ...definition, indexes: definition.indexes ?? [], handlers: [] })
}

type Open<Key extends string, C extends Columns> = Projection<Key, C> & {
  on<Content>(kind: EventType<Content>, changes: (fact: Fact<Content>) => readonly Change<Key, C>[]): Open<Key, C>
}

function open<Key extends string, C extends Columns>(definition: Projection<Key, C>): Open<Key, C> {
  return {
    ...definition,
    on: (kind, changes) =>
      open({
        ...definition,
        handlers: [...definition.handlers, { type: kind.type, changes: changes as Handler['changes'] }],
      }),
  }
}
