import type { CloudEvent } from '../../ledger/event.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'

/** The change that a delivery carries, and where it goes. */
export type Change = {
  readonly stream: string
  readonly commit: string
  readonly candidate: string
  readonly run: string
  readonly stage: string
  /** Key of the definition's environments; undefined: the stage only runs checks. */
  readonly environment: string | undefined
  /** Names of the services that the candidate carries. */
  readonly services: readonly string[]
  /** What its `Fixes-Stop:` trailers name. */
  readonly fixesStop: string | undefined
  /** Full names of the commits that it says it reverts, and was seen to undo. */
  readonly reverts: readonly string[]
  /** At entering this stage, counts from 1. */
  readonly attempt: number
}

/** Where a stage stands: `first` is before anybody else could be hit; `final` is what nothing comes after, production. */
export type Place = { readonly first: boolean; readonly final: boolean }

/**
 * Whose failure it is. `change`: the candidate's own. `infrastructure`: a machine, a disk, a process that vanished; the change
 * is not accused. `undecided`: a check that did not say.
 */
export type Fault = 'change' | 'infrastructure' | 'undecided'

export type Outcome = { readonly place: Place } & (
  | { readonly kind: 'verified' }
  | {
      readonly kind: 'failed' | 'rolled-back'
      readonly onTrunk: boolean
      readonly reason: string
      readonly fault: Fault
      /** It was worse than what it was compared with, before it served everybody. */
      readonly failedCanary: boolean
    }
  /** A check's outcome is lost, and only a person may run it again: until then nobody knows. */
  | { readonly kind: 'unknown'; readonly onTrunk: boolean; readonly reason: string }
  /** It was given up. */
  | { readonly kind: 'cancelled' }
)

/** What a candidate carries beyond what runs where it wants to go. */
export type Batch = { readonly changes: number; readonly lines: number }
export type BatchLimit = { readonly changes?: number | undefined; readonly lines?: number | undefined }

/**
 * The Second Way, as the First sees it: it is asked before each promotion and told of each outcome, in the same transaction,
 * behind the ledger's lock. A stop that was acknowledged before cannot be overlooked.
 */
export type LinePort = {
  /** @returns why it may not pass, or undefined */
  blocks(tx: LedgerTransaction, change: Change): Promise<{ readonly why: string; readonly for: string; readonly since: string } | undefined>
  /** @returns what follows for the line, to be recorded with the outcome */
  follows(tx: LedgerTransaction, change: Change, outcome: Outcome): Promise<readonly CloudEvent[]>
  /** @returns what follows from the size of a batch, to be recorded before `blocks` is asked */
  weighs(tx: LedgerTransaction, change: Change, batch: Batch, limit: BatchLimit): Promise<readonly CloudEvent[]>
  /** A person lets this one candidate past the stops there are now. @throws ThreewaysError `LINE_NOT_STOPPED`, `REASON_MISSING` */
  letPass(tx: LedgerTransaction, change: Change, by: string, reason: string): Promise<readonly CloudEvent[]>
}
