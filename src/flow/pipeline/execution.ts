import type { Clock } from '../../kernel/clock.ts'
import type { NewId } from '../../kernel/ids.ts'
import type { Turns } from '../../kernel/turns.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import type { Repository } from '../candidate/repository.port.ts'
import type { EnvironmentProvider } from '../environment/provider.port.ts'
import type { Attestor } from '../provenance/attestor.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { Fault, LinePort } from './line.port.ts'
import type { Depot } from './worker/depot.ts'
import type { Records } from './records.ts'
import type { ReadTestReport } from './test-report.port.ts'
import type { RunRow, StepRow } from './tables.ts'

/** What the engine works with; everything outside comes in here. */
export type Workshop = {
  readonly ledger: Ledger
  /** The data folder, `.threeways`. */
  readonly home: string
  /**
   * Folder of checkouts and artifacts. Not inside a project: a program that looks for its libraries in the folders above it
   * must find its own or none.
   */
  readonly work: string
  /** Who touches the artifact store as a whole (`artifacts`), or a checkout, takes a turn. */
  readonly inTurn: Turns<string>
  readonly depot: Depot
  /** Other servers may need what is made here. */
  isShared(): boolean
  /** Marks every process of this home. */
  readonly homeId: string
  readonly provider: EnvironmentProvider
  openRepository(location: string): Promise<Repository>
  readonly line: LinePort
  readonly testReports: ReadTestReport
  readonly clock: Clock
  readonly newId: NewId
  readonly records: Records
  readonly attestor: Attestor
  readonly secrets: Pick<Secrets, 'values' | 'hidden' | 'leaked'>
}

/** One attempt of one step, as the code that does it sees it. */
export type Execution = Workshop & {
  readonly run: RunRow
  readonly step: StepRow
  /** All steps of the run as they stood when this one began. */
  readonly steps: readonly StepRow[]
  /** Folder of its checkouts. @defaultValue that of its run */
  readonly checkouts?: string
  /** Of this attempt. */
  readonly folder: string
  /** Aborted when the run is cancelled or the server closes. */
  readonly signal: AbortSignal
  /** Adds a line to the step's log. */
  say(line: string): Promise<void>
  /**
   * Puts on record, while the step works, how far it is; from how it stands, where others may have written to it. Durable when this
   * returns; refused when the step is another server's.
   */
  note(change: StepNote | ((standing: StepRow) => StepNote)): Promise<void>
}

export type StepNote = {
  readonly output: Record<string, unknown>
  readonly message: string | null
  /** What it waits for, if it does. */
  readonly waiting: StepRow['waiting']
  readonly events: readonly CloudEvent[]
}

export type StepEnd =
  | ({ readonly end: 'succeeded'; readonly message?: string } & Consequence)
  | ({
      readonly end: 'failed'
      readonly message: string
      /** No further try could help. */ readonly final?: boolean
      /** @defaultValue 'change' */ readonly fault?: Fault
    } & Consequence)
  | ({ readonly end: 'cancelled' } & Pick<Consequence, 'record'>)
  /** Its outcome cannot be known any more. */
  | { readonly end: 'lost'; readonly why: string }

type Consequence = {
  /** Kept with the step; plain JSON. */
  readonly output?: Record<string, unknown>
  /**
   * Done in the transaction that records the end, so both happen or neither. Returns the events that belong to it. May run
   * twice when the database asks; touches nothing but `tx` and the run's row.
   */
  readonly record?: (tx: LedgerTransaction, run: RunRow) => Promise<readonly CloudEvent[]>
}

export type Executor = (execution: Execution) => Promise<StepEnd>
