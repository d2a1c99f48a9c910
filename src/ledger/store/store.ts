import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { instantOf, type Clock, type Instant } from '../../kernel/clock.ts'
import { prepareBatch } from '../batch.ts'
import type { Catalogue } from '../catalogue.ts'
import type { CloudEvent, RecordedEvent } from '../event.ts'
import type { EventFilter, Ledger, LedgerTransaction, Receipt, Tables } from '../ledger.ts'
import { record, recordAtOnce, type Outcome, type Prepared, type Recorded, type Submission, type Writer } from './append.ts'
import { asksAgain, isGone, kyselyOf, kyselyOver, poolOf, translated, type Config } from './connection.ts'
import { changesOf } from './fold.ts'
import { Group } from './group.ts'
import { Listening } from './listen.ts'

/** An event as it is kept: `body` is the canonical JSON, to the byte. */
export type KeptEvent = { readonly seq: number; readonly recordedAt: Instant; readonly body: string }

type Parts = {
  readonly config: Config
  readonly pool: Pool
  readonly writer: Writer
  readonly catalogue: Catalogue
  readonly clock: Clock
}

/** The ledger in PostgreSQL. Made by `openLedger`. */
export class LedgerStore implements Ledger {
  readonly db: Kysely<Tables>
  readonly pool: Pool
  readonly writer: Writer
  readonly catalogue: Catalogue
  private readonly clock: Clock
  /** Appends have a connection of their own, so that slow readers do not hold them up. */
  private readonly appender: Pool
  private readonly group: Group
  private readonly listening: Listening

  constructor({ config, pool, writer, catalogue, clock }: Parts) {
    this.pool = pool
    this.db = kyselyOf(pool)
    this.writer = writer
    this.catalogue = catalogue
    this.clock = clock
    this.appender = poolOf({ ...config, pipeline: true }, 1)
    this.group = new Group(
      (submissions) => this.fly(submissions),
      (error) => isGone(error),
    )
    this.listening = new Listening(config)
  }

  async append(events: readonly CloudEvent[]): Promise<readonly Receipt[]> {
    return this.submit(await this.prepare(events))
  }

  /** Checks an event of unknown origin. What it returns is for {@link submit}. @throws ThreewaysError `EVENT_INVALID` */
  prepareOne(value: unknown, recordedAt?: string): Prepared {
    const accepted = this.catalogue.accept(value)
    const { source, id } = accepted.event
    return { ...accepted, name: `${source} ${id}`, said: changesOf(this.writer.tables, accepted.fact), recordedAt }
  }

  /** Records checked events, all or none, together with those of other callers of this moment. */
  async submit(submission: Submission): Promise<readonly Receipt[]> {
    if (submission.length === 0) return []
    try {
      return await this.group.add(submission)
    } catch (error) {
      throw translated(error)
    }
  }

  async transaction<T>(work: (tx: LedgerTransaction) => Promise<T>): Promise<T> {
    try {
      return await tried(() => this.attempt(work))
    } catch (error) {
      throw translated(error)
    }
  }

  async read(filter: EventFilter): Promise<readonly RecordedEvent[]> {
    return parsed(await this.readKept(filter))
  }

  /** As `read`, without parsing. */
  async readKept(filter: EventFilter, db = this.db): Promise<readonly KeptEvent[]> {
    const { after, types, subject, chainId, newestFirst = false, limit = 1_000 } = filter
    type Columns = { seq: number; recordedAt: Date; body: string; type: string; subject: string; chainId: string | null }
    let query = db.withTables<{ event: Columns }>().selectFrom('event').select(['seq', 'recordedAt', 'body'])
    if (after !== undefined) query = query.where('seq', '>', after)
    if (types !== undefined) query = query.where('type', 'in', types.length === 0 ? [''] : [...types])
    if (subject !== undefined) query = query.where('subject', '=', subject)
    if (chainId !== undefined) query = query.where('chainId', '=', chainId)
    try {
      const rows = await query
        .orderBy('seq', newestFirst ? 'desc' : 'asc')
        .limit(limit)
        .execute()
      return rows.map(({ seq, recordedAt, body }) => ({ seq, recordedAt: instantOf(recordedAt.getTime()), body }))
    } catch (error) {
      throw translated(error)
    }
  }

  async head(): Promise<number> {
    try {
      return (await this.pool.query<{ seq: number }>('select seq from ledger_head')).rows[0]!.seq
    } catch (error) {
      throw translated(error)
    }
  }

  onAppend(listener: (head: number) => void): () => void {
    return this.listening.add(listener)
  }

  onCall(listener: (text: string) => void): () => void {
    return this.listening.addCallee(listener)
  }

  async close(): Promise<void> {
    await this.group.settled()
    await this.listening.close()
    await Promise.all([this.appender.end(), this.pool.end()])
  }

  private async prepare(events: readonly CloudEvent[]): Promise<Submission> {
    return events.length === 1 ? [this.prepareOne(events[0])] : prepareBatch(events, (event) => this.prepareOne(event))
  }

  private async fly(submissions: readonly Submission[]): Promise<readonly Outcome[]> {
    return tried(() => this.flight(submissions))
  }

  private async flight(submissions: readonly Submission[]): Promise<readonly Outcome[]> {
    const client = await this.appender.connect()
    let lost = false
    try {
      const now = this.clock.instant()
      const { outcomes, head } =
        (await recordAtOnce(client, this.writer, submissions, now)) ?? (await this.recordInTurn(client, submissions, now))
      this.listening.tell(head)
      return outcomes
    } catch (error) {
      lost = isGone(error)
      throw error
    } finally {
      client.release(lost)
    }
  }

  private async recordInTurn(client: PoolClient, submissions: readonly Submission[], now: string): Promise<Recorded> {
    await client.query('begin')
    try {
      const recorded = await record(client, this.writer, submissions, now)
      await client.query('commit')
      return recorded
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw error
    }
  }

  private async attempt<T>(work: (tx: LedgerTransaction) => Promise<T>): Promise<T> {
    const client = await this.pool.connect()
    let lost = false
    let appended = 0
    try {
      const result = await kyselyOver(client)
        .transaction()
        .execute((db) => work(this.transactionOf(client, db, (head) => (appended = Math.max(appended, head)))))
      this.listening.tell(appended)
      return result
    } catch (error) {
      lost = isGone(error)
      throw error
    } finally {
      client.release(lost)
    }
  }

  private transactionOf(client: PoolClient, db: Kysely<Tables>, appended: (head: number) => void): LedgerTransaction {
    return {
      db,
      lock: async () => {
        await client.query({ name: 'ledger lock', text: 'select seq from ledger_head for update' })
      },
      read: async (filter) => parsed(await this.readKept(filter, db)),
      call: async (text) => {
        await client.query(`select pg_notify('threeways_call', $1)`, [text])
      },
      append: async (events) => {
        const { outcomes, head } = await record(client, this.writer, [await this.prepare(events)], this.clock.instant())
        const [outcome] = outcomes
        if ('refused' in outcome!) throw outcome.refused
        appended(head)
        return outcome!.receipts
      },
    }
  }
}

/** Again, as long as the database asks for it. */
async function tried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      if (!asksAgain(error) || count >= 10) throw error
      await sleep(Math.random() * 2 ** count)
    }
  }
}

const parsed = (kept: readonly KeptEvent[]): readonly RecordedEvent[] =>
  kept.map(({ seq, recordedAt, body }) => ({ seq, recordedAt, event: JSON.parse(body) as CloudEvent }))
