import { conflict, hasCode, invalid, refused, ThreewaysError, type Fault } from '../kernel/errors.ts'
import type { Log } from './proof/log.ts'
import type { Prepared } from './store/append.ts'
import type { LedgerStore } from './store/store.ts'
import { shortened } from './validation.ts'

/** The form of the file: 2 has what proves it behind the events. A newer one is refused; older ones are read for good. */
const formatVersion = 2
const pageSize = 1_000
const batchSize = 500

/** No line of ours is longer; a file without line ends is not read into memory to find that out. */
const lineBytesMax = 4 * 1024 * 1024

/**
 * The ledger as JSON lines, in order: a header `{"threeways":"ledger","format":2,…}` with the public keys, `{seq, recordedAt,
 * event}` each, then the list of the leaves of the tree and the signed checkpoints. Ends with what the last checkpoint covers; when
 * none can be made here, with all there is.
 * @param log - without it, in the first form: the events alone
 */
export async function* exportLedger(ledger: LedgerStore, log?: Log): AsyncGenerator<string, void> {
  // A ledger that cannot be signed any more must still be backed up.
  const made = await log?.checkpoint().catch(() => undefined)
  const last = made ?? (await log?.latest())
  const proof = log && { origin: await log.origin(), keys: await log.keys() }
  yield `${JSON.stringify({ threeways: 'ledger', format: proof ? formatVersion : 1, ...proof })}\n`
  yield* eventLines(ledger, made?.size)
  for (let from = 0; log && last && from < last.size;) {
    const { count, ...leaves } = await log.leaves(from)
    if (count === 0) break
    yield `${JSON.stringify({ leaves })}\n`
    from += count
  }
  for (const { note } of (await log?.checkpoints()) ?? []) yield `${JSON.stringify({ checkpoint: note })}\n`
}

async function* eventLines(ledger: LedgerStore, until = Number.MAX_SAFE_INTEGER): AsyncGenerator<string, void> {
  for (let last = 0; ;) {
    const page = (await ledger.readKept({ after: last, limit: pageSize })).filter(({ seq }) => seq <= until)
    if (page.length === 0) return
    yield page.map(({ seq, recordedAt, body }) => `{"seq":${seq},"recordedAt":"${recordedAt}","event":${body}}\n`).join('')
    last = page.at(-1)!.seq
  }
}

/** What an export says beside its events; another ledger makes its own. */
const isProof = (text: string): boolean => text.startsWith('{"leaves":') || text.startsWith('{"checkpoint":')

export type ImportProgress = { readonly lines: number; readonly recorded: number; readonly duplicates: number }

/**
 * Records the events of an exported file, each with the time it first arrived. What stands there already stays, so a broken
 * import is simply repeated, and the same file twice changes nothing.
 *
 * @param chunks - the file, for example a read stream of it
 * @param name - what errors call the file
 * @throws ThreewaysError `IMPORT_INVALID` with file and line, `IMPORT_TRUNCATED` for a last line without its end, `IMPORT_TOO_NEW`;
 * everything before that line is recorded
 */
export async function importLedger(
  ledger: LedgerStore,
  chunks: AsyncIterable<string | Uint8Array>,
  name: string,
  progress: (so: ImportProgress) => void = () => {},
): Promise<ImportProgress> {
  const into = new Import(ledger, name, progress)
  let header = false
  try {
    for await (const { text, line } of linesOf(chunks, name)) {
      if (!header) readHeader(text, name)
      else if (!isProof(text)) await into.add(readLine(ledger, text, name, line), line)
      header = true
    }
  } catch (error) {
    // What came before the bad line is good, and the next try need not bring it again.
    if (error instanceof ThreewaysError && error.code.startsWith('IMPORT_')) await into.flush()
    throw error
  }
  if (!header) throw fileError('IMPORT_INVALID', name, 1, 'the file is empty')
  return into.flush()
}

class Import {
  private so: ImportProgress = { lines: 1, recorded: 0, duplicates: 0 }
  private batch: Prepared[] = []
  private readonly ledger: LedgerStore
  private readonly name: string
  private readonly progress: (so: ImportProgress) => void

  constructor(ledger: LedgerStore, name: string, progress: (so: ImportProgress) => void) {
    this.ledger = ledger
    this.name = name
    this.progress = progress
  }

  async add(prepared: Prepared, line: number): Promise<void> {
    this.batch.push(prepared)
    this.so = { ...this.so, lines: line }
    if (this.batch.length >= batchSize) await this.flush()
  }

