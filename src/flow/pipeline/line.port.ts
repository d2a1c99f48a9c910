import type { CloudEvent } from '../../ledger/event.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'

/** The change that a delivery carries. */
export type Change = {
  readonly stream: string
  readonly commit: string
  readonly candidate: string
  readonly run: string
  readonly stage: string
  /** What its `Fixes-Stop:` trailers name. */
  readonly fixesStop: string | undefined
}

/** Where a stage stands: `first` is before anybody else could be hit; `final` is what nothing comes after, production. */
export type Place = { readonly first: boolean; readonly final: boolean }

export type Outcome = { readonly place: Place } & (
  | { readonly kind: 'verified' }
  | {
      readonly kind: 'failed' | 'rolled-back'
      readonly onTrunk: boolean
      readonly reason: string
      /** It was worse than what it was compared with, before it served everybody. */
      readonly failedCanary: boolean
    }
)

/**
 * The Second Way, as the First sees it: it is asked before each promotion and told of each outcome, in the same transaction,
 * behind the ledger's lock. A stop that was acknowledged before cannot be overlooked.
 */
export type LinePort = {
  /** @returns why it may not pass, or undefined */
  blocks(tx: LedgerTransaction, change: Change): Promise<{ readonly why: string; readonly for: string; readonly since: string } | undefined>
  /** @returns what follows for the line, to be recorded with the outcome */
  follows(tx: LedgerTransaction, change: Change, outcome: Outcome): Promise<readonly CloudEvent[]>
}
