import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { writeDurably } from '../../kernel/durable-file.ts'
import { hasCode, messageOf, unavailable } from '../../kernel/errors.ts'
import { withFileLock } from '../../kernel/file-lock.ts'
import { keyBytes, keyOf, newKey, type Key } from './sealing.ts'

/** Name of the key's file in a data folder. */
export const keyFileName = 'secret-key'

/** Where the key is kept: one a line, in Base64. The last one seals; while another takes its place there are two. */
export type KeyFile = {
  /** @throws ThreewaysError `SECRET_KEY_MISSING`, `SECRET_KEY_UNREADABLE` */
  read(): Promise<readonly Key[]>
  /** The same; makes the first key where nobody said where it is. */
  readOrMake(): Promise<readonly Key[]>
  /** Adds a key. `done` with what is to stay. */
  write(keys: readonly Key[]): Promise<void>
  alone<T>(work: () => Promise<T>): Promise<T>
}

/** @param told - its path, where several servers share secrets */
export function keyFileIn(folder: string, told: string | undefined): KeyFile {
  const file = told ?? path.join(folder, keyFileName)
  const write = (keys: readonly Key[]) => writeDurably(file, keys.map(({ bytes }) => `${bytes.toString('base64')}\n`).join(''))
  const read = async () => {
    const keys = await keysIn(file)
    if (keys) return keys
    const help = told
      ? `make it with \`openssl rand -base64 32\` and give the same file to every server, or correct THREEWAYS_SECRET_KEY_FILE`
      : 'bring it back from a backup, or set THREEWAYS_SECRET_KEY_FILE; without it no value can be read, and each must be set anew after `threeways secret rm`'
    throw unavailable('SECRET_KEY_MISSING', { message: `the key that opens secrets is not there: "${file}"`, help })
  }
  return {
    read,
    write,
    async readOrMake() {
      if (told !== undefined) return read()
      return this.alone(async () => {
        const there = await keysIn(file)
        if (there) return there
        const made = [newKey()]
        await write(made)
        return made
      })
    },
    alone: (work) => withFileLock(`${file}.lock`, work),
  }
}

async function keysIn(file: string): Promise<readonly Key[] | undefined> {
  try {
    const { mode } = await stat(file)
    if ((mode & 0o007) !== 0) throw unreadable(file, 'anybody on this machine may read it', `chmod 600 "${file}", and rotate the key`)
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '')
    const keys = lines.map((line) => Buffer.from(line.trim(), 'base64'))
    if (keys.length === 0 || keys.some(({ length }) => length !== keyBytes))
      throw unreadable(file, `it does not hold ${keyBytes} bytes in Base64 on each line`, 'bring it back from a backup')
    return keys.map(keyOf)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    if (error instanceof Error && 'syscall' in error) throw unreadable(file, messageOf(error), 'give it to the user of the server')
    throw error
  }
}

function unreadable(file: string, why: string, help: string) {
  return unavailable('SECRET_KEY_UNREADABLE', { message: `the key that opens secrets cannot be used: "${file}": ${why}`, help })
}
