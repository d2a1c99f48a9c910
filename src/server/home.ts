import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeTree } from '../flow/candidate/folders.ts'
import { writeDurably } from '../kernel/durable-file.ts'
import { describeSystemError, hasCode, isSystemError, notFound, refused, unavailable } from '../kernel/errors.ts'
import { withFileLock } from '../kernel/file-lock.ts'
import { newSecret } from '../kernel/ids.ts'
import { identify, isAlive, type ProcessIdentity } from '../kernel/process.ts'

/** The data folder of one installation, `.threeways`: the ledger's database, artifacts, runs, environments. */
export type Home = {
  readonly folder: string
  /** Marks every process that belongs to this folder. */
  readonly id: string
  /**
   * Checkouts and artifacts, outside of any project: a build or a service inside one would find the project's own libraries in
   * the folders above it, and work here with what is not in the commit.
   */
  readonly work: string
}

/** The server at work on a home: where it listens, and which process it is. */
export type ServerNote = { readonly url: string; readonly process: ProcessIdentity }

const format = 1

/** What lies in a home; in a folder without our note anything else is somebody's. */
const ours =
  /^(\.gitignore|home\.(json\.new|lock.*)|admin-token|server\.json(\.new)?|ledger|resources|environments|runs|repositories|signing-key\.json(\.(new|lock.*))?|secret-key(\.(new|lock.*))?|commit-status\.json|(github|gitlab)-token|database\.json(\.new)?)$/

/** Where this user's programs keep data (XDG base directories; they say that a relative path counts as none). */
export function userDataFolder(name: string): string {
  const told = process.env['XDG_DATA_HOME'] ?? ''
  const own = path.isAbsolute(homedir()) ? homedir() : userInfo().homedir
  return path.join(path.isAbsolute(told) ? told : path.join(own, '.local', 'share'), name)
}

/** For those who only look: makes nothing where nothing is. @throws ThreewaysError `HOME_NOT_FOUND`, and as `openHome` */
export async function openHomeThere(folder: string): Promise<Home> {
  if ((await readHome(path.join(folder, 'home.json'))) !== undefined) return openHome(folder)
  throw notFound('HOME_NOT_FOUND', {
    message: `nothing was delivered here yet: there is no data folder "${folder}"`,
    help: `deliver a commit with \`threeways deliver\`, start a server with \`threeways up\`, or name another folder with --home${await homesIn(folder)}`,
  })
}

/** Data folders in a folder that is none, as the demonstration's is in that of the repository: one of them may be meant. */
async function homesIn(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => [])
  const isHome = (name: string) =>
    access(path.join(folder, name, 'home.json')).then(
      () => true,
      () => false,
    )
  const are = await Promise.all(names.map(isHome))
  const found = names.filter((_, at) => are[at]).map((name) => `--home "${path.join(folder, name)}"`)
  return found.length === 0 ? '' : ` (there is ${found.join(', ')})`
}

/** Opens the data folder, or makes it. @throws ThreewaysError `HOME_TOO_NEW`, `HOME_NOT_WRITABLE`, `HOME_FOREIGN` */
export async function openHome(folder: string): Promise<Home> {
  const file = path.join(folder, 'home.json')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await withFileLock(path.join(folder, 'home.lock'), async () => {
      const known = await readHome(file)
      const id = known ?? newSecret().slice(0, 16)
      if (known === undefined) {
        await refuseForeign(folder)
        await writeDurably(file, `${JSON.stringify({ format, id })}\n`)
      }
      // A repository around us must not see our data as new files.
      await writeFile(path.join(folder, '.gitignore'), '*\n')
      return { folder, id, work: await openWork(folder, id) }
    })
  } catch (error) {
    throw isSystemError(error) ? notWritable(folder, error) : error
  }
}

async function refuseForeign(folder: string): Promise<void> {
  const strange = (await readdir(folder)).find((entry) => !ours.test(entry))
  if (strange === undefined && (await isOursToIgnore(path.join(folder, '.gitignore')))) return
  throw refused('HOME_FOREIGN', {
    message: `"${folder}" is no data folder of ours: it holds "${strange ?? '.gitignore'}"`,
    help: `name an empty folder, or one that is not there yet, with --home${await homesIn(folder)}; nothing in this one was touched`,
  })
}

