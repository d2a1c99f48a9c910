import { readFile, readdir, unlink } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isAlive, run, workingDirectoryOf, type ProcessIdentity } from '../process.ts'
import { ignoreMissing, socketFolders, type Layout } from './layout.ts'

/** A running server, as its own `postmaster.pid` describes it. */
export type Postmaster = {
  readonly identity: ProcessIdentity
  readonly port: number
  readonly socketFolder: string
  readonly listensOnTcp: boolean
  readonly status: 'starting' | 'ready' | 'stopping'
}

/** @returns undefined when no server lives on this data folder, whatever its `postmaster.pid` says */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(ignoreMissing)
  if (text === undefined) return undefined
  const [pid, , , port, socketFolder, address, , status] = text.split('\n').map((line) => line.trim())
  const identity = await identify(Number(pid))
  if (!identity || !(await servesFolder(identity.pid, data))) return undefined
  return {
    identity,
    port: Number(port),
    socketFolder: socketFolder ?? '',
    listensOnTcp: (address ?? '') !== '',
    status: status === 'ready' ? 'ready' : status === 'stopping' ? 'stopping' : 'starting',
  }
}

/** A pid may belong to anybody by now; a server stands in its data folder. */
async function servesFolder(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') return (await workingDirectoryOf(pid)) === data
  return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout.includes(data)
}

/**
 * The server that is ready on this folder, after waiting for one that is on its way up or down.
 * @returns undefined when there is none
 */
export async function settledPostmaster(data: string): Promise<Postmaster | undefined> {
  for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
    const postmaster = await readPostmaster(data)
    if (!postmaster || postmaster.status === 'ready') return postmaster
    await sleep(wait)
  }
}

/**
 * Makes way for a new server: waits until the last processes of a killed one are gone, then removes lock files whose number
 * somebody else (or a zombie) has now, which PostgreSQL would take for a living server's.
 */
export async function clearStale(layout: Layout): Promise<void> {
  for (let wait = 2; wait < 5_000 && (await anyoneIn(layout.data)); wait *= 2) await sleep(wait)
  for (const file of await lockFiles(layout)) {
    const pid = Number((await readFile(file, 'utf8').catch(ignoreMissing))?.split('\n')[0])
    if (pid > 0 && exists(pid)) await unlink(file)
  }
}

async function lockFiles(layout: Layout): Promise<readonly string[]> {
  const folders = socketFolders(layout)
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = (await readdir(folder).catch(ignoreMissing)) ?? []
      return entries.filter((entry) => /^\.s\.PGSQL\.\d+\.lock$/.test(entry)).map((entry) => path.join(folder, entry))
    }),
  )
  return [path.join(layout.data, 'postmaster.pid'), ...found.flat()]
}

async function anyoneIn(data: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const folders = await Promise.all(pids.map((pid) => workingDirectoryOf(Number(pid))))
  return folders.includes(data)
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits until it accepts connections. @returns undefined when it ended instead */
export async function untilReady(data: string, identity: ProcessIdentity): Promise<Postmaster | undefined> {
  for (let wait = 1; ; wait = Math.min(wait * 1.5, 20)) {
    const postmaster = await readPostmaster(data)
    if (postmaster?.identity.pid === identity.pid && postmaster.status === 'ready') return postmaster
    if (!(await isAlive(identity))) return undefined
    await sleep(wait)
  }
}
