import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { holds } from '../deployment/projection.ts'
import type { LinePort } from './line.port.ts'
import type { Waiting } from './schemas.ts'
import { tables, type RunRow, type StepRow } from './tables.ts'

export type GateName = 'order' | 'line' | 'hold' | 'approval' | 'slot'

export type Verdict =
  | { readonly verdict: 'open'; readonly by: string }
  | { readonly verdict: 'wait'; readonly gate: GateName; readonly waiting: Waiting }
  /** It will never open: a newer change went ahead. */
  | { readonly verdict: 'never'; readonly gate: GateName; readonly reason: string }

export type Question = {
  readonly tx: LedgerTransaction
  readonly run: RunRow
  readonly step: StepRow
  readonly stage: string
  readonly line: LinePort
  readonly now: string
}

type Gate = (question: Question) => Promise<Verdict | undefined>

/**
 * May this candidate enter this stage now? Asked behind the ledger's lock, in the transaction that would let it in, so the
 * answer is still true when it is acted on. Whatever cannot be decided throws, and nothing is promoted.
 */
export async function mayEnter(question: Question): Promise<Verdict> {
  // A rollback brings back what was verified; a stopped line is no reason to keep a broken version.
  const gates: readonly Gate[] = question.run.kind === 'rollback' ? [freeSlot] : [stillNewest, openLine, notHeld, approved, freeSlot]
  for (const gate of gates) {
    const verdict = await gate(question)
    if (verdict) return verdict
  }
  return { verdict: 'open', by: question.step.approvedBy ?? 'threeways' }
}

const stillNewest: Gate = async ({ tx, run, stage }) => {
  const ahead = await tables(tx)
    .selectFrom('run')
    .innerJoin('step', 'step.run', 'run.id')
    .select(['run.commit', 'run.summary'])
    .where('run.stream', '=', run.stream)
    .where('run.kind', '=', 'delivery')
    .where('run.number', '>', run.number)
    .where('step.name', '=', `${stage}/promote`)
    .where('step.state', '=', 'succeeded')
    .orderBy('run.number', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!ahead) return undefined
  return { verdict: 'never', gate: 'order', reason: `superseded: ${ahead.commit.slice(0, 8)} "${ahead.summary}" already entered ${stage}` }
}

const openLine: Gate = async ({ tx, run, stage, line }) => {
  const { stream, commit, fixesStop } = run
  const blocked = await line.blocks(tx, {
    stream,
    commit,
    candidate: run.candidate!,
    run: run.id,
    stage,
    fixesStop: fixesStop ?? undefined,
  })
  if (!blocked) return undefined
  return { verdict: 'wait', gate: 'line', waiting: { kind: 'line', why: blocked.why, for: blocked.for, since: blocked.since } }
}

const notHeld: Gate = async ({ tx, run, step, stage, now }) => {
  const hold = await holdOn(tx, run, stage)
  if (!hold) return undefined
  return wait(
    'hold',
    step,
    now,
    `this candidate was rolled back here: ${hold.reason}`,
    `a person: threeways promote ${run.id} ${stage} --reason "…"`,
  )
}

const approved: Gate = async ({ run, step, stage, now }) => {
  const automatic = run.definition.stages.find(({ name }) => name === stage)!.auto
  if (automatic || step.approvedBy !== null) return undefined
  return wait('approval', step, now, `${stage} is entered only when a person says so`, `a person: threeways promote ${run.id} ${stage}`)
}

const freeSlot: Gate = async ({ tx, run, step, stage, now }) => {
  const taken = await tables(tx)
    .selectFrom('slot')
    .innerJoin('run', 'run.id', 'slot.run')
    .select(['run.id', 'run.commit', 'run.summary'])
    .where('slot.stream', '=', run.stream)
    .where('slot.stage', '=', stage)
    .executeTakeFirst()
  if (!taken || taken.id === run.id) return undefined
  return wait('slot', step, now, `${taken.commit.slice(0, 8)} "${taken.summary}" is in ${stage}`, `run ${taken.id} to leave ${stage}`)
}

/** The reason this candidate is held out of a stage, if it is. */
export async function holdOn(tx: LedgerTransaction, run: RunRow, stage: string): Promise<{ reason: string | null } | undefined> {
  return rowsOf(tx.db, holds)
    .select('reason')
    .where('stream', '=', run.stream)
    .where('stage', '=', stage)
    .where('candidate', '=', run.candidate!)
    .where('held', '=', true)
    .executeTakeFirst()
}

function wait(kind: 'hold' | 'approval' | 'slot', step: StepRow, now: string, why: string, forWhom: string): Verdict {
  // The same reason keeps its beginning: people see how long it has been so.
  const since = step.waiting?.kind === kind ? step.waiting.since : now
  return { verdict: 'wait', gate: kind, waiting: { kind, why, for: forWhom, since } }
}