  async flush(): Promise<ImportProgress> {
    const batch = this.batch
    this.batch = []
    await this.submit(batch)
    this.progress(this.so)
    return this.so
  }

  private async submit(batch: readonly Prepared[]): Promise<void> {
    try {
      const receipts = await this.ledger.submit(batch)
      const duplicates = receipts.filter(({ duplicate }) => duplicate).length
      const recorded = this.so.recorded + receipts.length - duplicates
      this.so = { lines: this.so.lines, recorded, duplicates: this.so.duplicates + duplicates }
    } catch (error) {
      if (!(error instanceof ThreewaysError) || error.code !== 'EVENT_ID_REUSED') throw error
      const position = Number(error.faults[0]!.path.split('/')[1]) || 0
      await this.submit(batch.slice(0, position))
      const line = this.so.lines - batch.length + 1 + position
      const help = 'this ledger holds another event under that id; the rest of the file was not read'
      throw conflict(error.code, { message: `${this.name}:${line}: ${error.message}`, help, cause: error })
    }
  }
}

type Line = { readonly text: string; readonly line: number }

async function* linesOf(chunks: AsyncIterable<string | Uint8Array>, name: string): AsyncGenerator<Line, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let line = 0
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch (error) {
      if (!hasCode(error, 'ERR_ENCODING_INVALID_ENCODED_DATA')) throw error
      throw fileError('IMPORT_INVALID', name, line + 1, 'the file is not UTF-8, or ends in the middle of a character')
    }
  }
  for await (const chunk of chunks) {
    const parts = (typeof chunk === 'string' ? chunk : decoded(chunk)).split('\n')
    // Only what is new is looked through: a line may be long and come in many chunks.
    parts[0] = rest + parts[0]!
    rest = parts.pop()!
    for (const text of parts) yield { text, line: ++line }
    if (rest.length > lineBytesMax) throw fileError('IMPORT_INVALID', name, line + 1, `the line is longer than ${lineBytesMax} characters`)
  }
  rest += decoded()
  if (rest !== '') {
    throw fileError(
      'IMPORT_TRUNCATED',
      name,
      line + 1,
      'the file ends in the middle of a line; it was cut off',
      'export again, or bring the whole file: everything up to here is recorded',
    )
  }
}

function readHeader(text: string, name: string): void {
  const header = parsed(text, name, 1) as { threeways?: unknown; format?: unknown } | null
  if (typeof header !== 'object' || header?.threeways !== 'ledger' || !Number.isInteger(header.format)) {
    throw fileError(
      'IMPORT_INVALID',
      name,
      1,
      'the file does not begin as an exported ledger does',
      `its first line is {"threeways":"ledger","format":${formatVersion},…}`,
    )
  }
  if ((header.format as number) > formatVersion) {
    throw refused('IMPORT_TOO_NEW', {
      message: `${name} was exported by a newer version of threeways (format ${String(header.format)}, this one reads ${formatVersion})`,
      help: 'import it with that version',
    })
  }
}

function readLine(ledger: LedgerStore, text: string, name: string, line: number): Prepared {
  const value = parsed(text, name, line) as { recordedAt?: unknown; event?: unknown } | null
  const recordedAt = value?.recordedAt
  if (
    typeof recordedAt !== 'string' ||
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(recordedAt) ||
    Number.isNaN(Date.parse(recordedAt))
  ) {
    throw fileError('IMPORT_INVALID', name, line, `recordedAt is ${shortened(recordedAt)}, not a time as 2026-03-01T09:30:00.000Z`)
  }
  try {
    return ledger.prepareOne(value!.event, recordedAt)
  } catch (error) {
    if (!(error instanceof ThreewaysError)) throw error
    const faults = error.faults.map((fault): Fault => ({ ...fault, path: `/event${fault.path}`, file: name, line }))
    throw invalid('IMPORT_INVALID', {
      message: `${name}:${line}: ${error.message}`,
      faults,
      cause: error,
      ...(error.help === undefined ? {} : { help: error.help }),
    })
  }
}

function parsed(text: string, name: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw fileError('IMPORT_INVALID', name, line, `the line is not JSON: ${shortened(text)}`)
  }
}

function fileError(
  code: string,
  file: string,
  line: number,
  what: string,
  help = 'an exported ledger is one JSON value per line',
): ThreewaysError {
  return invalid(code, { message: `${file}:${line}: ${what}`, help })
}
