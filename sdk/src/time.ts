/** Time as the SDK uses it, so that tests can own it. */
export type Time = {
  /** Milliseconds of a clock that only goes forward: for how long something took or is to wait. */
  readonly now: () => number
  /** Milliseconds since 1970: for when something was, told to others. */
  readonly wall: () => number
  /** Calls back later, without keeping the process alive for it. @returns a function that takes it back */
  readonly after: (ms: number, work: () => void) => () => void
  /** Calls back in a turn of its own, after whoever is at work now has gone on. */
  readonly soon: (work: () => void) => void
}

type Timers = { readonly setImmediate?: (work: () => void) => unknown }

export const systemTime: Time = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, work) {
    const timer: unknown = setTimeout(work, Math.min(ms, 2_147_483_647))
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as number)
  },
  soon(work) {
    const { setImmediate } = globalThis as Timers
    if (setImmediate === undefined) setTimeout(work, 0)
    else setImmediate(work)
  },
}
