import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../../kernel/errors.ts'

/** Also what a build or the store made read-only. Links are removed, not followed. Safe to repeat. */
export async function removeTree(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined)
  // Nothing can be removed from a read-only folder, unless by root.
  if (found?.isDirectory()) await setFolderModes(folder, 0o755)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** From the top down when they open, from the bottom up when they close. A folder may vanish: two may remove at once. */
export async function setFolderModes(folder: string, mode: 0o755 | 0o555): Promise<void> {
  try {
    await walkFolderModes(folder, mode)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

async function walkFolderModes(folder: string, mode: 0o755 | 0o555): Promise<void> {
  if (mode === 0o755) await chmod(folder, mode)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await setFolderModes(join(folder, entry.name), mode)
  }
  if (mode === 0o555) await chmod(folder, mode)
}

export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false
      throw error
    },
  )
}
