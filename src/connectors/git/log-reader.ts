import type { ToldCommit } from '../../flow/history/commits.port.ts'

/**
 * What `git log` is asked to write of a commit; each field ends with NUL, which no commit can hold. The first begins with a byte by
 * which a commit is told from a file.
 */
export const logFormat = 'tformat:%x01%H%x00%P%x00%at%x00%ct%x00%s%x00%b%x00'
const fieldsOfCommit = 6

const subjectMax = 200
/** So much of a message is looked through for what it reverts or was picked from. */
const bodyMax = 64 * 1024
const pathsMax = 100
/** A path that is longer than any file system's is cut. */
const pathMax = 4096
const namedMax = 50

const [nul, start, tab, newline, colon] = [0, 1, 9, 10, 58]

/**
 * Reads what `git log -z --numstat` (or `--raw`) writes with {@link logFormat}, from bytes: messages and paths may be of any encoding,
 * any length and hold anything but NUL.
 */
export class LogReader {
  private rest: Buffer = Buffer.alloc(0)
  /** Fields of the commit that is being read, and then its files. */
  private fields: string[] = []
  private files: { added: number; deleted: number; known: boolean; paths: string[]; count: number } = noFiles()
  private isRawPath = false
  private readonly unmeasured: ReadonlySet<string>

  /** @param unmeasured - commits whose difference says nothing: what is before them is not there */
  constructor(unmeasured: ReadonlySet<string> = new Set()) {
    this.unmeasured = unmeasured
  }

  /** @returns the commits that are complete now */
  push(chunk: Buffer): ToldCommit[] {
    const done: ToldCommit[] = []
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let from = 0
    for (let end = bytes.indexOf(nul, from); end !== -1; end = bytes.indexOf(nul, from)) {
      const commit = this.field(bytes, from, end)
      if (commit !== undefined) done.push(commit)
      from = end + 1
    }
    // A field that does not end is kept no longer than anything is read of it.
    this.rest = bytes.subarray(from, Math.min(bytes.length, from + 4 * bodyMax))
    return done
  }

  /** @returns the last one */
  end(): ToldCommit | undefined {
    return this.take()
  }

  private field(bytes: Buffer, from: number, end: number): ToldCommit | undefined {
    const { fields } = this
    if (fields.length > 0 && fields.length < fieldsOfCommit) {
      fields.push(bytes.toString('utf8', from, Math.min(end, from + bodyMax)))
      return undefined
    }
    if (this.isRawPath) {
      this.isRawPath = false
      this.path(bytes, from, end)
      return undefined
    }
    // A line end stands before the files of a commit.
    const at = bytes[from] === newline ? from + 1 : from
    if (at === end) return undefined
    if (bytes[at] === start) {
      const before = this.take()
      this.fields = [bytes.toString('latin1', at + 1, end)]
      return before
    }
    this.file(bytes, at, end)
    return undefined
  }

  private file(bytes: Buffer, from: number, end: number): void {
    if (bytes[from] === colon) {
      this.isRawPath = true
      return
    }
    const { files } = this
    const first = bytes.indexOf(tab, from)
    const second = bytes.indexOf(tab, first + 1)
    files.known = true
    // A file of no text has no lines: `-`.
    files.added += digits(bytes, from, first)
    files.deleted += digits(bytes, first + 1, second)
    this.path(bytes, second + 1, end)
  }

  private path(bytes: Buffer, from: number, end: number): void {
    this.files.count++
    this.files.paths.push(bytes.toString('utf8', from, Math.min(end, from + pathMax)))
  }

  private take(): ToldCommit | undefined {
    const { fields, files } = this
    if (fields.length === 0) return undefined
    const [sha, parents, authored, committed, subject, body] = fields as [string, string, string, string, string, string]
    this.fields = []
    this.files = noFiles()
    const named = parents === '' ? [] : parents.split(' ')
    return {
      sha,
      parents: named,
      authored: Number(authored),
      committed: Number(committed),
      subject: oneLine(subject),
      ...measured(files, named.length < 2 && !this.unmeasured.has(sha)),
      ...(body.length === 0 ? {} : spokenOf(body)),
    }
  }
}

const noFiles = () => ({ added: 0, deleted: 0, known: false, paths: [] as string[], count: 0 })

function measured(files: ReturnType<typeof noFiles>, says: boolean): Pick<ToldCommit, 'files' | 'added' | 'deleted' | 'paths'> {
  if (!says) return {}
  const { added, deleted, known, paths, count } = files
  const lines = known || count === 0 ? { added, deleted } : {}
  return { files: count, ...lines, paths: paths.length <= pathsMax ? paths : foldersOf(paths) }
}

function digits(bytes: Buffer, from: number, end: number): number {
  let value = 0
  for (let at = from; at < end; at++) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) return 0
    value = value * 10 + digit
  }
  return value
}

/** The folders of many files, as deep as there are no more than may be told. */
export function foldersOf(paths: readonly string[]): readonly string[] {
  for (let depth = 8; depth > 0; depth--) {
    const folders = new Set(paths.map((path) => folderAt(path, depth)))
    if (folders.size <= pathsMax) return [...folders]
  }
  return ['/']
}

function folderAt(path: string, depth: number): string {
  let end = -1
  for (let level = 0; level < depth; level++) {
    const next = path.indexOf('/', end + 1)
    if (next === -1) break
    end = next
  }
  // A file of the top folder stands for itself, as long as those are few.
  return end === -1 ? path : path.slice(0, end + 1)
}

const sha = '([0-9a-f]{40}(?:[0-9a-f]{24})?)'
const saysReverts = new RegExp(`^This reverts commit ${sha}\\b`, 'gm')
const saysPicked = new RegExp(`^\\(cherry picked from commit ${sha}\\)`, 'gm')

/** In git's own words alone. */
function spokenOf(body: string): Pick<ToldCommit, 'reverts' | 'picked'> {
  const all = (pattern: RegExp) => [...body.matchAll(pattern)].slice(0, namedMax).map(([, name]) => name!)
  const reverts = body.includes('This reverts commit ') ? all(saysReverts) : []
  const picked = body.includes('(cherry picked from commit ') ? all(saysPicked) : []
  return { ...(reverts.length === 0 ? {} : { reverts }), ...(picked.length === 0 ? {} : { picked }) }
}

const control = /[\u0000-\u001f\u007f-\u009f]+/g
const hasControl = /[\u0000-\u001f\u007f-\u009f]/

/** Without control characters: subjects end up in terminals. */
function oneLine(text: string): string {
  const short = text.length > 4 * subjectMax ? text.slice(0, 4 * subjectMax) : text
  const line = hasControl.test(short) ? short.replace(control, ' ').trim() : short.trim()
  return line.length <= subjectMax ? line.toWellFormed() : `${line.slice(0, subjectMax - 1).toWellFormed()}…`
}