async function isOursToIgnore(file: string): Promise<boolean> {
  return ((await readFileIfThere(file)) ?? '*\n') === '*\n'
}

function notWritable(folder: string, error: NodeJS.ErrnoException) {
  return unavailable('HOME_NOT_WRITABLE', {
    message: `cannot use the data folder "${folder}": ${describeSystemError(error)}`,
    help: 'make room there, or give it to this user; or choose other folders with --home and XDG_DATA_HOME',
    cause: error,
  })
}

/** A home not seen for so long is gone for good, and not only moved or on a disk that is not there. */
const goneAfterMs = 30 * 86_400_000

/** Opens a home's work folder, and removes those whose home has long been gone. */
async function openWork(folder: string, id: string): Promise<string> {
  const root = userDataFolder('threeways')
  const work = path.join(root, id)
  await mkdir(work, { recursive: true, mode: 0o700 })
  await writeFile(path.join(work, 'home'), folder)
  for (const other of await readdir(root)) {
    const note = path.join(root, other, 'home')
    const seen = await stat(note).catch(() => undefined)
    if (seen === undefined || Date.now() - seen.mtimeMs < goneAfterMs) continue
    const owner = await readFile(note, 'utf8')
    if ((await readHome(path.join(owner, 'home.json')).catch(() => other)) !== other) await removeTree(path.join(root, other))
  }
  return work
}

async function readHome(file: string): Promise<string | undefined> {
  const text = await readFileIfThere(file)
  if (text === undefined) return undefined
  const home = parse(text)
  if (home === undefined)
    throw refused('HOME_FOREIGN', { message: `"${file}" is not a note of ours`, help: 'choose another data folder with --home' })
  if (home.format > format)
    throw refused('HOME_TOO_NEW', {
      message: `"${file}" was written by a newer version`,
      help: 'use that version, or export its ledger with it and import it here',
    })
  return home.id
}

function readFileIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
}

function parse(text: string): { format: number; id: string } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('id' in value) || !('format' in value)) return undefined
    return typeof value.id === 'string' && typeof value.format === 'number' ? { id: value.id, format: value.format } : undefined
  } catch {
    return undefined
  }
}

const noteFile = (folder: string) => path.join(folder, 'server.json')

/** The server that works on this folder now, if one lives. */
export async function runningServer(folder: string): Promise<ServerNote | undefined> {
  try {
    const note = JSON.parse(await readFile(noteFile(folder), 'utf8')) as ServerNote
    return (await isAlive(note.process)) ? note : undefined
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') || error instanceof SyntaxError) return undefined
    throw isSystemError(error) ? notWritable(folder, error) : error
  }
}

/** The same, once it listens: one that has just begun is waited for. */
export async function listeningServer(folder: string): Promise<ServerNote | undefined> {
  for (;;) {
    const server = await runningServer(folder)
    if (server?.url !== '') return server
    await sleep(50)
  }
}

/** Claims the folder for this process. @throws ThreewaysError `SERVER_RUNS` */
export async function claimHome(folder: string): Promise<{ note(url: string): Promise<void>; release(): Promise<void> }> {
  const self = (await identify(process.pid))!
  const claim = async () => {
    const other = await runningServer(folder)
    if (other)
      throw unavailable('SERVER_RUNS', {
        message: `a server works on "${folder}" already: process ${other.process.pid}${other.url === '' ? '' : `, ${other.url}`}`,
        help: 'use that one, or end it first',
      })
    await writeDurably(noteFile(folder), JSON.stringify({ url: '', process: self }))
  }
  await withFileLock(path.join(folder, 'home.lock'), claim).catch((error: unknown) => {
    throw isSystemError(error) ? notWritable(folder, error) : error
  })
  return {
    note: (url) => writeDurably(noteFile(folder), JSON.stringify({ url, process: self })),
    release: () => rm(noteFile(folder), { force: true }),
  }
}
