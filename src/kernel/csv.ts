type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
type Row = Readonly<Record<string, Json>>

/**
 * Rows as a table (RFC 4180, with a header). What is inside of what becomes a column by its path (`lead.p50.value`), lists of plain
 * values one cell with blanks between, other lists JSON. Null and what is absent are empty: no data is not 0.
 */
export function csvOf(rows: readonly Row[]): string {
  const flat = rows.map((row) => new Map(cells(row, '')))
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))]
  return [columns, ...flat.map((row) => columns.map((column) => row.get(column) ?? ''))]
    .map((line) => `${line.map(cell).join(',')}\r\n`)
    .join('')
}

/**
 * The rows of an answer: itself where it is a list, what it calls `rows`, its only list of objects, or else it alone is one.
 */
export function rowsIn(answer: Json): readonly Row[] {
  if (isList(answer)) return answer.map((one) => (isObject(one) ? one : { value: one }))
  if (!isObject(answer)) return [{ value: answer }]
  const lists = Object.values(answer).filter((value) => isList(value) && value.every(isObject)) as (readonly Row[])[]
  const { rows } = answer
  if (rows !== undefined && isList(rows)) return rowsIn(rows)
  return lists.length === 1 ? lists[0]! : [answer]
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const isObject = (value: Json): value is Row => typeof value === 'object' && value !== null && !isList(value)

function cells(value: Json, path: string): readonly (readonly [string, string])[] {
  if (isObject(value)) return Object.entries(value).flatMap(([name, inner]) => cells(inner, path === '' ? name : `${path}.${name}`))
  if (value === null) return [[path, '']]
  if (!isList(value)) return [[path, typeof value === 'string' ? harmless(value) : String(value)]]
  const isPlain = value.every((one) => !isObject(one) && !isList(one))
  return [[path, isPlain ? harmless(value.map((one) => one ?? '').join(' ')) : JSON.stringify(value)]]
}

/** A spreadsheet takes a cell that begins so for a formula and would run what a commit message says. */
const harmless = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
