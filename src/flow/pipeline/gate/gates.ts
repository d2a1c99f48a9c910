import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { currentPolicy } from '../../policy/policies.ts'
import { ruleFor } from '../../policy/policy.ts'
import { consentsTo } from './consents.ts'
import { approved } from './gate-approval.ts'
import { wait } from './gate-answer.ts'
import { rehearsed } from './gate-shadow.ts'
import { inWindow, soaked } from './gate-time.ts'
import { holdsBefore } from './holds.ts'
import { missingFor } from '../../secret/needs.ts'
import { commandToSet } from '../../secret/secrets.ts'
import type { Attestor } from '../../provenance/attestor.ts'
import type { LinePort } from '../line.port.ts'
import { changeOf, stageOf } from '../place.ts'
import type { Closed, Gate, GateName, Question } from './gate-answer.ts'
import { tables, type RunRow, type StepRow } from '../tables.ts'

export type Verdict =
  | { readonly verdict: 'open'; readonly by: string }
  /** Every gate that is closed, in the order in which people read them; the first is the answer. */
  | { readonly verdict: 'wait'; readonly closed: readonly Closed[] }
  /** It will never open: a newer change went ahead. */
  | { readonly verdict: 'never'; readonly gate: GateName; readonly reason: string }

export type Entry = {
  readonly tx: LedgerTransaction
  readonly run: RunRow
  readonly step: StepRow
  readonly stage: string
  readonly line: LinePort
  readonly attestor: Pick<Attestor, 'judge'>
  readonly now: string
}

/**
 * May this candidate enter this stage now? Asked behind the ledger's lock, in the transaction that would let it in, so the
 * answer is still true when it is acted on. Whatever cannot be decided throws, and nothing is promoted.
 */
export async function mayEnter(entry: Entry): Promise<Verdict> {
  const question = await questionOf(entry)
  // A rollback brings back what was verified; a stopped line is no reason to keep a broken version.
  const gates: readonly Gate[] =
    entry.run.kind === 'rollback'
      ? [freeSlot]
      : [stillNewest, openLine, notHeld, known, approved, soaked, rehearsed, inWindow, given, freeSlot]
  const closed: Closed[] = []
  for (const gate of gates) {
    const answer = await gate(question)
    if (answer?.verdict === 'never') return answer
    if (answer) closed.push(kept(entry, answer))
  }
  // Asked when nothing else is in the way: its answer is only as fresh as what was read from the disk.
  const unproven = closed.length === 0 ? await proven(question) : undefined
  if (unproven?.verdict === 'never') return unproven
  if (unproven) closed.push(kept(entry, unproven))
  if (closed.length > 0) return { verdict: 'wait', closed }
  const approvers = question.consents.filter(({ kind }) => kind === 'approval').map(({ by }) => by)
  return { verdict: 'open', by: approvers.join(', ') || 'threeways' }
}

/** A gate that was closed already when it was asked before has been so since then. */
function kept({ step, now }: Entry, { gate, waiting }: Omit<Closed, 'since'>): Closed {
  return { gate, waiting, since: closedGates(step).find((before) => before.gate === gate)?.since ?? now }
}

/** What keeps the run of a step out of its stage, as it was when last asked. */
export const closedGates = (step: Pick<StepRow, 'output' | 'state'>): readonly Closed[] =>
  step.state === 'waiting' ? ((step.output?.['closed'] as readonly Closed[] | undefined) ?? []) : []

async function questionOf(entry: Entry): Promise<Question> {
  const { tx, run, stage: name } = entry
  const stage = stageOf(run, name)
  const read = await currentPolicy(tx)
  const grant = 'policy' in read ? { ...read, ...ruleFor(read.policy, run.stream, name) } : read
  return { ...entry, stage, grant, consents: await consentsTo(tx, run, name) }
}

