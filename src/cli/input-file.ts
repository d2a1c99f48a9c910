import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { hasCode, invalid, notFound } from '../kernel/errors.ts'
import type { CliContext } from './context.ts'

const tableHelp = 'name a table with a header, as CSV, also compressed as .csv.gz'

/**
 * What a command is to read; `-` is standard input. What is compressed says so itself, whatever its name.
 * @throws ThreewaysError `FILE_NOT_FOUND`, `FILE_INVALID`
 */
export async function openTable({ cwd, process }: Pick<CliContext, 'cwd' | 'process'>, file: string): Promise<Readable> {
  if (file === '-') return process.stdin
  const place = path.resolve(cwd, file)
  const packed = await isPacked(place, file)
  // Opened by whoever reads: until then nobody would hear what it fails of.
  return Readable.from(chunksOf(place, packed), { objectMode: false })
}

/** @throws ThreewaysError `FILE_NOT_FOUND`, `FILE_INVALID` */
export async function textOf({ cwd }: Pick<CliContext, 'cwd'>, file: string, help: string): Promise<string> {
  const place = path.resolve(cwd, file)
  await refuseFolder(place, file, help)
  return readFile(place, 'utf8')
}

async function* chunksOf(place: string, packed: boolean): AsyncGenerator<Buffer> {
  const input = createReadStream(place)
  yield* packed ? pipeline(input, createGunzip(), () => {}) : input
}

async function isPacked(place: string, file: string): Promise<boolean> {
  // A pipe cannot be looked into and be read again: there its name has to do.
  if (!(await refuseFolder(place, file, tableHelp)).isFile()) return file.endsWith('.gz')
  const handle = await open(place)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

async function refuseFolder(place: string, file: string, help: string) {
  const found = await stat(place).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR'))
      throw notFound('FILE_NOT_FOUND', { message: `there is no file "${file}"`, help })
    throw error
  })
  if (found.isDirectory()) throw invalid('FILE_INVALID', { message: `"${file}" is a folder, and no file`, help })
  return found
}
