import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'

/** Replaces a file as a whole: after a crash or a full disk it holds the old text or the new one. Only its owner can read it. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const beside = `${file}.new`
  try {
    const handle = await open(beside, 'w', 0o600)
    await handle
      .writeFile(text)
      .then(() => handle.sync())
      .finally(() => handle.close())
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await rename(beside, file)
  const folder = await open(path.dirname(file))
  await folder.sync().finally(() => folder.close())
}
