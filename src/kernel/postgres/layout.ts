import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, mkdir, readFile, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hasCode, refused } from '../errors.ts'
import { isAlive } from '../process.ts'

/** What lies where in a cluster's folder. Nothing is kept outside it, but a socket whose path would be too long. */
export type Layout = {
  readonly directory: string
  readonly data: string
  readonly libraries: string
  readonly log: string
  readonly lock: string
  /** The TCP port, chosen once. */
  readonly port: string
}

const known = /^(data|data\.init\..*|libraries|libraries\.new|server\.log|server\.log\.1|lock|lock\.stale.*|tcp-port)$/
/** In the data folder: it is ours. */
export const marker = 'threeways.json'

/**
 * Makes the folder if there is none.
 * @throws ThreewaysError `CLUSTER_FOREIGN` for a folder that somebody else filled, `CLUSTER_OWNER` for another user's,
 * `CLUSTER_PATH` for one whose name holds a line end
 */
export async function openLayout(directory: string): Promise<Layout> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const real = await realpath(directory)
  if (/[\r\n]/.test(real)) {
    throw refused('CLUSTER_PATH', {
      message: `the path ${JSON.stringify(real)} holds a line end, and PostgreSQL keeps its own path as one line`,
      help: 'choose a data folder without with --home, or set DATABASE_URL to a PostgreSQL server',
    })
  }
  const { uid } = await lstat(real)
  if (uid !== process.getuid!()) {
    throw refused('CLUSTER_OWNER', {
      message: `${real} belongs to user ${uid}, this is user ${process.getuid!()}`,
      help: `run as the user that made it, or give it away with \`chown -R\``,
    })
  }
  for (const entry of await readdir(real)) if (!known.test(entry)) throw foreign(real, `it holds "${entry}"`)
  const at = (name: string) => path.join(real, name)
  return { directory: real, data: at('data'), libraries: at('libraries'), log: at('server.log'), lock: at('lock'), port: at('tcp-port') }
}

/**
 * @returns whether the cluster was initialised
 * @throws ThreewaysError `CLUSTER_FOREIGN`, `CLUSTER_VERSION`
 */
export async function isInitialised(layout: Layout, major: string): Promise<boolean> {
  const read = (name: string) => readFile(path.join(layout.data, name), 'utf8').catch(ignoreMissing)
  if ((await lstat(layout.data).catch(ignoreMissing)) === undefined) return false
  const version = (await read('PG_VERSION'))?.trim()
  if (version === undefined || (await read(marker)) === undefined) throw foreign(layout.data, 'it was not made by threeways')
  if (version === major) return true
  throw refused('CLUSTER_VERSION', {
    message: `${layout.data} was made by PostgreSQL ${version}, this is PostgreSQL ${major}`,
    help: 'export with the version that made it (`threeways ledger export`), move the folder away, then `threeways ledger import`',
  })
}

/** Whether the data folder stands where it was. */
export async function hasData({ data }: Layout): Promise<boolean> {
  return (await lstat(path.join(data, marker)).catch(ignoreMissing)) !== undefined
}

export function ignoreMissing(error: unknown): undefined {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
  throw error
}

function foreign(folder: string, why: string) {
  return refused('CLUSTER_FOREIGN', {
    message: `${folder} is not a database folder of threeways: ${why}`,
    help: 'choose another folder, or move that one away; nothing in it was touched',
  })
}

/** Removes what initialisations that died have left behind. `data.init.<pid>.<start>` names who was at it. */
export async function removeLeftovers(layout: Layout): Promise<void> {
  for (const entry of await readdir(layout.directory)) {
    const owner = /^data\.init\.(\d+)\.(.*)$/.exec(entry)
    if (!owner || (await isAlive({ pid: Number(owner[1]), startedAt: decodeURIComponent(owner[2]!) }))) continue
    await rm(path.join(layout.directory, entry), { recursive: true, force: true })
  }
}

// The kernel's limit for a socket's path is 104 bytes on macOS, 108 on Linux, the closing zero included.
const pathBytesMax = 103

/** Where the socket goes: the data folder, or a folder of ours in the temporary one when that path is too long. */
export async function socketFolder(layout: Layout, port: number): Promise<string> {
  if (Buffer.byteLength(path.join(layout.data, `.s.PGSQL.${port}.lock`)) <= pathBytesMax) return layout.data
  return privateFolder(layout)
}

/** Wherever sockets of this cluster may be. */
export const socketFolders = (layout: Layout): readonly string[] => [layout.data, privateFolderOf(layout)]

/** Where the libraries' names go: LD_LIBRARY_PATH cannot hold a path with a colon or semicolon. */
export async function libraryFolder(layout: Layout): Promise<string> {
  return /[:;]/.test(layout.libraries) ? path.join(await privateFolder(layout), 'libraries') : layout.libraries
}

/** @throws ThreewaysError `SOCKET_FOLDER_FOREIGN` when somebody else made it first */
async function privateFolder(layout: Layout): Promise<string> {
  const folder = privateFolderOf(layout)
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
  const found = await lstat(folder)
  if (found.isDirectory() && found.uid === process.getuid!() && (found.mode & 0o077) === 0) return folder
  throw refused('SOCKET_FOLDER_FOREIGN', {
    message: `${folder} is not a folder that only this user can enter`,
    help: 'remove it, set TMPDIR to a folder of your own, or move the project to a shorter path',
  })
}

/** Removes it when the server has ended. */
export async function removePrivateFolder(layout: Layout): Promise<void> {
  const found = await lstat(privateFolderOf(layout)).catch(ignoreMissing)
  if (found?.isDirectory() && found.uid === process.getuid!()) await rm(privateFolderOf(layout), { recursive: true, force: true })
}

function privateFolderOf(layout: Layout): string {
  const name = `threeways-${createHash('sha256').update(layout.data).digest('hex').slice(0, 16)}`
  const inTmp = path.join(tmpdir(), name)
  const usable = Buffer.byteLength(inTmp) <= pathBytesMax - 30 && !inTmp.includes('\n') && existsSync(tmpdir())
  return usable ? inTmp : path.join('/tmp', name)
}
