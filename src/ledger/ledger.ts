import type { Kysely } from 'kysely'
import type { CloudEvent, RecordedEvent } from './event.ts'

/** The ledger's answer to one event. `duplicate` means: it stood there already, under this seq. */
export type Receipt = { readonly seq: number; readonly duplicate: boolean }

export type EventFilter = {
  /** Events after this seq. */
  readonly after?: number
  readonly types?: readonly string[]
  readonly subject?: string
  /** The delivery's chain. */
  readonly chainId?: string
  /** Latest first. */
  readonly newestFirst?: boolean
  readonly limit?: number
}

/**
 * One database transaction in which events and the state that belongs to them are written together.
 * Take row locks of your own tables before the first `append` or `lock`: the ledger's lock is always the last one.
 */
export type LedgerTransaction = {
  /** Typed by the caller: `tx.db.withTables<…>()`. */
  readonly db: Kysely<Tables>
  /**
   * From here to the end of the transaction nothing else enters the ledger, so what the projections say now stays true until
   * commit. Decisions about promotion are made behind it.
   */
  lock(): Promise<void>
  append(events: readonly CloudEvent[]): Promise<readonly Receipt[]>
  /** As the ledger's own, without another connection: whoever waits for one behind the lock may wait for those who wait for the lock. */
  read(filter: EventFilter): Promise<readonly RecordedEvent[]>
  /** Says something to whoever listens, in any process, once this is committed. Nothing is kept of it. */
  call(text: string): Promise<void>
}

// oxlint-disable-next-line no-empty-object-type -- capabilities bring their own tables with `withTables`
export type Tables = {}

/** The append-only truth and its projections. Everything acknowledged is on disk. */
export type Ledger = {
  /** For reading projections: `ledger.db.withTables<…>()`. */
  readonly db: Kysely<Tables>
  /**
   * Records events, all or none. Asking twice is safe: (source, id) names an event.
   * @throws ThreewaysError `EVENT_INVALID` (faults carry the path), `EVENT_ID_REUSED` (same id, other content)
   */
  append(events: readonly CloudEvent[]): Promise<readonly Receipt[]>
  /** Retried when the database asks for it (deadlock, serialisation), so `work` must not touch anything but `tx`. */
  transaction<T>(work: (tx: LedgerTransaction) => Promise<T>): Promise<T>
  read(filter: EventFilter): Promise<readonly RecordedEvent[]>
  /** Seq of the latest event; 0 when there is none. */
  head(): Promise<number>
  /** Called with the new head after each commit, from any process. @returns a function that ends it */
  onAppend(listener: (head: number) => void): () => void
  /** Called with what somebody said in a transaction, from any process. What is said while the database is away is missed. */
  onCall(listener: (text: string) => void): () => void
  close(): Promise<void>
}
