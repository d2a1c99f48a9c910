import type { CliContext } from './context.ts'

/** Somebody wants this process to end: a person's Ctrl-C, a supervisor, a terminal that closed, a reader that has enough. */
export type Ending = {
  /** Aborted then. */
  readonly signal: AbortSignal
  /** Waits for it. From here on it interrupts nothing: what stands behind is still done. */
  asked(): Promise<void>
}

/** Their exit codes, as shells count them. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const
type Signal = keyof typeof signals
const names = Object.keys(signals) as Signal[]

/**
 * Opens something, works with it and closes it: also when a signal comes, which lets an opening finish, leaves the work and
 * ends the process when everything is closed. A second signal ends it at once.
 */
export async function during<T extends { close(): Promise<void> }, R>(
  { process }: CliContext,
  open: (ending: Ending) => Promise<T>,
  work: (opened: T, ending: Ending) => Promise<R>,
): Promise<R | undefined> {
  const { ending, interruption, release } = meet(process)
  try {
    const opened = await open(ending)
    try {
      if (interruption.signal() !== undefined) return undefined
      return await Promise.race([work(opened, ending), interruption.came])
    } finally {
      await opened.close()
    }
  } catch (error) {
    // What fails because it was ended is not worth telling.
    if (interruption.signal() === undefined) throw error
    return undefined
  } finally {
    release()
    const signal = interruption.signal()
    if (signal !== undefined) process.exit(signals[signal])
  }
}

function meet(process: NodeJS.Process) {
  const abort = new AbortController()
  let signal: Signal | undefined
  let expected = false
  let tell = () => {}
  const told = new Promise<void>((resolve) => {
    tell = resolve
  })
  const onSignal = (next: Signal, number?: number) => {
    // The system's own: a socket lost its other end, and who wrote to it is told. Ours, for output that nobody reads, has no number.
    if (next === 'SIGPIPE' && number !== undefined) return
    if (signal !== undefined) process.exit(signals[next])
    signal = next
    tell()
    abort.abort()
  }
  for (const name of names) process.on(name, onSignal)
  return {
    ending: {
      signal: abort.signal,
      asked() {
        expected = true
        return told
      },
    },
    interruption: {
      signal: () => (expected ? undefined : signal),
      came: told.then(() => (expected ? new Promise<undefined>(() => {}) : undefined)),
    },
    release() {
      for (const name of names) process.off(name, onSignal)
    },
  }
}
