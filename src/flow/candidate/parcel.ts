import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { invalid, tooLarge } from '../../kernel/errors.ts'
import { listTree, type TreeEntry } from './tree.ts'

/**
 * A folder as a stream of bytes, and back. Beside each file's name, executable bit and bytes there is nothing: no owners, no times.
 * gzip over: for each entry a line of JSON `{"path","kind","bytes","target"}`, then a file's bytes.
 */
const headerBytesMax = 64 * 1024
/** Of one folder, unpacked. */
export const treeBytesMax = 8 * 1024 ** 3
const entriesMax = 1_000_000

/** @throws what `listTree` throws */
export async function packTree(folder: string): Promise<Readable> {
  const entries = await listTree(folder)
  async function* bytes() {
    for (const entry of entries) {
      const { path, kind, target } = entry
      yield Buffer.from(`${JSON.stringify({ path, kind, bytes: entry.bytes, target })}\n`)
      if (entry.bytes > 0) yield* exactly(join(folder, path), entry.bytes)
    }
  }
  return Readable.from(bytes()).pipe(createGzip({ level: 1 }))
}

/** A file that grows or shrinks meanwhile must not shift what follows it. */
async function* exactly(file: string, size: number) {
  let left = size
  for await (const chunk of createReadStream(file, { end: size - 1 })) {
    left -= (chunk as Buffer).length
    yield chunk as Buffer
  }
  if (left !== 0) throw new Error(`"${file}" was changed while it was packed`)
}

/**
 * Unpacks into a folder that is not there yet. What comes from another machine is not trusted: no entry leads out of the folder,
 * links are made last so that nothing is written through one, and sizes are bounded.
 * @throws ThreewaysError `PARCEL_INVALID`, `PARCEL_TOO_LARGE`
 */
export async function unpackTree(source: AsyncIterable<Uint8Array>, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const plain = createGunzip()
  const fed = pipeline(Readable.from(source), plain)
  fed.catch(() => {})
  try {
    await unpack(reading(plain), folder)
    await fed
  } catch (error) {
    plain.destroy()
    throw error instanceof Error && 'code' in error && String(error.code).startsWith('Z_') ? broken('it is not gzip, or damaged') : error
  }
}

async function unpack(reader: Reader, folder: string): Promise<void> {
  const links: TreeEntry[] = []
  let total = 0
  for (let count = 0; ; count++) {
    const line = await reader.line()
    if (line === undefined) break
    const entry = entryOf(line)
    total += entry.bytes
    if (count >= entriesMax || total > treeBytesMax) throw tooLarge('PARCEL_TOO_LARGE', { message: 'the folder is too large to be moved' })
    if (entry.kind === 'link') links.push(entry)
    else await write(reader, folder, entry)
  }
  for (const { path, target } of links) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await symlink(target, join(folder, path))
  }
}

async function write(reader: Reader, folder: string, { path, kind, bytes }: TreeEntry): Promise<void> {
  const place = join(folder, path)
  if (kind === 'folder') return void (await mkdir(place, { recursive: true }))
  await mkdir(dirname(place), { recursive: true })
  await pipeline(Readable.from(reader.exactly(bytes)), createWriteStream(place, { flags: 'wx', mode: 0o644 }))
  if (kind === 'executable') await chmod(place, 0o755)
}

function entryOf(line: string): TreeEntry {
  let value: Partial<TreeEntry>
  try {
    value = JSON.parse(line) as Partial<TreeEntry>
  } catch {
    throw broken('an entry of it cannot be read')
  }
  const { path, kind, bytes, target } = value
  const inside =
    typeof path === 'string' &&
    path !== '' &&
    !/\0/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  const whole = Number.isSafeInteger(bytes) && bytes! >= 0
  if (!inside || !whole || typeof target !== 'string' || !['file', 'executable', 'link', 'folder'].includes(kind ?? '')) {
    throw broken('an entry of it leads out of the folder, or is none')
  }
  const isFile = kind === 'file' || kind === 'executable'
  return { path, kind: kind!, bytes: isFile ? bytes! : 0, target }
}

const broken = (why: string) => invalid('PARCEL_INVALID', { message: `a folder from another machine cannot be unpacked: ${why}` })

type Reader = ReturnType<typeof reading>

function reading(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  const more = async (): Promise<boolean> => {
    const { value, done } = await chunks.next()
    if (done === true) return false
    rest = rest.length === 0 ? value : Buffer.concat([rest, value])
    return true
  }
  return {
    async line(): Promise<string | undefined> {
      let end = rest.indexOf(10)
      while (end === -1) {
        if (rest.length > headerBytesMax) throw broken('the name of an entry is too long')
        if (!(await more())) {
          if (rest.length === 0) return undefined
          throw broken('it ends in the middle')
        }
        end = rest.indexOf(10)
      }
      const line = rest.subarray(0, end).toString('utf8')
      rest = rest.subarray(end + 1)
      return line
    },
    async *exactly(size: number): AsyncGenerator<Buffer> {
      for (let left = size; left > 0;) {
        if (rest.length === 0 && !(await more())) throw broken('it ends in the middle')
        const part = rest.subarray(0, left)
        rest = rest.subarray(part.length)
        left -= part.length
        yield part
      }
    },
  }
}
