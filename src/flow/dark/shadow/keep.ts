import type { Clock, Instant } from '../../../kernel/clock.ts'
import { messageOf } from '../../../kernel/errors.ts'
import { event } from '../../../ledger/event.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import type { makeShadowDesk, Taken } from './desk.ts'
import { shadowRecorded } from './events.ts'

/** A gate that waits for copies opens within so long. */
const everyMs = 5_000

export type Keeping = {
  readonly ledger: Pick<Ledger, 'append'>
  readonly clock: Clock
  readonly newId: () => string
  readonly log: (message: string) => void
}

/** Records from time to time what copies of requests came to. @returns ends it, with what there is */
export function keepShadows(desk: Pick<ReturnType<typeof makeShadowDesk>, 'take'>, { ledger, clock, newId, log }: Keeping) {
  let recording: Promise<void> = Promise.resolve()
  const record = async () => {
    const taken = desk.take()
    if (taken.length > 0) await ledger.append(taken.map((one) => recorded(one, newId(), clock.instant())))
  }
  const flush = (): Promise<void> => {
    // One after the other; what a database that is away cannot take is lost, and said: requests go on coming.
    recording = recording
      .then(record)
      .catch((error: unknown) => log(`could not record what copies of requests came to: ${messageOf(error)}`))
    return recording
  }
  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()
  return {
    flush,
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
    },
  }
}

function recorded({ environment, from, rehearsals, oversized, failures }: Taken, id: string, time: Instant) {
  const { flag: candidate, candidate: counts, noise, timeouts, dropped, differences, latency } = rehearsals
  const all = [...differences, ...failures.map(([what, count]) => [what, count, 0] as const)]
  const rehearsal = {
    candidate: counts,
    noise,
    timeouts,
    dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0),
    differences: all.map(([difference, ofCandidate, ofNoise]) => ({ difference, candidate: ofCandidate, noise: ofNoise })),
    latency: { control: latency.control.map((one) => [...one]), candidate: latency.candidate.map((one) => [...one]) },
  }
  const envelope = { id, time, source: `/threeways/shadows/${environment}`, subject: environment }
  return event(shadowRecorded, envelope, { from, candidate, rehearsal, oversized })
}
