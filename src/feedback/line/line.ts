import { sql } from 'kysely'
import type { Clock } from '../../kernel/clock.ts'
import { newSecret, type NewId } from '../../kernel/ids.ts'
import { bounded } from '../../kernel/legible.ts'
import { event, type CloudEvent } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { lineStarted, lineStopped } from './events.ts'
import { blocking, stopsFixedBy, stopToEnd, waitingFor, type Passing } from './policy.ts'
import { lineStops, type LineStop } from './projection.ts'

const source = '/threeways/line'
const itself = 'threeways'

/** A change, and where it stands. */
export type Passage = Passing & { readonly stream: string; readonly candidate: string; readonly run: string; readonly stage: string }

export type Line = ReturnType<typeof makeLine>

/** The andon cord of every value stream. What it decides inside a transaction is decided behind the ledger's lock. */
export function makeLine(ledger: Ledger, { clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  const envelope = (subject: string, chainId?: string) => ({ id: newId(), time: clock.instant(), source, subject, chainId })
  const newStopId = () =>
    `stop-${newSecret()
      .replaceAll(/[^a-z0-9]/g, '')
      .slice(0, 6)}`

  return {
    openStops: (streams: readonly string[]) => openStops(ledger, streams),

    /** Pulls the cord. Never refused: it must cost nothing. */
    async stop(stream: string, reason: string, by: string): Promise<string> {
      const id = newStopId()
      await ledger.append([event(lineStopped, envelope(id), { stream, reason, by, cause: 'person' })])
      return id
    },

    /** Ends one stop. @returns its id @throws ThreewaysError as `stopToEnd` */
    async start(stream: string, reason: string, by: string, id?: string): Promise<string> {
      return ledger.transaction(async (tx) => {
        await tx.lock()
        const stop = stopToEnd(await openStops(tx, [stream]), id, reason)
        await tx.append([event(lineStarted, envelope(stop.id), { stream, reason, by })])
        return stop.id
      })
    },

    async blocks(tx: LedgerTransaction, change: Passage) {
      const [stop] = blocking(await openStops(tx, [change.stream]), change)
      return stop && { ...waitingFor(stop), since: stop.since! }
    },

    /** The line stops itself. A second failure of the same run adds no second stop. */
    async stopsItself(
      tx: LedgerTransaction,
      change: Passage,
      cause: 'rollback' | 'red-trunk',
      reason: string,
    ): Promise<readonly CloudEvent[]> {
      const { stream, run, stage, candidate, commit } = change
      if ((await openStops(tx, [stream])).some((stop) => stop.run === run && stop.cause === cause)) return []
      const content = { stream, reason: bounded(reason), by: itself, cause, run, stage, candidate, commit }
      return [event(lineStopped, envelope(newStopId(), run), content)]
    },

    /**
     * A verified change ends the stops that it said it fixes: those of this very stage, and in production those that a person
     * made anywhere.
     */
    async startsItself(tx: LedgerTransaction, change: Passage, inProduction: boolean): Promise<readonly CloudEvent[]> {
      const { stream, stage, commit, run } = change
      const fixed = new Set(stopsFixedBy(change))
      const over = (await openStops(tx, [stream])).filter(
        (stop) => fixed.has(stop.id) && (stop.stage === null ? inProduction : stop.stage === stage),
      )
      return over.map((stop) =>
        event(lineStarted, envelope(stop.id, run), {
          stream,
          by: itself,
          fix: commit,
          reason: `${commit.slice(0, 8)} fixes it and is verified in ${stage}`,
        }),
      )
    },
  }
}

/** Oldest first. */
function openStops(place: Pick<Ledger, 'db'>, streams: readonly string[]): Promise<LineStop[]> {
  return rowsOf(place.db, lineStops)
    .selectAll()
    .where('stream', '=', sql<string>`any(${[...streams]}::text[])`)
    .where('since', 'is not', null)
    .where('startedAt', 'is', null)
    .orderBy('since')
    .execute()
}
