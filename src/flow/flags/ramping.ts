import type { Clock } from '../../kernel/clock.ts'
import { messageOf } from '../../kernel/errors.ts'
import type { Flags } from './flags.ts'
import { advanced, dueAt, heldBy, type OutcomeOf } from './plan.ts'
import type { FlagSets } from './serving/sets.ts'

const lookMs = 1_000

type Parts = {
  readonly flags: Flags
  readonly sets: FlagSets
  readonly clock: Clock
  /** Of experiments, by name: what those of them that are decided came to. */
  readonly outcomes: (experiments: readonly string[]) => Promise<OutcomeOf>
  readonly hold: (now: number, outcomeOf: OutcomeOf) => Promise<void>
  readonly log: (message: string) => void
}

/**
 * Takes the plans of ramps further when their next step is due. One server is enough; several are no harm.
 * @param hold - lets plans wait that should: asked before any step, and none is taken where it fails
 * @returns a function that ends it
 */
export function keepRamping({ flags, sets, clock, outcomes, hold, log }: Parts): () => Promise<void> {
  let working: Promise<void> | undefined
  let complained = false
  const look = async (): Promise<void> => {
    try {
      const standing = await sets.flags()
      const now = clock.now()
      const held = standing.flatMap(({ flag }) =>
        Object.entries(flag.environments)
          .filter(([, setting]) => (dueAt(setting) ?? Number.POSITIVE_INFINITY) <= now)
          .map(([environment, setting]) => ({ flag: flag.flag, environment, setting })),
      )
      if (held.length === 0) return
      const outcomeOf = await outcomes(held.flatMap(({ setting }) => heldBy(setting) ?? []))
      if (held.some(({ flag, environment, setting }) => advanced(setting, now, '', outcomeOf(flag, environment, setting)) !== undefined)) {
        await hold(now, outcomeOf)
        for (const { flag, reason } of await flags.advance(now, outcomeOf)) log(`flag ${flag.flag}: ${reason}`)
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
