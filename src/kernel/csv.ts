type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
type Row = Readonly<Record<string, Json>>

/** A list of things that is longer stays one cell, as JSON: a table of hundreds of columns is no table. */
const numberedMax = 12

/**
 * Rows as a table (RFC 4180, with a header). What is inside of what becomes a column by its path (`lead.p50.value`, and of the first of
 * several things `legs.1.to`), lists of plain values one cell with blanks between, long lists JSON. Null and what is absent are empty: no
 * data is not 0.
 */
export function csvOf(rows: readonly Row[]): string {
  const long = longLists(rows)
  const flat = rows.map((row) => new Map(cells(row, '', long)))
  const named = new Set(flat.flatMap((row) => [...row.keys()]))
  const parents = new Set([...named].flatMap(above))
  // What is nothing in one row and has parts in another is empty in the columns of its parts.
  const columns = [...named].filter((column) => !parents.has(column) || flat.some((row) => (row.get(column) ?? '') !== ''))
  return [columns, ...flat.map((row) => columns.map((column) => row.get(column) ?? ''))]
    .map((line) => `${line.map(cell).join(',')}\r\n`)
    .join('')
}

function above(path: string): readonly string[] {
  const parts = path.split('.')
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('.'))
}

/** What explains the rows of an answer, or is held against them, and is none of them. */
const beside: ReadonlySet<string> = new Set(['definitions', 'known', 'herd'])

/**
 * The rows of an answer: itself where it is a list, what it calls `rows`, its only list of objects, or else it alone is one. All of it
 * taken together (`estate`) stands before them.
 * @param all - what that is called
 */
export function rowsIn(answer: Json, all = 'all'): readonly Row[] {
  if (isList(answer)) return answer.map((one) => (isObject(one) ? one : { value: one }))
  if (!isObject(answer)) return [{ value: answer }]
  const own = Object.fromEntries(Object.entries(answer).filter(([name]) => !beside.has(name)))
  const lists = Object.values(own).filter((value) => isList(value) && value.every(isObject)) as (readonly Row[])[]
  const { rows, estate } = own
  if (rows !== undefined && isList(rows)) return rowsIn(rows)
  if (lists.length !== 1) return [own]
  return estate !== undefined && isObject(estate) && lists[0]!.length > 0 ? [{ stream: all, ...estate }, ...lists[0]!] : lists[0]!
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const isObject = (value: Json): value is Row => typeof value === 'object' && value !== null && !isList(value)

/** Paths of lists that are too long in any of the rows to be numbered. */
function longLists(rows: readonly Row[]): ReadonlySet<string> {
  const long = new Set<string>()
  const look = (value: Json, path: string) => {
    if (isList(value)) {
      if (value.length > numberedMax) long.add(path)
      for (const one of value) look(one, path)
    } else if (isObject(value)) for (const [name, inner] of Object.entries(value)) look(inner, `${path}.${name}`)
  }
  for (const row of rows) look(row, '')
  return long
}

type Cells = readonly (readonly [string, string])[]

/** @param plain - the path without numbers */
function cells(value: Json, path: string, long: ReadonlySet<string>, plain = ''): Cells {
  if (isObject(value))
    return Object.entries(value).flatMap(([name, inner]) => cells(inner, path === '' ? name : `${path}.${name}`, long, `${plain}.${name}`))
  if (value === null) return [[path, '']]
  if (!isList(value)) return [[path, typeof value === 'string' ? harmless(value) : String(value)]]
  if (value.every((one) => !isObject(one) && !isList(one))) return [[path, harmless(value.map((one) => one ?? '').join(' '))]]
  if (long.has(plain)) return [[path, JSON.stringify(value)]]
  return value.flatMap((one, at) => cells(one, `${path}.${at + 1}`, long, plain))
}

/** A spreadsheet takes a cell that begins so for a formula and would run what a commit message says. */
const harmless = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
