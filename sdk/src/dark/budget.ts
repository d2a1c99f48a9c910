/** What rehearsals may cost this process. */
export type Budget = {
  /** Rehearsals begun in a second. [default: 50] */
  readonly perSecond?: number
  /** Rehearsals at the same time. [default: 10] */
  readonly concurrent?: number
  /** Milliseconds of this process's time in a second that candidates and comparisons may take. [default: 50] */
  readonly cpuMsPerSecond?: number
}

export type Refusal = 'rate' | 'concurrency' | 'cpu' | 'breaker'

const looked = 20
const badShare = 0.5
const pauseMs = 10_000
const pauseMaxMs = 600_000
/** What hangs holds memory until it ends, and cannot be ended from outside. */
const hangingMax = 100

/** Says whether another rehearsal may begin. What is over is never repaid by waiting longer than it takes. */
export function makeBudget({ perSecond = 50, concurrent = 10, cpuMsPerSecond = 50 }: Budget, now: () => number) {
  const starts = makeBucket(perSecond, Math.max(1, perSecond / 10), now)
  const cpu = makeBucket(cpuMsPerSecond, cpuMsPerSecond, now)
  const breaker = makeBreaker(now)
  let running = 0
  let hanging = 0
  return {
    /** Takes a place, which {@link end} gives back. @returns why not, when it may not */
    begin(): Refusal | undefined {
      if (breaker.isOpen()) return 'breaker'
      if (running >= concurrent || hanging >= hangingMax) return 'concurrency'
      if (cpu.level() <= 0) return 'cpu'
      if (starts.level() < 0.999) return 'rate'
      starts.take(1)
      running++
      return undefined
    },
    end(good: boolean): void {
      running--
      breaker.saw(good)
    },
    spent: (ms: number): void => cpu.take(ms),
    hangs: (by: 1 | -1): void => void (hanging += by),
  }
}

/** Fills at `rate` in a second up to `most`; may be drawn below 0, and then is empty until that is made good. */
function makeBucket(rate: number, most: number, now: () => number) {
  let amount = most
  let at = now()
  const fill = (): number => {
    const time = now()
    amount = Math.min(most, amount + (Math.max(0, time - at) / 1_000) * rate)
    at = time
    return amount
  }
  return {
    level: fill,
    take: (by: number): void => void (amount = fill() - by),
  }
}

/** Ends rehearsals for a while when half of the last twenty failed or hung, and for twice as long when the next one does too. */
function makeBreaker(now: () => number) {
  let recent: boolean[] = []
  let until = 0
  let pause = pauseMs
  let trying = false
  const open = (): void => {
    until = now() + pause
    pause = Math.min(pauseMaxMs, pause * 2)
    recent = []
    trying = true
  }
  return {
    isOpen: (): boolean => now() < until,
    saw(good: boolean): void {
      if (trying && !good) return open()
      if (trying && good) pause = pauseMs
      trying = false
      recent = [...recent.slice(1 - looked), good]
      if (recent.length === looked && recent.filter((one) => !one).length >= looked * badShare) open()
    },
  }
}
