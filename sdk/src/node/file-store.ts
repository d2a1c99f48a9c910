import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { Store } from '../client/client.ts'

/** Keeps the last good flags in a file, written whole or not at all. */
export function fileStore(file: string): Store {
  let writing = Promise.resolve()
  const write = async (text: string): Promise<void> => {
    const beside = `${file}.${process.pid}.tmp`
    try {
      await writeFile(beside, text, { mode: 0o600 })
      await rename(beside, file)
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
  }
  return {
    load: () => readFile(file, 'utf8').catch(() => undefined),
    save(text) {
      writing = writing.catch(() => undefined).then(() => write(text))
      return writing
    },
  }
}
