import { open, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundLog, exitOf, launch, logged, standing, type Detached } from '../../../kernel/detached.ts'
import { hasCode } from '../../../kernel/errors.ts'
import type { Hidden } from '../../../kernel/scanning/forms.ts'
import { killMarked, stopTree } from '../../../kernel/process.ts'

/** A step's log keeps this much when it grows over the double. */
const logBytesKept = 8 * 1024 * 1024
const stop = { signal: 'SIGTERM', graceMs: 5_000 } as const

export type CommandStep = {
  /** Of this attempt, there already: holds `log`, `exit` and `child.json`. */
  readonly folder: string
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Unique to this attempt; every process of it carries it in its environment. */
  readonly mark: { readonly name: string; readonly value: string }
  /** Never reach its log. @defaultValue none */
  readonly hide?: readonly Hidden[]
  /** Milliseconds since the epoch; it is killed then. */
  readonly deadline: number | undefined
}

export type CommandEnd =
  | { readonly end: 'exited'; readonly code: number; /** An earlier server started it. */ readonly inherited: boolean }
  | { readonly end: 'timed-out' | 'cancelled' | 'lost' }

/** Reason of an abort that only closes this server: the step is neither cancelled nor failed, its process was in the way. */
export const closing = Symbol('closing')

/**
 * Runs a command as a detached process, or goes on waiting for the one that an earlier server started. Asking twice for the
 * same folder never starts it twice.
 */
export async function runCommand(step: CommandStep, now: () => number, signal: AbortSignal): Promise<CommandEnd> {
  const child = await begin(step)
  if (child !== undefined) return watch(child, step, false, now, signal)
  const noted = await read(noteOf(step))
  const earlier = noted === 'starting' ? await startedUnseen(step) : noted
  return earlier === 'interrupted' || earlier === undefined ? { end: 'lost' } : watch(earlier, step, true, now, signal)
}

/** @returns undefined when it was begun before */
async function begin(step: CommandStep): Promise<Detached | undefined> {
  // Empty at first: whoever finds it so knows that a process may live which nobody noted.
  const note = await open(noteOf(step), 'wx', 0o600).catch((error: unknown) => {
    if (hasCode(error, 'EEXIST')) return undefined
    throw error
  })
  if (note === undefined) return undefined
  try {
    const child = await launch({
      ...places(step),
      command: step.command,
      cwd: step.cwd,
      env: { ...step.env, [step.mark.name]: step.mark.value },
      ...(step.hide ? { hide: step.hide } : {}),
    })
    await note.writeFile(`${JSON.stringify(child)}\n`)
    return child
  } finally {
    await note.close()
  }
}

/** Killed between starting and noting it: the exit file tells if it is over; a process still living cannot be trusted to us. */
async function startedUnseen(step: CommandStep): Promise<Detached | undefined> {
  const child: Detached = { ...places(step), identity: { pid: 0, startedAt: 'not noted' } }
  await killMarked(step.mark.name, step.mark.value)
  return (await standing(child)).state === 'ended' ? child : undefined
}

type Noted = Detached | 'starting' | 'interrupted'

const noteOf = ({ folder }: CommandStep) => path.join(folder, 'child.json')
const places = ({ folder }: CommandStep) => ({ logFile: path.join(folder, 'log'), exitFile: path.join(folder, 'exit') })

async function watch(child: Detached, step: CommandStep, inherited: boolean, now: () => number, signal: AbortSignal): Promise<CommandEnd> {
  const exit = exitOf(child)
  // What tells us of its end is looked at for its time and its log alone.
  const [first, most] = exit ? [50, 50] : [1, 50]
  // As a rule it has not ended yet.
  if (exit) await aWhile(first, signal, exit)
  let checked = 0
  for (let wait = first; ; wait = Math.min(wait * 1.4, most)) {
    const is = await standing(child)
    if (is.state !== 'running') await logged(child)
    if (is.state !== 'running') return is.state === 'ended' ? { end: 'exited', code: is.code, inherited } : { end: 'lost' }
    const cut = signal.aborted ? 'cancelled' : step.deadline !== undefined && now() > step.deadline ? 'timed-out' : undefined
    if (cut !== undefined) {
      // Its exit code will be ours, not its own: whoever comes next must not read it.
      if (signal.reason === closing) await write(noteOf(step), 'interrupted')
      await stopTree(child.identity, step.mark, stop)
      await logged(child)
      return { end: cut }
    }
    if (++checked % 5 === 0) await boundLog(child.logFile, 2 * logBytesKept, logBytesKept)
    await aWhile(wait, signal, exit)
  }
}

/** So long, or until something happens. */
async function aWhile(ms: number, signal: AbortSignal, exit: Promise<void> = new Promise(() => {})): Promise<void> {
  const over = new AbortController()
  const pause = sleep(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => {})
  await Promise.race([pause, exit])
  over.abort()
}

async function read(file: string): Promise<Noted> {
  const text = await readFile(file, 'utf8')
  return text.endsWith('\n') ? (JSON.parse(text) as Noted) : 'starting'
}

async function write(file: string, value: Noted): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}
