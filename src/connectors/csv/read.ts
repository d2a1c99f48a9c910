import { pipeline, Transform, type Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { instantOf, type Instant } from '../../kernel/clock.ts'
import { sha256 } from '../../kernel/digest.ts'
import { hasCode, invalid, ThreewaysError } from '../../kernel/errors.ts'
import type { Told, ToldIncident } from '../../flow/history/history.port.ts'
import { timesOf, type Cell, type CsvMap, type EventMap } from './map.ts'
import { readTime } from './time.ts'

const rowBytesMax = 1024 * 1024
const nameLengthMax = 400

/**
 * What one row says, and where the row is; and why what it says besides, or all of it, cannot be said.
 * @param doubt - why what it says may not be whole, as a sentence
 */
export type ReadRow = { readonly line: number; readonly told: readonly Told[]; readonly bad?: ThreewaysError; readonly doubt?: string }

/** @param open - it ends where the file ends, and neither a line end nor a closing quote says that it is whole: the last one, in some files */
type Row = { readonly line: number; readonly cells: readonly string[]; readonly open: boolean }
type Table = {
  readonly file: string
  readonly columns: ReadonlyMap<string, number>
  /** Cells of its header. */
  readonly width: number
  readonly now: Instant
  /** Columns that the map reads. */
  readonly read: ReadonlySet<string>
}

/**
 * Reads a table row by row (RFC 4180, with a header, UTF-8, with or without a byte order mark), however long it is. A row that
 * makes no sense comes with its fault, `CSV_INVALID` with file, line and column. A last row without a line end (RFC 4180 allows it) may be
 * what is left of a longer one: it is in doubt, and at fault where its last cell is a part of a commit's name below whole ones.
 * @param nowMs - what lies after it is refused
 * @throws ThreewaysError `CSV_INVALID` when it is no such table, or does not go on as one
 */
export async function* readCsv(input: Readable, file: string, map: CsvMap, nowMs: number): AsyncGenerator<ReadRow, void> {
  let table: Table | undefined
  const readers = map.events.map((one): Reader => ({ ...one, ...general(map, one) }))
  const lastCells = new Commits()
  for await (const row of rowsOf(input, file)) {
    if (table === undefined) {
      table = { file, columns: columnsOf(row, file), width: row.cells.length, now: instantOf(nowMs), read: columnsNamed(map) }
      const missing = [...table.read].filter((column) => !table!.columns.has(column))
      if (missing.length > 0) throw noColumns(missing, table, row.line)
    } else {
      yield row.open ? readOpen(row, readers, table, lastCells) : readRow(row, readers, table)
      lastCells.add(row.cells.at(-1)!)
    }
  }
  if (table === undefined) throw fault(file, 1, '', 'the file is empty: its first line names the columns', undefined, nothingYet)
}

const sentences: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote opens here or before and is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'something stands behind a closing quote; a quote inside a cell is written twice',
  INVALID_OPENING_QUOTE: 'a quote stands in the middle of a cell; put the whole cell in quotes and write the one inside twice',
  CSV_MAX_RECORD_SIZE: `a row is longer than ${rowBytesMax} characters`,
}

/** Bytes behind which no more of a row can be missing: line ends, and the quote that closes its last cell. */
const closingBytes: ReadonlySet<number | undefined> = new Set([0x0a, 0x0d, 0x22])

/** Rows of a table, its header too. @throws ThreewaysError `CSV_INVALID` */
export async function* rowsOf(input: Readable, file: string): AsyncGenerator<Row, void> {
  const parser = parse({ bom: true, info: true, max_record_size: rowBytesMax, skip_empty_lines: true, relax_column_count: true })
  let lastByte: number | undefined
  // What it fails of comes out of the parser.
  pipeline(
    input,
    onlyUtf8((byte) => (lastByte = byte)),
    parser,
    () => {},
  )
  try {
    // Held back by one: only when no other comes is it known to be the last.
    let row: Omit<Row, 'open'> | undefined
    for await (const { info, record } of parser as AsyncIterable<{ info: { lines: number }; record: string[] }>) {
      if (row !== undefined) yield { ...row, open: false }
      row = { line: info.lines, cells: record }
    }
    if (row !== undefined) yield { ...row, open: !closingBytes.has(lastByte) }
  } catch (error) {
    const message = error instanceof CsvError ? (sentences[error.code] ?? error.message) : faultOf(error)
    if (message === undefined) throw error
    throw fault(file, (error as { lines?: number }).lines ?? parser.info.lines, '', message)
  } finally {
    input.destroy()
  }
}

