import { sql } from 'kysely'
import type { RecordedEvent } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { StopView } from '../pipeline/schemas.ts'
import { tables } from '../pipeline/tables.ts'
import type { StatusTarget } from './commit-status.port.ts'
import { outcomesOf } from './outcomes.ts'
import { put, type Noted } from './outbox.ts'
import type { StatusTables } from './tables.ts'

const pageOfEvents = 500

export type Noting = {
  readonly ledger: Ledger
  readonly targets: readonly StatusTarget[]
  openStops(streams: readonly string[]): Promise<readonly StopView[]>
}

/**
 * Notes what is to be told since the place in the ledger that was come to, in the transaction that moves it: none is missed, and none
 * needs the ledger read again after a crash.
 */
export function makeNoting({ ledger, targets, openStops }: Noting) {
  const names = targets.map(({ name }) => name)

  /** @returns there may be more */
  async function note(): Promise<boolean> {
    return ledger.transaction(async (tx) => {
      const own = tx.db.withTables<StatusTables>()
      const head = await ledger.head()
      // Nobody wants to be told of what was before anybody asked.
      await own
        .insertInto('statusCursor')
        .values(names.map((target) => ({ target, seq: head })))
        .onConflict((c) => c.doNothing())
        .execute()
      const mine = await own.selectFrom('statusCursor').select('seq').where('target', 'in', names).orderBy('target').forUpdate().execute()
      // Of a target that is further on what it knows is noted again, which tells nothing twice.
      const events = await ledger.read({ after: Math.min(...mine.map(({ seq }) => seq)), limit: pageOfEvents })
      const last = events.at(-1)?.seq
      if (last === undefined) return false
      for (const status of await statusesAfter(events)) await put(own, status)
      await own.updateTable('statusCursor').set({ seq: last }).where('target', 'in', names).where('seq', '<', last).execute()
      return events.length === pageOfEvents
    })
  }

  /** As things are now: of many events of one run only the last state is told. */
  async function statusesAfter(events: readonly RecordedEvent[]): Promise<readonly Noted[]> {
    const runs = new Set(events.flatMap(({ event: { data } }) => data.context.chainId ?? []))
    const lines = new Set(events.flatMap(({ event }) => streamOfLine(event)))
    const streams = targets.flatMap((target) => target.streams)
    const touched = lines.has('*') ? streams : streams.filter((stream) => lines.has(stream))
    return [...(await ofRuns([...runs])), ...(await ofLines(touched))]
  }

  async function ofRuns(ids: readonly string[]): Promise<readonly Noted[]> {
    const runs = await tables(ledger)
      .selectFrom('run')
      .select(['id', 'stream', 'commit', 'state', 'number'])
      .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
      .where('kind', '=', 'delivery')
      .orderBy('number')
      .execute()
    const wanted = runs.filter(({ stream }) => targetsOf(stream).length > 0)
    const noted = await Promise.all(
      wanted.map(async ({ id, stream, commit, state }) => {
        const steps = await tables(ledger).selectFrom('step').selectAll().where('run', '=', id).orderBy('position').execute()
        return outcomesOf(state, steps).flatMap(({ stage, ...outcome }) =>
          targetsOf(stream).map((target): Noted => ({
            target,
            commit,
            context: `threeways/${stream}/${stage}`,
            ...outcome,
            path: `/runs/${id}`,
          })),
        )
      }),
    )
    return [...noted.flat(), ...(await ofLines([...new Set(wanted.map(({ stream }) => stream))]))]
  }

  /** Whether the line is open, beside the newest commit that came its way. */
  async function ofLines(streams: readonly string[]): Promise<readonly Noted[]> {
    if (streams.length === 0) return []
    const stops = await openStops(streams)
    const noted = await Promise.all(
      streams.map(async (stream) => {
        const newest = await tables(ledger)
          .selectFrom('run')
          .select('commit')
          .where('stream', '=', stream)
          .where('kind', '=', 'delivery')
          .orderBy('number', 'desc')
          .limit(1)
          .executeTakeFirst()
        if (newest === undefined) return []
        const [stop] = stops.filter((each) => each.stream === stream)
        const says = stop
          ? ({ state: 'failure', description: `the line is stopped: ${stop.reason}` } as const)
          : ({ state: 'success', description: 'the line is open' } as const)
        const path = `/lines/${encodeURIComponent(stream)}`
        return targetsOf(stream).map((target): Noted => ({
          target,
          commit: newest.commit,
          context: `threeways/${stream}/line`,
          ...says,
          path,
        }))
      }),
    )
    return noted.flat()
  }

  const targetsOf = (stream: string) => targets.filter(({ streams }) => streams.includes(stream))

  return note
}

function streamOfLine({ type, data }: RecordedEvent['event']): readonly string[] {
  if (!type.includes('threeways-line.')) return []
  const { stream } = data.subject.content
  return typeof stream === 'string' ? [stream] : []
}