const stillNewest: Gate = async ({ tx, run, stage }) => {
  const ahead = await tables(tx)
    .selectFrom('run')
    .innerJoin('step', 'step.run', 'run.id')
    .select(['run.commit', 'run.summary'])
    .where('run.stream', '=', run.stream)
    .where('run.kind', '=', 'delivery')
    .where('run.number', '>', run.number)
    .where('step.name', '=', `${stage.name}/promote`)
    .where('step.state', '=', 'succeeded')
    .orderBy('run.number', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!ahead) return undefined
  const reason = `superseded: ${ahead.commit.slice(0, 8)} "${ahead.summary}" already entered ${stage.name}`
  return { verdict: 'never', gate: 'order', reason }
}

const openLine: Gate = async ({ tx, run, step, stage, line }) => {
  const blocked = await line.blocks(tx, changeOf(run, stage, [step]))
  if (!blocked) return undefined
  return { verdict: 'wait', gate: 'line', waiting: { kind: 'line', why: blocked.why, for: blocked.for, since: blocked.since } }
}

/** What was found bad in a stage goes no further from there either. */
const notHeld: Gate = async (question) => {
  const { tx, run, stage } = question
  const [hold] = await holdsBefore(tx, run, stage)
  if (!hold) return undefined
  const what = hold.candidate === run.candidate ? 'this candidate' : `commit ${run.commit.slice(0, 8)}`
  const where = hold.stage === stage.name ? 'here' : `in ${hold.stage}`
  const why = `${what} was rolled back ${where}: ${hold.reason}`
  return wait(question, 'hold', why, `a person: threeways promote ${run.id} ${stage.name} --reason "…"`)
}

/** Rights that cannot be read, or that nobody has written down, are no rights. */
const known: Gate = async (question) => {
  const { grant, run, stage } = question
  if ('unreadable' in grant) {
    return wait(question, 'policy', `the server's policy cannot be read: ${grant.unreadable}`, 'an admin: threeways policy set <file>')
  }
  if (grant.rule !== undefined) return undefined
  const why = `no rule of the server's policy speaks of ${stage.name} in ${run.stream}`
  return wait(question, 'policy', why, 'an admin: threeways policy set <file>')
}

/** The answer comes by itself, as soon as the files were looked at. */
export const readingBack = 'the files of its artifact are being read back'

/** Old candidates, from before anything was signed, stay places to go back to. */
const proven: Gate = async (question) => {
  const { tx, run, attestor } = question
  const judged = await attestor.judge(tx, run.candidate!, run.kind === 'rollback')
  if ('holds' in judged) return undefined
  if ('refused' in judged) return { verdict: 'never', gate: 'provenance', reason: `refused: ${judged.refused}` }
  return wait(question, 'provenance', readingBack, 'the disk')
}

/** What a stage needs is there before anything is done in it. */
const given: Gate = async (question) => {
  const { tx, run, stage } = question
  const [missing, ...others] = await missingFor(tx, run.stream, run.id, stage.name)
  if (!missing) return undefined
  const { secret, environment, place } = missing
  const more = new Set(others.map((other) => other.secret)).size
  const why = `secret "${secret}" has no value${environment === '' ? '' : ` for ${environment}`}, and ${place} needs it${more > 1 ? ` (and ${more - 1} more)` : ''}`
  return wait(question, 'secret', why, `somebody who has it: ${commandToSet(secret, environment)}`)
}

const freeSlot: Gate = async (question) => {
  const { tx, run, stage } = question
  const taken = await tables(tx)
    .selectFrom('slot')
    .innerJoin('run', 'run.id', 'slot.run')
    .select(['run.id', 'run.commit', 'run.summary'])
    .where('slot.stream', '=', run.stream)
    .where('slot.stage', '=', stage.name)
    .executeTakeFirst()
  if (!taken || taken.id === run.id) return undefined
  const why = `${taken.commit.slice(0, 8)} "${taken.summary}" is in ${stage.name}`
  return wait(question, 'slot', why, `run ${taken.id} to leave ${stage.name}`)
}
