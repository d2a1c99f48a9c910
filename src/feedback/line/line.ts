import { sql } from 'kysely'
import type { Clock } from '../../kernel/clock.ts'
import { refused } from '../../kernel/errors.ts'
import { newSecret, type NewId } from '../../kernel/ids.ts'
import { bounded } from '../../kernel/legible.ts'
import { event, type CloudEvent, type EventType } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { lineJoined, lineJudged, lineNoted, lineOwned, linePassed, lineSpared, lineStarted, lineStopped, type Cause } from './events.ts'
import {
  blocking,
  endedBy,
  stillOpen,
  stopNotFound,
  stopToEnd,
  tooLarge,
  waitingFor,
  type Batch,
  type BatchLimit,
  type Passing,
} from './policy.ts'
import { linePasses, lineStops, type LineStop } from './projection.ts'
import { everyStream, scopeText, streamOf, type Scope } from './scope.ts'

const source = '/threeways/line'
const itself = 'threeways'

/** A change, and where it stands. */
export type Passage = Passing & { readonly candidate: string; /** At entering the stage, counts from 1. */ readonly attempt: number }

export type StopRequest = { readonly scope: Scope; readonly reason: string; readonly by: string; readonly owner?: string | undefined }

export type Line = ReturnType<typeof makeLine>

