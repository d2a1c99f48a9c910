import { DatabaseError, type ClientBase, type QueryResult } from 'pg'
import { digestOf, sha256 } from '../../kernel/digest.ts'
import { conflict, type ThreewaysError } from '../../kernel/errors.ts'
import type { Accepted } from '../catalogue.ts'
import type { Receipt } from '../ledger.ts'
import { fold, parametersOf, type Folded, type Said } from './fold.ts'
import { projectionSchema, shapeOf, upsert, type ProjectionTable } from './table.ts'

/** An event on its way into the ledger: everything that needs no database is done. */
export type Prepared = Accepted & {
  /** Names the event: source and id. */
  readonly name: string
  readonly said: readonly Said[]
  /** Kept from another ledger; undefined: now. */
  readonly recordedAt: string | undefined
}

/** One caller's events: recorded together or not at all. */
export type Submission = readonly Prepared[]
export type Outcome = { readonly receipts: readonly Receipt[] } | { readonly refused: ThreewaysError }

/** `head` is 0 when nothing was new. */
export type Recorded = { readonly outcomes: readonly Outcome[]; readonly head: number }

/** What every append of this process needs. */
export type Writer = {
  readonly tables: readonly ProjectionTable[]
  /** Digest of all tables' shapes; the ledger refuses an append that would not fold into the tables it has. */
  readonly projections: string
  readonly upserts: ReadonlyMap<ProjectionTable, { readonly name: string; readonly text: string }>
}

export function writerOf(tables: readonly ProjectionTable[]): Writer {
  const statement = (table: ProjectionTable) => ({ name: `fold ${table.projection.table}`, text: upsert(projectionSchema, table) })
  return {
    tables,
    projections: digestOf(tables.map(shapeOf).toSorted()),
    upserts: new Map(tables.map((table) => [table, statement(table)])),
  }
}

type Known = { readonly seq: number; readonly digest: string }
/** Where an event stands in the list that is to be written, or in the ledger already. */
type Place = { readonly index: number } | { readonly seq: number }

/**
 * Records submissions inside the transaction `client` is in, and folds them into the projections. Takes the ledger's lock.
 * A refused submission leaves nothing and does not touch the others.
 */
export async function record(client: ClientBase, writer: Writer, submissions: readonly Submission[], now: string): Promise<Recorded> {
  const known = new Map<string, Known>()
  for (;;) {
    const { fresh, places } = resolve(submissions, known)
    if (fresh.length === 0) return { outcomes: outcomesOf(places, 0), head: 0 }
    const answer = (await client.query<Appended>(appendQuery(writer, fresh, now, false))).rows[0]!
    if (answer.known === null) {
      for (const query of upsertQueries(writer, fresh)) await client.query(query)
      return { outcomes: outcomesOf(places, Number(answer.head)), head: Number(answer.head) + fresh.length }
    }
    // Some stand there already. Behind the lock nothing changes any more, so the next round knows.
    answer.known.forEach((index, at) =>
      known.set(fresh[index]!.name, { seq: Number(answer.known_seq[at]), digest: `sha256:${answer.known_digest[at]!.toString('hex')}` }),
    )
  }
}

/**
 * As `record`, in a transaction of its own that is sent at once, in the hope that no event is recorded already.
 * @param client - in pipeline mode
 * @returns undefined when the hope was vain: nothing was recorded
 */
export async function recordAtOnce(
  client: ClientBase,
  writer: Writer,
  submissions: readonly Submission[],
  now: string,
): Promise<Recorded | undefined> {
  const { fresh, places } = resolve(submissions, new Map())
  if (fresh.length === 0) return { outcomes: outcomesOf(places, 0), head: 0 }
  const queries = ['begin', appendQuery(writer, fresh, now, true), ...upsertQueries(writer, fresh), 'commit']
  const results = await Promise.allSettled(queries.map((query) => client.query<Appended>(query as string)))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) {
    // What followed the failure was refused, and the commit undid everything.
    if (failed.reason instanceof DatabaseError && failed.reason.code === 'TW002') return undefined
    throw failed.reason
  }
  const head = Number((results[1] as PromiseFulfilledResult<QueryResult<Appended>>).value.rows[0]!.head)
  return { outcomes: outcomesOf(places, head), head: head + fresh.length }
}

/** Decides, without the database, what is new, what is there twice and what contradicts. */
function resolve(submissions: readonly Submission[], known: ReadonlyMap<string, Known>) {
  const fresh: Prepared[] = []
  const written = new Map<string, { readonly index: number; readonly body: string }>()
  const places = submissions.map((submission): readonly (Place & { duplicate: boolean })[] | ThreewaysError => {
    const start = fresh.length
    const own: (Place & { duplicate: boolean })[] = []
    for (const [position, prepared] of submission.entries()) {
      const there = known.get(prepared.name)
      const here = written.get(prepared.name)
      if (there ? there.digest !== sha256(prepared.body) : here && here.body !== prepared.body) {
        // All or none: what this caller has brought so far is taken back.
        for (const { name } of fresh.splice(start)) written.delete(name)
        return reused(prepared, submission.length > 1 ? `/${position}` : '')
      }
      if (there) own.push({ seq: there.seq, duplicate: true })
      else if (here) own.push({ index: here.index, duplicate: true })
      else {
        own.push({ index: fresh.length, duplicate: false })
        written.set(prepared.name, { index: fresh.length, body: prepared.body })
        fresh.push(prepared)
      }
    }
    return own
  })
  return { fresh, places }
}

function outcomesOf(places: ReturnType<typeof resolve>['places'], headBefore: number): readonly Outcome[] {
  return places.map((own) =>
    own instanceof Error
      ? { refused: own }
      : { receipts: own.map(({ duplicate, ...place }) => ({ seq: 'seq' in place ? place.seq : headBefore + 1 + place.index, duplicate })) },
  )
}

function reused({ event: { id, source, type } }: Prepared, path: string): ThreewaysError {
  return conflict('EVENT_ID_REUSED', {
    message: `event "${id}" of "${source}" (type "${type}") is recorded with another content`,
    help: 'give a new event a new id; a correction is a new event',
    faults: [{ path: `${path}/id`, message: 'is recorded with another content' }],
  })
}

const separator = '\u001E'

type Appended = { head: string; known: number[] | null; known_seq: string[]; known_digest: Buffer[] }

function appendQuery(writer: Writer, events: readonly Prepared[], now: string, allNew: boolean) {
  const joined = (field: (prepared: Prepared) => string): string => events.map(field).join(separator)
  return {
    name: 'ledger append',
    text: 'select * from ledger_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
    values: [
      writer.projections,
      joined(({ event }) => event.source),
      joined(({ event }) => event.id),
      joined(({ event }) => event.type),
      joined(({ fact }) => fact.subject),
      joined(({ fact }) => fact.chainId ?? ''),
      joined(({ fact }) => fact.time),
      joined(({ recordedAt }) => recordedAt ?? now),
      joined(({ body }) => body),
      allNew,
    ],
  }
}

function upsertQueries(writer: Writer, events: readonly Prepared[]) {
  const tables = new Map<ProjectionTable, Folded>()
  for (const { fact, said } of events) fold(tables, fact, said)
  return [...tables].map(([table, folded]) => ({ ...writer.upserts.get(table)!, values: [...parametersOf(folded)] }))
}
