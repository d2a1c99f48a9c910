import type { Evaluation } from '../evaluate/evaluator.ts'
import { systemTime, type Time } from '../time.ts'
import { isDark } from './dark.ts'
import type { Task } from './task.ts'

/** Whether this client may play now: whoever looks elsewhere, or pays for each byte, is left alone. */
export type MayPlay = () => boolean

export type DarkLoadOptions = {
  readonly evaluate: (flag: string) => Evaluation
  /** Calls back when flags have changed. @returns a function that ends it */
  readonly onChange: (changed: () => void) => () => void
  readonly mayPlay?: MayPlay
  readonly time?: Time
  readonly random?: () => number
}

/** What was played so far. */
export type DarkLoad = {
  readonly stop: () => void
  readonly counts: () => { readonly played: number; readonly failed: number; readonly skipped: number }
}

const timeoutMs = 10_000
const lookAgainMs = 60_000
/** However few clients there are, one does not play more than this many times a second. */
const perClientMax = 5

/**
 * Plays a feature's traffic against its dark back end: so often that all clients together do it `tw.dark.load` times a second, which
 * the server says with the flag, as it says how many clients there are (`tw.dark.clients`). Each waits for a random time of its own
 * (a Poisson process), so that their sum is even. One play at a time: what comes due during another is skipped. Ends at once when the flag is no longer dark, and never throws into the page.
 */
export function darkLoad(
  flag: string,
  play: (task: Task) => unknown,
  { evaluate, onChange, mayPlay = mayPlayHere, time = systemTime, random = Math.random }: DarkLoadOptions,
): DarkLoad {
  const counts = { played: 0, failed: 0, skipped: 0 }
  let cancel: (() => void) | undefined
  let playing: AbortController | undefined
  let stopped = false

  const rate = (): number => {
    const evaluation = evaluate(flag)
    if (!isDark(evaluation)) return 0
    const load = Number(evaluation.metadata['tw.dark.load'] ?? 0)
    const clients = Math.max(1, Number(evaluation.metadata['tw.dark.clients'] ?? 1))
    return load > 0 && Number.isFinite(load / clients) ? Math.min(perClientMax, load / clients) : 0
  }

  function next(): void {
    cancel?.()
    cancel = undefined
    const perSecond = stopped ? 0 : rate()
    if (perSecond === 0) return playing?.abort(new Error('the flag is not dark any more'))
    const waitMs = (-Math.log(1 - random()) / perSecond) * 1_000
    // A longer wait than that is taken up anew: it has no memory.
    cancel = waitMs > lookAgainMs ? time.after(lookAgainMs, next) : time.after(waitMs, once)
  }

  function once(): void {
    // The next one's time does not hang on how long this one takes.
    next()
    const isOver = cancel === undefined
    if (isOver) return
    if (playing !== undefined || !allowed()) counts.skipped++
    else void playOnce()
  }

  /** What cannot be asked may not be done. */
  function allowed(): boolean {
    try {
      return mayPlay()
    } catch {
      return false
    }
  }

  async function playOnce(): Promise<void> {
    const abort = (playing = new AbortController())
    counts.played++
    const ended = new Promise<void>((resolve) => abort.signal.addEventListener('abort', () => resolve(), { once: true }))
    const uncancel = time.after(timeoutMs, () => abort.abort(new Error('played for too long')))
    try {
      await Promise.race([play({ signal: abort.signal, dark: true, spent: () => undefined }), ended])
    } catch {
      counts.failed++
    }
    if (abort.signal.aborted) counts.failed++
    uncancel()
    playing = undefined
  }

  const deaf = onChange(next)
  next()
  return {
    counts: () => ({ ...counts }),
    stop() {
      stopped = true
      deaf()
      next()
    },
  }
}

type Page = {
  readonly document?: { readonly visibilityState?: string }
  readonly navigator?: { readonly connection?: { readonly saveData?: boolean }; readonly onLine?: boolean }
}

function mayPlayHere(): boolean {
  const { document, navigator } = globalThis as Page
  return document?.visibilityState !== 'hidden' && navigator?.connection?.saveData !== true && navigator?.onLine !== false
}