/** The andon cord of every value stream. What it decides inside a transaction is decided behind the ledger's lock. */
export function makeLine(ledger: Ledger, { clock, newId }: { readonly clock: Clock; readonly newId: NewId }) {
  const envelope = (subject: string, chainId?: string) => ({ id: newId(), time: clock.instant(), source, subject, chainId })
  const newStopId = () =>
    `stop-${newSecret()
      .replaceAll(/[^a-z0-9]/g, '')
      .slice(0, 6)}`

  /** Says something of a stop that there is. @throws ThreewaysError `STOP_NOT_FOUND`, and what `allowed` throws */
  async function say<C>(
    id: string,
    kind: EventType<C>,
    content: (stop: LineStop) => NoInfer<C>,
    allowed: (stop: LineStop) => LineStop = (stop) => stop,
  ): Promise<void> {
    const stop = await stopNamed(ledger, id)
    if (stop === undefined) throw stopNotFound(id)
    await ledger.append([event(kind, envelope(id), content(allowed(stop)))])
  }

  function stopped(change: Passage, scope: Scope, cause: Cause, reason: string): CloudEvent {
    const { stream, run, stage, candidate, commit } = change
    return event(lineStopped, envelope(newStopId(), run), {
      stream,
      scope: scopeText(scope),
      reason: bounded(reason),
      by: itself,
      cause,
      run,
      stage,
      candidate,
      commit,
    })
  }

  return {
    openStops: (streams: readonly string[]) => openStops(ledger, streams),
    everyOpenStop: () => openStops(ledger),

    /** Pulls the cord. Never refused: it must cost nothing. @returns the stop's id */
    async stop({ scope, reason, by, owner }: StopRequest): Promise<string> {
      const id = newStopId()
      const content = { stream: streamOf(scope), scope: scopeText(scope), reason, by, cause: 'person' as const }
      await ledger.append([event(lineStopped, envelope(id), { ...content, ...(owner === undefined ? {} : { owner }) })])
      return id
    },

    /**
     * A person ends one stop: as named, or the only one of a value stream. Their reason is the evidence.
     * @param falseStop - there was nothing wrong
     * @returns its id @throws ThreewaysError as `stopToEnd`
     */
    async start(stream: string | undefined, reason: string, by: string, id?: string, falseStop = false): Promise<string> {
      return ledger.transaction(async (tx) => {
        await tx.lock()
        const stop = stopToEnd(await openStops(tx, stream === undefined ? undefined : [stream]), id, reason)
        const about = { stream: stop.stream!, by, reason }
        const judged = falseStop ? [event(lineJudged, envelope(stop.id), { ...about, falseStop })] : []
        await tx.append([event(lineStarted, envelope(stop.id), { ...about, evidence: 'person' }), ...judged])
        return stop.id
      })
    },

    join: (id: string, who: string) => say(id, lineJoined, (stop) => ({ stream: stop.stream!, who }), stillOpen),
    own: (id: string, owner: string, by: string) => say(id, lineOwned, (stop) => ({ stream: stop.stream!, owner, by }), stillOpen),
    note: (id: string, note: string, by: string) => say(id, lineNoted, (stop) => ({ stream: stop.stream!, by, note })),
    judge: (id: string, falseStop: boolean, reason: string, by: string) =>
      say(id, lineJudged, (stop) => ({ stream: stop.stream!, falseStop, by, reason })),

    async blocks(tx: LedgerTransaction, change: Passage) {
      const open = await openStops(tx, [change.stream])
      const [stop] = blocking(open, change, await passesOf(tx, change))
      return stop && { ...waitingFor(stop), since: stop.since! }
    },

    /** Lets one candidate past what holds it up now. @throws ThreewaysError `LINE_NOT_STOPPED`, `REASON_MISSING` */
    async letPass(tx: LedgerTransaction, change: Passage, by: string, reason: string): Promise<readonly CloudEvent[]> {
      const { stream, stage, candidate, run, commit, attempt } = change
      if (reason.trim() === '') throw refused('REASON_MISSING', { message: 'an emergency has a reason', help: 'say it with --reason' })
      const held = blocking(await openStops(tx, [stream]), change, await passesOf(tx, change))
      if (held.length === 0) {
        const message = `no stop keeps run ${run} out of ${stage}`
        throw refused('LINE_NOT_STOPPED', { message, help: 'promote it without --emergency' })
      }
      const stops = held.map(({ id }) => id)
      return [event(linePassed, envelope(run, run), { stream, stage, candidate, run, commit, attempt, stops, by, reason })]
    },

    /** The line stops itself. A second failure of the same run adds no second stop. */
    async stopsItself(
      tx: LedgerTransaction,
      change: Passage,
      cause: Cause,
      reason: string,
      scope: Scope = { kind: 'service', stream: change.stream },
    ): Promise<readonly CloudEvent[]> {
      const known = (await openStops(tx, [change.stream])).some((stop) => stop.run === change.run && stop.cause === cause)
      return known ? [] : [stopped(change, scope, cause, reason)]
    },

    /** Not the change's fault: on record, and nothing stops. */
    spares({ stream, stage, candidate, run, commit }: Passage, reason: string): CloudEvent {
      return event(lineSpared, envelope(run, run), { stream, stage, candidate, run, commit, reason: bounded(reason) })
    },

    /**
     * A candidate that carries more than is meant to go together stops its stage, once: when a person has ended that stop, it
     * may go on.
     */
    async weighs(tx: LedgerTransaction, change: Passage, batch: Batch, limit: BatchLimit): Promise<readonly CloudEvent[]> {
      const much = tooLarge(batch, limit)
      if (much === undefined) return []
      const { stream, stage, run, candidate, commit } = change
      const before = rowsOf(tx.db, lineStops)
        .select('id')
        .where('cause', '=', 'batch')
        .where('stage', '=', stage)
        .where('stream', '=', stream)
      const known = await before.where((is) => is.or([is('run', '=', run), is('candidate', '=', candidate)])).executeTakeFirst()
      if (known) return []
      return [stopped(change, { kind: 'stage', stream, stage }, 'batch', `${commit.slice(0, 8)} is a large batch for ${stage}: ${much}`)]
    },

    /** A verified change ends the stops it is the way out of, and those that only waited for its check to decide. */
    async startsItself(tx: LedgerTransaction, change: Passage, inProduction: boolean): Promise<readonly CloudEvent[]> {
      const { stage, commit, run } = change
      const open = await openStops(tx, [change.stream])
      const words = { fix: 'fixes it', revert: 'reverts its cause' }
      return endedBy(open, change, inProduction).map(({ stop, evidence }) =>
        event(lineStarted, envelope(stop.id, run), {
          stream: stop.stream!,
          by: itself,
          evidence,
          fix: commit,
          reason: `${commit.slice(0, 8)} ${words[evidence]} and is verified in ${stage}`,
        }),
      )
    },

    /** What nobody could tell of this run in this stage is decided, one way or the other: stops for that are over. */
    async decided(tx: LedgerTransaction, { stream, run, stage }: Passage): Promise<readonly CloudEvent[]> {
      const open = (await openStops(tx, [stream])).filter(
        (stop) => stop.cause === 'undecided' && stop.run === run && stop.stage === stage && stop.commit === null,
      )
      return open.map((stop) =>
        event(lineStarted, envelope(stop.id, run), {
          stream: stop.stream!,
          by: itself,
          evidence: 'decided',
          reason: `run ${run} has left ${stage}: its verdict is known`,
        }),
      )
    },

    /** Nobody can tell whether the trunk is good until this run's check has said so. Accuses no change. */
    async cannotTell(tx: LedgerTransaction, change: Passage, reason: string): Promise<readonly CloudEvent[]> {
      const { stream, run, stage } = change
      const known = (await openStops(tx, [stream])).some((stop) => stop.run === run && stop.cause === 'undecided')
      if (known) return []
      const scope = scopeText({ kind: 'stage', stream, stage })
      return [
        event(lineStopped, envelope(newStopId(), run), {
          stream,
          scope,
          reason: bounded(reason),
          by: itself,
          cause: 'undecided',
          run,
          stage,
        }),
      ]
    },

    /** When a person let this run past which stops. */
    async emergenciesOf(run: string) {
      const rows = await rowsOf(ledger.db, linePasses).selectAll().where('run', '=', run).orderBy('at').execute()
      return [...Map.groupBy(rows, ({ stage, attempt }) => `${stage} ${attempt}`).values()].map((group) => {
        const { stage, by, reason, at } = group[0]!
        return { stage, by: by!, reason: reason!, at: new Date(at!).toISOString(), stops: group.map(({ stop }) => stop) }
      })
    },
  }
}

/** Oldest first; of every value stream when none is named. */
function openStops(place: Pick<Ledger, 'db'>, streams?: readonly string[]): Promise<LineStop[]> {
  return rowsOf(place.db, lineStops)
    .selectAll()
    .$if(streams !== undefined, (query) => query.where('stream', '=', sql<string>`any(${[...streams!, everyStream]}::text[])`))
    .where('since', 'is not', null)
    .where('startedAt', 'is', null)
    .orderBy('since')
    .execute()
}

function stopNamed(place: Pick<Ledger, 'db'>, id: string): Promise<LineStop | undefined> {
  return rowsOf(place.db, lineStops).selectAll().where('id', '=', id).where('since', 'is not', null).executeTakeFirst()
}

/** The stops that a person let exactly this attempt pass. */
async function passesOf(place: Pick<Ledger, 'db'>, { run, stage, attempt }: Passage): Promise<ReadonlySet<string>> {
  const rows = await rowsOf(place.db, linePasses)
    .select('stop')
    .where('run', '=', run)
    .where('stage', '=', stage)
    .where('attempt', '=', String(attempt))
    .execute()
  return new Set(rows.map(({ stop }) => stop))
}
