import { sql } from 'kysely'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { causes, type Cause } from './events.ts'
import { auditedTypes, auditOfLeaks, type Leak } from './leaks.ts'
import { measure } from './measures.ts'
import { lineHelpers, lineNotes, lineStops, type LineHelper, type LineNote, type LineStop } from './projection.ts'
import { stopNotFound } from './policy.ts'
import type { Board, LineStats, StopOnBoard, StopView } from './schemas.ts'

type Place = Pick<Ledger, 'db'>

const overShown = 20

/** Every open stop with all that is known of it, and the latest that ended. */
export async function viewBoard(place: Place, nowMs: number): Promise<Board> {
  const stops = () => rowsOf(place.db, lineStops).selectAll().where('since', 'is not', null)
  const [open, over] = await Promise.all([
    stops().where('startedAt', 'is', null).orderBy('since').execute(),
    stops().where('startedAt', 'is not', null).orderBy('startedAt', 'desc').limit(overShown).execute(),
  ])
  const shown = await withPeople(place, [...open, ...over], nowMs)
  return {
    status: open.length > 0 ? 'stopped' : 'open',
    at: new Date(nowMs).toISOString(),
    stops: shown.slice(0, open.length),
    over: shown.slice(open.length),
  }
}

/** @throws ThreewaysError `STOP_NOT_FOUND` */
export async function viewOneStop(place: Place, id: string, nowMs: number): Promise<StopOnBoard> {
  const stops = await rowsOf(place.db, lineStops).selectAll().where('id', '=', id).where('since', 'is not', null).execute()
  const [stop] = await withPeople(place, stops, nowMs)
  if (stop === undefined) throw stopNotFound(id)
  return stop
}

/** How the line did between two moments, and whether anything ever slipped past it. */
export async function viewStats(ledger: Pick<Ledger, 'db' | 'read'>, fromMs: number, toMs: number): Promise<LineStats> {
  const all = await rowsOf(ledger.db, lineStops).selectAll().where('since', 'is not', null).execute()
  const helpers = await rowsOf(ledger.db, lineHelpers).selectAll().execute()
  const { stoppedMs, byStream, ...measures } = measure(all, helpers, fromMs, toMs)
  return { ...measures, stoppedMs: [...stoppedMs], byStream: [...byStream], leaks: [...(await findLeaks(ledger))] }
}

const pageOfEvents = 1000

/** Reads the ledger from its beginning: no projection is asked. */
export async function findLeaks(ledger: Pick<Ledger, 'read'>): Promise<readonly Leak[]> {
  const audit = auditOfLeaks()
  for (let after = 0; ;) {
    const events = await ledger.read({ after, types: auditedTypes, limit: pageOfEvents })
    for (const event of events) audit.see(event)
    if (events.length < pageOfEvents) return audit.leaks
    after = events.at(-1)!.seq
  }
}

export function viewStop(stop: LineStop): StopView {
  const { id, stream, scope, reason, by, since, cause, owner, commit, candidate, run } = stop
  return {
    id,
    stream: stream ?? '',
    scope: scope ?? 'all',
    reason: reason ?? '',
    by: by ?? '',
    since: toInstant(since),
    cause: causes.find((known) => known === cause) ?? ('person' satisfies Cause),
    owner,
    commit,
    candidate,
    run,
  }
}

const toInstant = (time: string | null) => new Date(time ?? 0).toISOString()

async function withPeople(place: Place, stops: readonly LineStop[], nowMs: number): Promise<StopOnBoard[]> {
  const ids = sql<string>`any(${stops.map(({ id }) => id)}::text[])`
  const [helpers, notes] = await Promise.all([
    rowsOf(place.db, lineHelpers).selectAll().where('stop', '=', ids).orderBy('at').execute(),
    rowsOf(place.db, lineNotes).selectAll().where('stop', '=', ids).orderBy('at').execute(),
  ])
  const [helpersOf, notesOf] = [Map.groupBy(helpers, ({ stop }) => stop), Map.groupBy(notes, ({ stop }) => stop)]
  return stops.map((stop) => onBoard(stop, helpersOf.get(stop.id) ?? [], notesOf.get(stop.id) ?? [], nowMs))
}

function onBoard(stop: LineStop, helpers: readonly LineHelper[], notes: readonly LineNote[], nowMs: number): StopOnBoard {
  const { startedAt, falseStop, judgedBy, judgement } = stop
  return {
    ...viewStop(stop),
    ageMs: Math.max(0, (startedAt === null ? nowMs : Date.parse(startedAt)) - Date.parse(stop.since!)),
    stage: stop.stage,
    helpers: helpers.map(({ who, at }) => ({ who, at: toInstant(at) })),
    notes: notes.map(({ by, at, text }) => ({ by: by ?? '', at: toInstant(at), text: text ?? '' })),
    waysOut: startedAt === null ? waysOut(stop) : [],
    ended: startedAt === null ? null : ending(stop),
    falseStop: falseStop === null ? null : { verdict: falseStop, by: judgedBy ?? '', reason: judgement ?? '' },
  }
}

function ending({ startedAt, startedBy, startReason, evidence, fix }: LineStop): StopOnBoard['ended'] {
  const kinds = ['person', 'fix', 'revert', 'decided'] as const
  return {
    at: toInstant(startedAt),
    by: startedBy ?? '',
    reason: startReason ?? '',
    evidence: kinds.find((kind) => kind === evidence) ?? 'person',
    commit: fix,
  }
}

function waysOut({ id, cause, commit, stage, run }: LineStop): string[] {
  const where = stage === null ? 'in production' : `in ${stage}`
  return [
    ...(cause === 'undecided' && commit === null ? [`run ${run} leaves ${stage}: threeways rerun ${run}, or threeways cancel ${run}`] : []),
    ...(cause === 'batch' ? [] : [`a commit with the trailer "Fixes-Stop: ${id}", verified ${where}`]),
    ...(commit === null || cause === 'batch' ? [] : [`a revert of ${commit.slice(0, 8)}, verified ${where}`]),
    `a person with a reason: threeways start --stop ${id} "what was done about it"`,
  ]
}
