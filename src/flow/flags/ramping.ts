import type { Clock } from '../../kernel/clock.ts'
import { messageOf } from '../../kernel/errors.ts'
import type { Flags } from './flags.ts'
import { dueAt } from './plan.ts'
import type { FlagSets } from './serving/sets.ts'

const lookMs = 1_000

type Parts = {
  readonly flags: Flags
  readonly sets: FlagSets
  readonly clock: Clock
  readonly hold: (now: number) => Promise<void>
  readonly log: (message: string) => void
}

/**
 * Takes the plans of ramps further when their next step is due. One server is enough; several are no harm.
 * @param hold - lets plans wait that should: asked before any step, and none is taken where it fails
 * @returns a function that ends it
 */
export function keepRamping({ flags, sets, clock, hold, log }: Parts): () => Promise<void> {
  let working: Promise<void> | undefined
  let complained = false
  const look = async (): Promise<void> => {
    try {
      const standing = await sets.flags()
      const now = clock.now()
      const isDue = standing.some(({ flag }) => Object.values(flag.environments).some((setting) => (dueAt(setting) ?? Infinity) <= now))
      if (isDue) {
        await hold(now)
        for (const { flag, reason } of await flags.advance(now)) log(`flag ${flag.flag}: ${reason}`)
      }
      complained = false
    } catch (error) {
      // Once: the database may be away for an hour.
      if (!complained) log(`cannot take ramps further: ${messageOf(error)}`)
      complained = true
    }
  }
  const timer = setInterval(() => {
    working ??= look().finally(() => {
      working = undefined
    })
  }, lookMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await working
  }
}
