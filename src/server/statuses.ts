import { sql, type Generated, type Kysely, type Migration } from 'kysely'
import type { StopView } from '../flow/pipeline/schemas.ts'
import type { CommitStatus } from '../flow/pipeline/commit-status.port.ts'
import { outcomesOf } from '../flow/pipeline/outcomes.ts'
import { tables } from '../flow/pipeline/tables.ts'
import { messageOf } from '../kernel/errors.ts'
import type { RecordedEvent } from '../ledger/event.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { StatusTarget } from './status-settings.ts'

/** What is to be told, one row of each context of a commit: what changed before it was told is told once. */
type StatusTables = {
  statusOutbox: {
    target: string
    commit: string
    context: string
    state: CommitStatus['state']
    description: string
    url: string | null
    /** Grows when there is something else to tell; told when `toldRevision` is as high. */
    revision: Generated<number>
    toldRevision: Generated<number>
    attempts: Generated<number>
    notBefore: Generated<Date>
    /** Why it was given up. */
    problem: string | null
  }
  /** How far the ledger was read for each target: another server may have others. */
  statusCursor: { target: string; seq: number }
}

export const statusMigrations: Readonly<Record<string, Migration>> = {
  'server-2026-11-statuses': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('statusOutbox')
        .addColumn('target', 'text', (c) => c.notNull())
        .addColumn('commit', 'text', (c) => c.notNull())
        .addColumn('context', 'text', (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addColumn('url', 'text')
        .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(1))
        .addColumn('toldRevision', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('notBefore', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
        .addColumn('problem', 'text')
        .addPrimaryKeyConstraint('status_outbox_pk', ['target', 'commit', 'context'])
        .execute()
      await sql`create index status_outbox_untold on status_outbox (not_before) where told_revision < revision`.execute(db)
      await db.schema
        .createTable('statusCursor')
        .addColumn('target', 'text', (c) => c.primaryKey())
        .addColumn('seq', 'bigint', (c) => c.notNull())
        .execute()
    },
  },
}

const pageOfEvents = 500
/** Whoever tells one and dies loses it to another server after this. */
const claimMs = 60_000
const restMs = 250
const lookMs = 5_000
const firstRetryMs = 2_000
const longestRetryMs = 15 * 60_000
/** Some two hours in all. */
const attemptsMax = 14

type StatusesOptions = {
  readonly ledger: Ledger
  readonly targets: readonly StatusTarget[]
  openStops(streams: readonly string[]): Promise<readonly StopView[]>
  readonly log: (message: string) => void
  /** @defaultValue 2_000 */
  readonly firstRetryMs?: number
}

/**
 * Tells hosts of repositories how commits stand: each stage's outcome, and whether the line is open. What is to be told is noted
 * in the transaction that moves the place in the ledger, so none is missed and none needs the ledger read again after a crash;
 * of several servers each status is told by one. Does nothing without targets.
 */
export function keepTelling({ ledger, targets, openStops, log, firstRetryMs: first = firstRetryMs }: StatusesOptions) {
  const db = ledger.db.withTables<StatusTables>()
  const names = targets.map(({ name }) => name)
  const ended = new AbortController()
  /** Hosts that want to be left alone, until when, epoch ms. */
  const resting = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let work = Promise.resolve()
  let failing = false
  let hurried = false

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

  /** @returns false: there is nothing to tell now */
  async function tellNext(): Promise<boolean> {
    const now = Date.now()
    const free = targets.filter(({ name }) => (resting.get(name) ?? 0) <= now).map(({ name }) => name)
    if (free.length === 0) return false
    const claimed = await sql<Claimed>`
      update status_outbox set not_before = now() + ${claimMs} * interval '1 ms'
      where (target, commit, context) in (
        select target, commit, context from status_outbox
        where told_revision < revision and not_before <= now() and target = any(${free}::text[])
        order by not_before limit 1 for update skip locked)
      returning target, commit, context, state, description, url, revision, attempts`.execute(db)
    const [row] = claimed.rows
    if (row === undefined) return false
    const target = targets.find(({ name }) => name === row.target)!
    const told = await target.tell({ ...row, url: row.url ?? undefined }, ended.signal)
    if (ended.signal.aborted && told.told !== true) return false
    await settle(row, told)
    return true
  }

  async function settle(row: Claimed, told: Awaited<ReturnType<StatusTarget['tell']>>): Promise<void> {
    const { target, commit, context, revision } = row
    const mine = db.updateTable('statusOutbox').where('target', '=', target).where('commit', '=', commit).where('context', '=', context)
    const attempts = row.attempts + 1
    if (told.told === true) {
      await mine.set({ toldRevision: revision, attempts: 0, notBefore: sql`now()`, problem: null }).execute()
    } else if (told.told === 'never' || attempts >= attemptsMax) {
      log(`${target} was not told of ${context} at ${commit.slice(0, 8)}: ${told.why}`)
      await mine.set({ toldRevision: revision, attempts: 0, problem: told.why }).execute()
    } else {
      if (attempts === 1) log(`${target} cannot be told of ${context} at ${commit.slice(0, 8)}, trying again: ${told.why}`)
      const { notBefore } = told
      if (notBefore !== undefined) resting.set(target, notBefore)
      const waitMs = Math.max((notBefore ?? 0) - Date.now(), Math.min(longestRetryMs, first * 2 ** row.attempts))
      await mine.set({ attempts, notBefore: sql`now() + ${Math.ceil(waitMs)} * interval '1 ms'` }).execute()
    }
  }

  async function turn(): Promise<void> {
    hurried = false
    try {
      while (!ended.signal.aborted && (await note()));
      while (!ended.signal.aborted && (await tellNext()));
      failing = false
    } catch (error) {
      if (!failing && !ended.signal.aborted) log(`commit statuses wait: ${messageOf(error)}`)
      failing = true
    }
    soon(hurried ? restMs : lookMs)
  }

  function soon(ms: number): void {
    if (ended.signal.aborted) return
    clearTimeout(timer)
    timer = setTimeout(() => (work = work.then(turn)), ms)
    timer.unref()
  }

  // What comes meanwhile does not put it off.
  function hurry(): void {
    if (!hurried) soon(restMs)
    hurried = true
  }

  const deaf = targets.length === 0 ? () => {} : ledger.onAppend(hurry)
  if (targets.length > 0) soon(0)

  return {
    async close(): Promise<void> {
      ended.abort()
      deaf()
      clearTimeout(timer)
      await work
    },
  }
}

type Noted = Omit<CommitStatus, 'url'> & { readonly target: StatusTarget; readonly path: string }
type Claimed = {
  target: string
  commit: string
  context: string
  state: CommitStatus['state']
  description: string
  url: string | null
  revision: number
  attempts: number
}

/** What says the same as before is not told again. */
async function put(db: Kysely<StatusTables>, { target, commit, context, state, description, path }: Noted): Promise<void> {
  const url = target.page === undefined ? null : `${target.page}${path}`
  await db
    .insertInto('statusOutbox')
    .values({ target: target.name, commit, context, state, description, url, problem: null })
    .onConflict((c) =>
      c
        .columns(['target', 'commit', 'context'])
        .doUpdateSet({
          state,
          description,
          url,
          revision: sql`status_outbox.revision + 1`,
          attempts: 0,
          notBefore: sql`now()`,
          problem: null,
        })
        .where(sql<boolean>`(status_outbox.state, status_outbox.description) is distinct from (${state}::text, ${description}::text)`),
    )
    .execute()
}

function streamOfLine({ type, data }: RecordedEvent['event']): readonly string[] {
  if (!type.includes('threeways-line.')) return []
  const { stream } = data.subject.content
  return typeof stream === 'string' ? [stream] : []
}
