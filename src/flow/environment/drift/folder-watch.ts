import { watch, type FSWatcher } from 'node:fs'
import path from 'node:path'

/** More folders than this are left to the sweep: the system's watches are counted, and others need them too. */
const foldersMax = 2_000

export type FolderWatch = { keep(folders: readonly string[]): void; close(): void }

/** Has the system tell when something in one of the folders changes. Where it cannot, nothing is told: others look from time to time. */
export function watchFolders(root: string, changed: () => void): FolderWatch {
  const watchers = new Map<string, FSWatcher>()
  let isClosed = false
  const drop = (folder: string) => {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }
  const add = (folder: string) => {
    try {
      const watcher = watch(path.join(root, folder), { persistent: false }, changed)
      watcher.on('error', () => drop(folder))
      watchers.set(folder, watcher)
    } catch {
      // No watch to be had (their number is limited), or the folder is gone already.
    }
  }
  return {
    keep(folders) {
      if (isClosed) return
      const wanted = new Set(folders.slice(0, foldersMax))
      for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder)
      for (const folder of wanted) if (!watchers.has(folder)) add(folder)
    },
    close() {
      isClosed = true
      for (const folder of watchers.keys()) drop(folder)
    },
  }
}
