import { spawn } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { concurrently } from './concurrently.ts'
import { hasCode, unavailable } from './errors.ts'

export type Ran = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stdout: string; readonly stderr: string }

export type RunOptions = {
  readonly cwd?: string
  /** The whole environment of the process. @defaultValue this process's own */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string | Uint8Array
  /** Ended with SIGKILL after this many milliseconds. @defaultValue 60_000 */
  readonly timeoutMs?: number
  /** Each stream keeps its last so many bytes. @defaultValue 16 MiB */
  readonly outputBytesMax?: number
  readonly signal?: AbortSignal | undefined
}

/** What a program left in its pipes is read; what something it started goes on to write is not waited for. */
const quietMs = 300

/**
 * Runs a program to its end and keeps its output. No shell: arguments are passed as they are.
 * A non-zero exit is an answer, not an error. It leads a group of its own: a Ctrl-C in the terminal is ours to answer, and what
 * it started is ended with it when it is cut short.
 * @throws ThreewaysError `PROGRAM_NOT_FOUND`, `PROGRAM_TIMED_OUT`, and the reason of an abort
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { signal, input, timeoutMs = 60_000 } = options
  signal?.throwIfAborted()
  return new Promise<Ran>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env as NodeJS.ProcessEnv | undefined,
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    let cut: unknown
    const cutShort = (why: unknown) => {
      cut ??= why
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
    }
    const aborted = () => cutShort(signal?.reason)
    signal?.addEventListener('abort', aborted, { once: true })
    const timer = setTimeout(() => cutShort(timedOut(program, timeoutMs)), timeoutMs)
    const over = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
    const stdout = keepTail(options.outputBytesMax)
    const stderr = keepTail(options.outputBytesMax)
    child.stdout!.on('data', stdout.push)
    child.stderr!.on('data', stderr.push)
    child.on('error', (error) => {
      over()
      reject(hasCode(error, 'ENOENT') ? notFound(program, options.cwd, error) : error)
    })
    child.on('exit', () => closeWhenQuiet([child.stdout!, child.stderr!]))
    child.on('close', (code, killed) => {
      over()
      if (cut === undefined) resolve({ code, signal: killed, stdout: stdout.text(), stderr: stderr.text() })
      else reject(cut)
    })
    if (child.stdin) {
      child.stdin.on('error', () => {}) // It may exit without reading; its exit code tells.
      child.stdin.end(input)
    }
  })
}

const timedOut = (program: string, ms: number) =>
  unavailable('PROGRAM_TIMED_OUT', { message: `"${program}" did not end within ${ms} ms and was killed` })

const notFound = (program: string, folder: string | undefined, cause: unknown) =>
  unavailable('PROGRAM_NOT_FOUND', {
    message: `cannot run "${program}"${folder === undefined ? '' : ` in ${folder}`}: not found`,
    help: `install "${program}" or correct the command and folder`,
    cause,
  })

/** A program that has ended may leave its pipes to others that live on: they are closed once nothing comes. */
export function closeWhenQuiet(pipes: readonly Readable[]): void {
  for (const pipe of pipes) {
    const timer = setTimeout(() => pipe.destroy(), quietMs)
    pipe.on('data', () => timer.refresh()).once('close', () => clearTimeout(timer))
  }
}

function keepTail(bytesMax = 16 * 1024 * 1024) {
  let chunks: Buffer[] = []
  let size = 0
  return {
    push(chunk: Buffer): void {
      chunks.push(chunk)
      size += chunk.length
      if (size > 2 * bytesMax) {
        chunks = [Buffer.concat(chunks).subarray(-bytesMax)]
        size = bytesMax
      }
    },
    text: () => Buffer.concat(chunks).subarray(-bytesMax).toString('utf8'),
  }
}

/**
 * Names one process for good: the operating system gives a pid away again, but not with the same start.
 * `startedAt` is the kernel's own figure (Linux: clock ticks since boot; elsewhere: `ps -o lstart=`).
 */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string }

/** @returns undefined when no such process lives (a zombie does not) */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  if (process.platform !== 'linux') {
    const ps = await run('ps', ['-o', 'lstart=', '-o', 'stat=', '-p', String(pid)])
    const line = ps.stdout.trim()
    return line === '' || /\sZ\S*$/.test(line) ? undefined : { pid, startedAt: line.replace(/\s+\S+$/, '') }
  }
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in parentheses and may hold anything; fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, startedAt: fields[19]! }
  } catch {
    return undefined
  }
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startedAt === identity.startedAt
}

/**
 * Pids of every living process whose environment holds `name=value`: also those that forked, left their group or lost their
 * parent. Linux only; elsewhere an empty list.
 */
export async function pidsMarked(name: string, value: string): Promise<readonly number[]> {
  if (process.platform !== 'linux') return []
  const mark = `\0${name}=${value}\0`
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
  const found: number[] = []
  await concurrently(64, pids, async (pid) => {
    // What cannot be read is gone meanwhile, or another user's: neither is ours.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    if (`\0${environment}\0`.includes(mark)) found.push(Number(pid))
  })
  return found
}

/** Working directory of a living process. Linux only; undefined elsewhere or when it is gone. */
export async function workingDirectoryOf(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

/** The environment a living process was started with. Linux only; undefined elsewhere, or when it cannot be read. */
export async function environmentOf(pid: number): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const entries = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((entry) => entry.includes('='))
    return Object.fromEntries(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]))
  } catch {
    return undefined
  }
}

/** Pids of the living children of a process, oldest first. Linux only; elsewhere an empty list. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  try {
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Sends a signal to a process group, or to one process. @returns false when there is none */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal)
      return true
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error
    }
  }
  return false
}

export type StopOptions = { readonly signal: NodeJS.Signals; readonly graceMs: number }

/**
 * Ends a process and everything it started: asks its group with `signal`, waits `graceMs`, then SIGKILL; at last whatever
 * still carries the mark. Nothing of it lives when this returns.
 * @returns how it went: `graceful`, or `killed` when it had to be
 */
export async function stopTree(
  identity: ProcessIdentity,
  mark: { readonly name: string; readonly value: string } | undefined,
  options: StopOptions,
): Promise<'graceful' | 'killed'> {
  let outcome: 'graceful' | 'killed' = 'graceful'
  if (await isAlive(identity)) {
    signalGroup(identity.pid, options.signal)
    // One that was stopped would not hear of it.
    signalGroup(identity.pid, 'SIGCONT')
    if (!(await goneWithin(identity, options.graceMs))) {
      outcome = 'killed'
      signalGroup(identity.pid, 'SIGKILL')
      await goneWithin(identity, 5_000)
    }
  }
  // The leader is gone; members of its group that ignored the signal are found by their mark.
  if (mark) await killMarked(mark.name, mark.value)
  return outcome
}

/** SIGKILL to everything that carries the mark, until nothing does (a fork bomb gets ten rounds). */
export async function killMarked(name: string, value: string): Promise<number> {
  let killed = 0
  for (let round = 0; round < 10; round++) {
    const pids = await pidsMarked(name, value)
    if (pids.length === 0) return killed
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
        killed++
      } catch (error) {
        if (!hasCode(error, 'ESRCH')) throw error
      }
    }
    await sleep(5 * 2 ** round)
  }
  return killed
}

async function goneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms
  for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
    if (!(await isAlive(identity))) return true
    if (Date.now() >= deadline) return false
    await sleep(wait)
  }
}
