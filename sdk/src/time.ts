/** Time as the SDK uses it, so that tests can own it. */
export type Time = {
  /** Milliseconds of a clock that only goes forward: for how long something took or is to wait. */
  readonly now: () => number
  /** Milliseconds since 1970: for when something was, told to others. */
  readonly wall: () => number
  /** Calls back later, without keeping the process alive for it. @returns a function that takes it back */
  readonly after: (ms: number, work: () => void) => () => void
  /** The same for what somebody waits for: the process goes on until then. */
  readonly awaited: (ms: number, work: () => void) => () => void
  /** Calls back in a turn of its own, after whoever is at work now has gone on. */
  readonly soon: (work: () => void) => void
}

/** Timers know no longer one. */
const longestMs = 2_147_483_647

type Timers = { readonly setImmediate?: (work: () => void) => unknown }

export const systemTime: Time = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, work) {
    const timer: unknown = setTimeout(work, Math.min(ms, longestMs))
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as number)
  },
  awaited(ms, work) {
    const timer = setTimeout(work, Math.min(ms, longestMs))
    return () => clearTimeout(timer)
  },
  soon(work) {
    const { setImmediate } = globalThis as Timers
    if (setImmediate === undefined) setTimeout(work, 0)
    else setImmediate(work)
  },
}
