import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import type { Stage } from '../../definition/definition.ts'
import type { Policy, Rule } from '../../policy/policy.ts'
import type { Attestor } from '../../provenance/attestor.ts'
import type { Consent } from './consent-table.ts'
import type { LinePort } from '../line.port.ts'
import type { Waiting } from '../schemas.ts'
import type { RunRow, StepRow } from '../tables.ts'

export const gateNames = [
  'order',
  'line',
  'hold',
  'policy',
  'approval',
  'soak',
  'shadow',
  'window',
  'slot',
  'provenance',
  'secret',
] as const
export type GateName = (typeof gateNames)[number]

/** Gates that open by themselves, and that people may pass before to whom the policy gives the right. */
export const passables = ['soak', 'shadow', 'window'] as const
export type Passable = (typeof passables)[number]
export const isPassable = (gate: GateName): gate is Passable => passables.some((one) => one === gate)

/** How a wait before a gate ends: `opened` by itself, or what became of the candidate meanwhile. */
export const waitEnds = ['opened', 'bypassed', 'rejected', 'superseded', 'cancelled'] as const
export type WaitEnd = (typeof waitEnds)[number]

/** What the server's policy says of a stage. Without a rule it grants nothing. */
export type Grant =
  | { readonly policy: Policy; readonly rule?: Rule; readonly number?: number }
  /** Why it cannot be read. */
  | { readonly unreadable: string }

/** What a gate is asked, and all it may look at. */
export type Question = {
  readonly tx: LedgerTransaction
  readonly run: RunRow
  readonly step: StepRow
  readonly stage: Stage
  readonly line: LinePort
  readonly attestor: Pick<Attestor, 'judge'>
  readonly grant: Grant
  /** What people said of this very candidate here. */
  readonly consents: readonly Consent[]
  readonly now: string
}

/** A gate that is closed, since when, and what it waits for. Kept with the step. */
export type Closed = { readonly gate: GateName; readonly since: string; readonly waiting: Waiting }

export type Answer =
  | { readonly verdict: 'wait'; readonly gate: GateName; readonly waiting: Waiting }
  | { readonly verdict: 'never'; readonly gate: GateName; readonly reason: string }

/** @returns undefined when it is open */
export type Gate = (question: Question) => Promise<Answer | undefined>

/** @param until - when it opens by itself, where that is known */
export function wait(
  { step, now }: Pick<Question, 'step' | 'now'>,
  kind: Exclude<GateName, 'order' | 'line'>,
  why: string,
  forWhom: string,
  until?: string,
): Answer {
  // The same reason keeps its beginning: people see how long it has been so.
  const closed = (step.output?.['closed'] as readonly Closed[] | undefined) ?? []
  const since = closed.find(({ gate }) => gate === kind)?.waiting.since ?? now
  return { verdict: 'wait', gate: kind, waiting: { kind, why, for: forWhom, since, ...(until === undefined ? {} : { until }) } }
}
