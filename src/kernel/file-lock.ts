import { readlink, symlink, unlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from './errors.ts'
import { identify, isAlive } from './process.ts'

/**
 * Does `work` while no other process (nor another caller in this one) does its own under the same file. The lock is a symbolic
 * link whose target names its holder: made in one step, readable at once, and void when that process is gone.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await acquire(file)
  try {
    return await work()
  } finally {
    await unlink(file)
  }
}

async function acquire(file: string): Promise<void> {
  const self = (await identify(process.pid))!
  for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
    if (await made(file, `${self.pid} ${self.startedAt}`)) return
    const holder = await holderOf(file)
    if (holder === undefined) continue
    const [pid, ...startedAt] = holder.split(' ')
    if (await isAlive({ pid: Number(pid), startedAt: startedAt.join(' ') })) await sleep(wait)
    else await withFileLock(`${file}.stale`, () => breakLock(file, holder))
  }
}

/** Only behind `<file>.stale`, so that nobody removes what a third process has taken over meanwhile. */
async function breakLock(file: string, deadHolder: string): Promise<void> {
  if ((await holderOf(file)) === deadHolder) await unlink(file)
}

async function made(file: string, holder: string): Promise<boolean> {
  try {
    await symlink(holder, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

async function holderOf(file: string): Promise<string | undefined> {
  try {
    return await readlink(file)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