/** Lets nothing but UTF-8 through: what is read as something else would be recorded as something else. @param ends - told the last byte so far */
function onlyUtf8(ends: (byte: number) => void): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const check = (chunk: Buffer | undefined, done: (error: Error | null, data?: Buffer) => void) => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined })
    } catch (error) {
      done(error as Error)
      return
    }
    const last = chunk?.at(-1)
    if (last !== undefined) ends(last)
    done(null, chunk)
  }
  return new Transform({ transform: (chunk: Buffer, _, done) => check(chunk, done), flush: (done) => check(undefined, done) })
}

/** @returns undefined when it is nothing that is wrong with the table */
function faultOf(error: unknown): string | undefined {
  if (hasCode(error, 'ERR_ENCODING_INVALID_ENCODED_DATA')) return 'behind this line is text that is not UTF-8; convert the file first'
  if (hasCode(error, 'Z_BUF_ERROR')) return 'the compressed file is cut off behind this line'
  if (hasCode(error, 'Z_DATA_ERROR')) return 'the compressed file is damaged behind this line, or is not compressed by gzip'
  return undefined
}

/** Where each column stands. @throws ThreewaysError `CSV_INVALID` when two have one name */
export function columnsOf({ cells, line }: Row, file: string): ReadonlyMap<string, number> {
  const columns = new Map<string, number>()
  for (const [at, cell] of cells.entries()) {
    const name = cell.trim()
    // A spreadsheet writes columns without a name behind those that have one.
    if (name === '') continue
    if (columns.has(name)) throw fault(file, line, name, 'is the name of two columns', undefined, nothingYet)
    columns.set(name, at)
  }
  return columns
}

type General = Pick<CsvMap, 'time' | 'service' | 'environment' | 'by' | 'id'>
type Reader = EventMap & General

/** What is said of one kind of event goes before what is said of all. */
const general = (all: General, one: EventMap): General => ({
  time: one.time ?? all.time,
  service: one.service ?? all.service,
  environment: one.environment ?? all.environment,
  by: one.by ?? all.by,
  id: one.id ?? all.id,
})

function readRow(row: Row, readers: readonly Reader[], table: Table): ReadRow {
  const { line, cells } = row
  if (cells.length !== table.width)
    return { line, told: [], bad: fault(table.file, line, '', `the row has ${cells.length} cells, the header has ${table.width}`) }
  const told: Told[] = []
  // By what they say: the time of a row is at fault once, however many events read it.
  const bad = new Map<string, ThreewaysError>()
  for (const reader of readers) {
    try {
      told.push(...read(row, reader, table))
    } catch (error) {
      if (!(error instanceof ThreewaysError)) throw error
      bad.set(error.message, error)
    }
  }
  const [first] = bad.values()
  return { line, told, ...(first === undefined ? {} : { bad: bad.size === 1 ? first : together([...bad.values()]) }) }
}

function together(bad: readonly ThreewaysError[]): ThreewaysError {
  const [{ message, help }] = bad as readonly [ThreewaysError]
  return invalid('CSV_INVALID', {
    message: `${message}, and ${bad.length - 1} more in this row`,
    help: help ?? '',
    faults: bad.flatMap(({ faults }) => faults),
  })
}

const commitPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i

/** The cells of one column, as far as all of them are whole names of commits: of those alone it is known how long they have to be. */
class Commits {
  private filled = 0
  private empty = 0
  private shortest = Infinity
  private isOther = false

  add(cell: string): void {
    const { length } = cell.trim()
    if (length === 0) {
      this.empty++
      return
    }
    this.filled++
    this.shortest = Math.min(this.shortest, length)
    this.isOther ||= !commitPattern.test(cell.trim())
  }

