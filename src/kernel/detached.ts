import { spawn } from 'node:child_process'
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from './errors.ts'
import { identify, isAlive, type ProcessIdentity } from './process.ts'
import type { Hidden } from './scanning/forms.ts'
import { openScannedLog } from './scanning/scanned-log.ts'

/**
 * A program that outlives us: it leads its own group, writes to a file and leaves its exit code in another, so that whoever
 * comes after us can go on waiting. The idea is Jenkins' durable-task.
 */
export type Detached = {
  readonly identity: ProcessIdentity
  readonly logFile: string
  readonly exitFile: string
  /** The process between the program and its log, which hides what must not be told. It ends by itself after the program. */
  readonly scanner?: ProcessIdentity
}

export type Launch = {
  /** Program and arguments, passed as they are. */
  readonly command: readonly string[]
  readonly cwd: string
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>
  /** Appended to. */
  readonly logFile: string
  /** Absent until the program ends; then the exit code in decimal and a line end, without which it says nothing. Must not exist yet. */
  readonly exitFile: string
  /** Never reach the log in any form: a process beside the program hides them. @defaultValue none */
  readonly hide?: readonly Hidden[]
}

// `trap :` keeps the shell alive through a signal to the group, so that the code of the program it waits for is still
// written; the program itself starts with the default dispositions.
const script = 'umask 022; exit_file=$1; shift; trap : TERM INT HUP QUIT; "$@"; code=$?; echo "$code" > "$exit_file"; exit "$code"'

/** Of those we started ourselves: resolves when its process is gone. */
const exits = new WeakMap<Detached, Promise<void>>()

/** Resolves when the program ends; undefined when another process started it, and looking is the only way. */
export const exitOf = (detached: Detached): Promise<void> | undefined => exits.get(detached)

/**
 * Starts a program detached. A program that cannot be found ends with 127 and says so in its log, as in a shell.
 * @throws system errors of spawn and open (a missing `cwd` is `ENOENT`)
 */
export async function launch(request: Launch): Promise<Detached> {
  const { hide = [], logFile } = request
  const log = hide.length === 0 ? await open(logFile, 'a', 0o600) : await openScannedLog(logFile, hide)
  try {
    const child = spawn('/bin/sh', ['-c', script, 'threeways', request.exitFile, ...request.command], {
      cwd: request.cwd,
      env: request.env,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    child.unref()
    const pid = child.pid!
    // Already over: its exit file tells; no living process can be mistaken for it.
    const identity = (await identify(pid)) ?? { pid, startedAt: 'ended before it was seen' }
    const detached = { identity, logFile, exitFile: request.exitFile, ...('scanner' in log ? { scanner: log.scanner } : {}) }
    exits.set(detached, exit)
    return detached
  } finally {
    await log.close()
  }
}

/** How a detached program stands: it runs, it ended with a code, or it vanished without leaving one (kill -9, power, full disk). */
export type Standing = { readonly state: 'running' } | { readonly state: 'ended'; readonly code: number } | { readonly state: 'lost' }

export async function standing(detached: Detached): Promise<Standing> {
  const code = await exitCode(detached.exitFile)
  if (code !== undefined) return { state: 'ended', code }
  if (await isAlive(detached.identity)) return { state: 'running' }
  // It may have ended between the two looks.
  const late = await exitCode(detached.exitFile)
  return late === undefined ? { state: 'lost' } : { state: 'ended', code: late }
}

async function exitCode(file: string): Promise<number | undefined> {
  try {
    const text = await readFile(file, 'utf8')
    return text.endsWith('\n') ? Number(text) : undefined
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Waits until it no longer runs. Works for programs that an earlier process of ours started. Looks often at first, then
 * every `lookMsMax`.
 * @throws AbortError
 */
export async function ended(detached: Detached, signal?: AbortSignal, lookMsMax = 50): Promise<Exclude<Standing, { state: 'running' }>> {
  for (let wait = 1; ; wait = Math.min(wait * 1.5, lookMsMax)) {
    signal?.throwIfAborted()
    if (!(await isAlive(detached.identity))) {
      const now = await standing(detached)
      if (now.state !== 'running') {
        await logged(detached)
        return now
      }
    }
    await sleep(wait, undefined, signal ? { signal } : {})
  }
}

/** Something that the program left behind may go on writing for ever. */
const loggedMsMax = 1_000

/** Waits until all that an ended program wrote is in its log. */
export async function logged({ scanner }: Detached): Promise<void> {
  if (scanner === undefined) return
  const deadline = Date.now() + loggedMsMax
  while (Date.now() < deadline && (await isAlive(scanner))) await sleep(5)
}

/**
 * Keeps a growing log within bounds: over `bytesMax` the file is emptied in place (its writer appends, so it goes on at the
 * start) and its last `bytesKept` are moved to `<file>.1`. On a full disk nothing is kept, but the space is given back.
 * @returns whether it had to
 */
export async function boundLog(file: string, bytesMax: number, bytesKept: number): Promise<boolean> {
  const { size } = await stat(file).catch(() => ({ size: 0 }))
  if (size <= bytesMax) return false
  try {
    await keepEnd(file, Math.max(0, size - bytesKept), bytesKept)
  } catch (error) {
    if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT')) throw error
  } finally {
    await truncate(file, 0)
  }
  return true
}

async function keepEnd(file: string, from: number, bytes: number): Promise<void> {
  const source = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await source.read(Buffer.alloc(bytes), 0, bytes, from)
    await writeFile(`${file}.1`, buffer.subarray(0, bytesRead), { mode: 0o600 })
  } finally {
    await source.close()
  }
}

/** The last bytes of a log, from the start of a line; empty when there is none. */
export async function boundedTail(file: string, bytesMax: number): Promise<string> {
  const source = await open(file, 'r').catch(() => undefined)
  if (source === undefined) return ''
  try {
    const { size } = await source.stat()
    const start = Math.max(0, size - bytesMax)
    const { buffer, bytesRead } = await source.read(Buffer.alloc(Math.min(size, bytesMax)), 0, Math.min(size, bytesMax), start)
    const text = buffer.subarray(0, bytesRead).toString('utf8')
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    await source.close()
  }
}
