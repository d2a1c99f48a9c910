import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { chmod, mkdir, mkdtemp, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { hasCode } from '../errors.ts'
import { identify, run, type ProcessIdentity } from '../process.ts'
import type { Hidden } from './forms.ts'
import type { ScanOrder } from './scan-log.ts'

/** What a program writes to instead of its log. */
export type ScannedLog = {
  /** The write end of a pipe. */
  readonly fd: number
  readonly scanner: ProcessIdentity
  close(): Promise<void>
}

// Beside this file, as TypeScript or built.
const program = path.join(import.meta.dirname, `scan-log${path.extname(import.meta.filename)}`)
/** In a folder that was asked for. */
export const pipeName = 'log'

// It copies bytes and needs no room to compile.
const frugal = ['--max-semi-space-size=1', '--v8-pool-size=1']

/**
 * Starts the process that writes the log, and opens the pipe to it. A pipe and no socket, which Node would make: programs open
 * `/dev/stdout`. When that process is killed the program ends at its next word (`SIGPIPE`): better none than one that tells.
 * @param pipes - folder in which the pipe stays as `log`, for a program that cannot be given the descriptor. Whoever reaches
 * the folder can write to it. @defaultValue it has no name any more
 */
export async function openScannedLog(logFile: string, hide: readonly Hidden[], pipes?: string): Promise<ScannedLog> {
  const { reader, writer } = await (pipes === undefined ? openPipe(path.dirname(logFile)) : openNamedPipe(pipes))
  const log = await open(logFile, 'a', 0o600)
  try {
    // Neither our environment nor a group of ours: it belongs to the program and is heard out. Code that is kept compiled
    // halves its memory: it need not read types away.
    const child = spawn(process.execPath, [...frugal, program], {
      cwd: '/',
      env: compiledCode(),
      detached: true,
      stdio: [reader.fd, log.fd, log.fd, 'pipe'],
    })
    await once(child, 'spawn')
    child.unref()
    await send(child.stdio[3] as Writable, orderOf(logFile, hide))
    const pid = child.pid!
    const scanner = (await identify(pid)) ?? { pid, startedAt: 'ended before it was seen' }
    return { fd: writer.fd, scanner, close: () => writer.close() }
  } catch (error) {
    await writer.close()
    throw error
  } finally {
    await Promise.all([reader.close(), log.close()])
  }
}

/** Node keeps it in a folder of its version below the one that is named. */
function compiledCode(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(folder) }
}

function orderOf(logFile: string, hide: readonly Hidden[]): string {
  const values = hide.map(({ name, value }) => ({ name, value: Buffer.from(value).toString('base64') }))
  return JSON.stringify({ finds: findsOf(logFile), values } satisfies ScanOrder)
}

async function send(to: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => to.once('error', reject).end(text, resolve))
  to.destroy()
}

type Pipe = { readonly reader: FileHandle; readonly writer: FileHandle }

async function openPipe(folder: string): Promise<Pipe> {
  const place = await mkdtemp(path.join(folder, 'pipe-'))
  try {
    return await pipeAt(path.join(place, pipeName), '600')
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

async function openNamedPipe(folder: string): Promise<Pipe> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const pipe = await pipeAt(path.join(folder, pipeName), '622')
  // Whatever the server's umask is.
  await chmod(folder, 0o755)
  return pipe
}

async function pipeAt(file: string, mode: string): Promise<Pipe> {
  const made = await run('mkfifo', ['-m', mode, file])
  if (made.code !== 0) throw new Error(`mkfifo: ${made.stderr.trim()}`)
  // With both ends in hand neither of the others waits.
  const both = await open(file, constants.O_RDWR)
  try {
    return { reader: await open(file, constants.O_RDONLY), writer: await open(file, constants.O_WRONLY) }
  } finally {
    await both.close()
  }
}

const findsOf = (logFile: string) => `${logFile}.finds`

/**
 * Which values programs with this log were about to tell: each once per start of one. What `tell` has returned for is not found
 * again; a crash in between tells it twice.
 */
export async function tellFinds(logFile: string, tell: (secret: string) => Promise<void>): Promise<void> {
  const taken = `${findsOf(logFile)}.taken`
  for (;;) {
    const text = await readFile(taken, 'utf8').catch(ignoreMissing)
    for (const secret of new Set((text ?? '').split('\n').flatMap(secretIn))) await tell(secret)
    await rm(taken, { force: true })
    if ((await rename(findsOf(logFile), taken).then(() => 'more', ignoreMissing)) === undefined) return
  }
}

/** In one line of the file of finds; in none that is empty, or that a full disk cut short. */
function secretIn(line: string): readonly string[] {
  try {
    return [(JSON.parse(line) as { readonly secret: string }).secret]
  } catch {
    return []
  }
}

function ignoreMissing(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined
  throw error
}