  /** @returns how long it would be, when several have all of a commit's name and this one has a part of it, or none */
  wantedOf(cell: string): number | undefined {
    const part = cell.trim()
    const mayBeWhole = this.filled < 2 || this.isOther || !/^[0-9a-f]*$/i.test(part) || (part === '' && this.empty > 0)
    return mayBeWhole || part.length >= this.shortest ? undefined : this.shortest
  }
}

/** A row at the end of a file that does not end its last line. A file that was cut off in its last column looks like that, and one that is whole too. */
function readOpen(row: Row, readers: readonly Reader[], table: Table, above: Commits): ReadRow {
  const read = readRow(row, readers, table)
  const [column] = [...table.columns].find(([, at]) => at === table.width - 1) ?? []
  // What nobody reads may be cut.
  if (read.bad !== undefined || read.told.length === 0 || column === undefined || !table.read.has(column)) return read
  const cell = row.cells.at(-1)!
  const said = 'the file ends here without a line end'
  const wanted = above.wantedOf(cell)
  if (wanted !== undefined) {
    const bad = fault(
      table.file,
      row.line,
      column,
      `is shorter than the ${wanted} characters that it has above, and ${said}: fetch the file again, or end the line if this is all`,
      cell,
    )
    return { line: row.line, told: [], bad }
  }
  const doubt = `${table.file}:${row.line} ${column} may be cut off: ${said}, so nothing shows that "${cell.slice(0, 60)}" is all of it`
  return { ...read, doubt }
}

/** @returns nothing when the row does not speak of this */
function read(row: Row, reader: Reader, table: Table): readonly Told[] {
  const of = (column: string) => row.cells[table.columns.get(column)!]!.trim()
  const cell = (what: Cell | undefined) => (what === undefined ? '' : 'value' in what ? what.value : of(what.column))
  const meets = ([column, wanted]: [string, string]) => (wanted === '*' ? of(column) !== '' : of(column) === wanted)
  if (!Object.entries(reader.when ?? {}).every(meets)) return []
  const need = (what: Cell, meaning: string) => {
    const text = cell(what)
    const problem = text === '' ? `is empty; it should hold the ${meaning}` : problemOfName(text)
    if (problem !== undefined) throw fault(table.file, row.line, 'column' in what ? what.column : '', problem)
    return text
  }
  const moment = (time: CsvMap['time']): Instant => {
    const { column } = time
    const read = readTime(of(column), time)
    if (typeof read !== 'string') throw fault(table.file, row.line, column, read.fault, of(column))
    if (read > table.now) throw fault(table.file, row.line, column, `lies in the future: ${read}`, of(column))
    return read
  }
  const at = moment(reader.time)
  const common = {
    at,
    stream: need(reader.service, 'service'),
    environment: need(reader.environment, 'environment'),
    by: cell(reader.by) || undefined,
  }
  const { id: named } = reader
  const name = (kind: string, ...parts: readonly string[]) =>
    sha256(JSON.stringify([kind, ...(named?.map(of) ?? [at, ...parts])])).slice(7, 47)
  const { stream, environment } = common
  if (reader.event === 'gate') {
    const { way } = reader
    const open = truth(need(reader.open, 'state of the gate'))
    if (open === undefined)
      throw fault(table.file, row.line, 'column' in reader.open ? reader.open.column : '', 'is neither true nor false', cell(reader.open))
    return [{ ...common, kind: 'gate', id: name(`gate ${way}`, stream, environment, String(open)), way, open }]
  }
  if (reader.event === 'incident')
    return incidentOf(reader, common, {
      need,
      cell,
      moment,
      has: ({ column }) => of(column) !== '',
      name,
      refuse: ({ column }, why) => fault(table.file, row.line, column, why, of(column)),
    })
  const version = need(reader.version, 'version')
  const id = name('deployment', stream, environment, version)
  return [
    {
      ...common,
      kind: 'deployment',
      id,
      version,
      previous: cell(reader.previous) || undefined,
      commit: cell(reader.commit) || undefined,
    },
  ]
}

