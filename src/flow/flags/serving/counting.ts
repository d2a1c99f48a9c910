import type { Clock } from '../../../kernel/clock.ts'
import { messageOf } from '../../../kernel/errors.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { recordReport } from '../traffic/record.ts'

const everyMs = 60_000
const kindsMax = 100_000

export type Counting = ReturnType<typeof countAsking>

/** Counts what is asked of the server itself, and records it from time to time: a flag that is asked for over OFREP alone is not stale. */
export function countAsking(
  ledger: Pick<Ledger, 'append'>,
  { clock, newId, log }: { readonly clock: Clock; readonly newId: () => string; readonly log: (message: string) => void },
) {
  let counts = new Map<
    string,
    { readonly environment: string; readonly flag: string; readonly variant: string; revision: number; count: number }
  >()
  let recording: Promise<void> = Promise.resolve()

  async function record(): Promise<void> {
    const taken = counts
    counts = new Map()
    const byEnvironment = Map.groupBy(taken.values(), ({ environment }) => environment)
    for (const [environment, all] of byEnvironment) {
      for (let at = 0; at < all.length; at += 1_000) {
        const evaluations = all.slice(at, at + 1_000).map(({ flag, variant, revision, count }) => ({ flag, variant, revision, count }))
        const report = { id: newId(), at: clock.now(), exposures: [], metrics: [], evaluations, rehearsals: [], dropped: 0 }
        await recordReport(ledger, clock, environment, report)
      }
    }
  }
  const flush = (): Promise<void> => {
    // One after the other; what a database that is away cannot take is lost, and said: these are counts, nothing hangs on them.
    recording = recording.then(record).catch((error: unknown) => log(`could not count what flags were asked for: ${messageOf(error)}`))
    return recording
  }
  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()
  return {
    count(environment: string, flag: string, variant: string | undefined, revision: number | undefined): void {
      const id = `${environment}\n${flag}\n${variant}`
      const known = counts.get(id)
      if (known !== undefined) {
        known.count++
        known.revision = revision ?? known.revision
      } else if (counts.size < kindsMax) counts.set(id, { environment, flag, variant: variant ?? '', revision: revision ?? 0, count: 1 })
    },
    flush,
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
    },
  }
}
