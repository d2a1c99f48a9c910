import type { Time } from '../time.ts'

/** Time that a test moves. */
export type FakeTime = Time & {
  /** Lets turns pass and timers ring, in their order, and what they promise settle. */
  pass(ms: number): Promise<void>
}

export function makeFakeTime(start = 1_000_000): FakeTime {
  let now = start
  let turns: (() => void)[] = []
  let timers: { at: number; work: () => void }[] = []

  /** Promises settle in turns of the real process; a stream takes some. */
  async function settle(): Promise<void> {
    for (let n = 0; n < 4; n++) await new Promise((resolve) => setImmediate(resolve))
  }

  async function turn(): Promise<void> {
    await settle()
    while (turns.length > 0) {
      const due = turns
      turns = []
      for (const work of due) work()
      await settle()
    }
  }

  const later: Time['after'] = (ms, work) => {
    const timer = { at: now + ms, work }
    timers.push(timer)
    return () => {
      timers = timers.filter((one) => one !== timer)
    }
  }

  return {
    now: () => now,
    wall: () => now,
    soon: (work) => void turns.push(work),
    after: later,
    awaited: later,
    async pass(ms) {
      const until = now + ms
      await turn()
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)
        if (next === undefined) break
        timers = timers.filter((one) => one !== next)
        now = Math.max(now, next.at)
        next.work()
        await turn()
      }
      now = until
    },
  }
}