type Read = {
  need(what: Cell, meaning: string): string
  cell(what: Cell | undefined): string
  moment(time: CsvMap['time']): Instant
  has(time: CsvMap['time']): boolean
  name(kind: string, ...parts: readonly string[]): string
  refuse(time: CsvMap['time'], why: string): ThreewaysError
}

/** That it was there and, in the same row, that it is over. */
function incidentOf(
  reader: Extract<Reader, { event: 'incident' }>,
  common: Pick<ToldIncident, 'at' | 'stream' | 'environment' | 'by'>,
  { need, cell, moment, has, name, refuse }: Read,
): readonly ToldIncident[] {
  const optionally = (time: CsvMap['time'] | undefined) => (time === undefined || !has(time) ? undefined : moment(time))
  const { stream, environment } = common
  const incident = need(reader.incident, 'name of the incident')
  const told = { ...common, kind: 'incident', incident } as const
  const began = optionally(reader.began)
  const resolved = optionally(reader.resolved)
  if (began !== undefined && began > common.at) throw refuse(reader.began!, `lies after ${common.at}, when it was detected`)
  if (resolved !== undefined && resolved < common.at) throw refuse(reader.resolved!, `lies before ${common.at}, when it was detected`)
  const detected: ToldIncident = {
    ...told,
    phase: 'detected',
    id: name('incident', stream, environment, incident),
    began,
    version: cell(reader.version) || undefined,
    summary: cell(reader.summary) || undefined,
  }
  if (resolved === undefined) return [detected]
  return [detected, { ...told, phase: 'resolved', at: resolved, id: name(`over ${resolved}`, stream, environment, incident) }]
}

function problemOfName(text: string): string | undefined {
  if (text.length > nameLengthMax) return `is longer than ${nameLengthMax} characters`
  return /\p{Cc}/u.test(text) ? 'holds a control character, as a line end or tabulator' : undefined
}

const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  open: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  closed: false,
  '0': false,
}
const truth = (text: string): boolean | undefined => words[text.toLowerCase()]

function columnsNamed({ time, id, service, environment, by, events }: CsvMap): ReadonlySet<string> {
  const cells: (Cell | undefined)[] = [service, environment, by]
  const names = [time.column, ...(id ?? [])]
  for (const reader of events) {
    names.push(...timesOf(reader).map(({ column }) => column), ...(reader.id ?? []), ...Object.keys(reader.when ?? {}))
    cells.push(reader.service, reader.environment, reader.by)
    cells.push(...cellsOf(reader))
  }
  return new Set([...names, ...cells.flatMap((cell) => (cell !== undefined && 'column' in cell ? [cell.column] : []))])
}

function cellsOf(reader: EventMap): readonly (Cell | undefined)[] {
  if (reader.event === 'gate') return [reader.open]
  if (reader.event === 'incident') return [reader.incident, reader.version, reader.summary]
  return [reader.version, reader.previous, reader.commit]
}

function noColumns(missing: readonly string[], { file, columns }: Table, line: number): ThreewaysError {
  const message = `the file has no column ${missing.join(', ')}; it has ${[...columns.keys()].slice(0, 30).join(', ')}`
  return invalid('CSV_INVALID', {
    message: `${file}:${line} ${message}`,
    help: 'nothing is recorded; name the columns in the map as the first line of the file names them',
    faults: [{ file, line, path: '', message }],
  })
}

const nothingYet = 'nothing is recorded; give a table whose first line names its columns, each once'
const soFar =
  'what came before this line is recorded; repair it and import the file again (nothing is recorded twice), or leave what is bad out with --skip-bad'

function fault(file: string, line: number, path: string, message: string, value?: string, help = soFar): ThreewaysError {
  const shown = value === undefined ? '' : ` ("${value.slice(0, 60)}")`
  return invalid('CSV_INVALID', {
    message: `${file}:${line}${path === '' ? '' : ` ${path}`} ${message}${shown}`,
    help,
    faults: [{ file, line, path, message, ...(value === undefined ? {} : { value: value.slice(0, 60) }) }],
  })
}
