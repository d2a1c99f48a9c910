import type { Readable } from 'node:stream'
import { invalid, ThreewaysError } from '../../kernel/errors.ts'
import { columnsOf, rowsOf } from './read.ts'
import { readTime } from './time.ts'

/** What a row says. An empty team: it belongs to none any more. */
export type OwnerRow = { readonly stream: string; readonly team: string | null; readonly since?: string }

const rowsMax = 10_000
const wanted = ['stream', 'team'] as const

/**
 * Reads a table with the columns `stream` and `team`, and where it has one `since`: a day or a moment.
 * @throws ThreewaysError `CSV_INVALID`
 */
export async function readOwners(input: Readable, file: string): Promise<readonly OwnerRow[]> {
  try {
    return await read(input, file)
  } catch (error) {
    if (!(error instanceof ThreewaysError) || error.code !== 'CSV_INVALID') throw error
    const { message, faults } = error
    throw invalid('CSV_INVALID', { message, faults, help: 'nothing of it is recorded; repair it and import it again', cause: error })
  }
}

async function read(input: Readable, file: string): Promise<readonly OwnerRow[]> {
  let columns: ReadonlyMap<string, number> | undefined
  const rows: OwnerRow[] = []
  for await (const row of rowsOf(input, file)) {
    if (columns === undefined) {
      columns = columnsOf(row, file)
      const missing = wanted.filter((column) => !columns!.has(column))
      if (missing.length > 0) throw fault(file, row.line, '', `the file has no column ${missing.join(', ')}`)
      continue
    }
    const cell = (column: string) => row.cells[columns!.get(column) ?? -1]?.trim() ?? ''
    if (cell('stream') === '') throw fault(file, row.line, 'stream', 'is empty; it should hold the value stream')
    if (rows.length === rowsMax) throw fault(file, row.line, '', `is row ${rowsMax + 1}; divide the file`)
    rows.push({ stream: cell('stream'), team: cell('team') || null, ...sinceOf(cell('since'), file, row.line) })
  }
  if (columns === undefined) throw fault(file, 1, '', 'the file is empty: its first line names the columns stream and team')
  if (rows.length === 0) throw fault(file, 2, '', 'the file has no rows')
  return rows
}

function sinceOf(text: string, file: string, line: number): { readonly since?: string } {
  if (text === '') return {}
  const time = readTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text, { as: 'rfc3339' })
  if (typeof time !== 'string')
    throw fault(file, line, 'since', `${time.fault.replace(/;.*/, '')}; write 2024-03-01, or 2024-03-01T09:30:00Z`)
  return { since: time }
}

function fault(file: string, line: number, path: string, message: string): ThreewaysError {
  return invalid('CSV_INVALID', {
    message: `${file}:${line}${path === '' ? '' : ` ${path}`} ${message}`,
    faults: [{ file, line, path, message }],
  })
}
