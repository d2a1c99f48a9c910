import { conflict, notFound } from '../../kernel/errors.ts'
import { bounded } from '../../kernel/legible.ts'
import { event, type CloudEvent } from '../../ledger/event.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { holdPlaced } from '../deployment/events.ts'
import type { Workshop } from './execution.ts'
import { forget } from './gate/consents.ts'
import { closedGates } from './gate/gates.ts'
import { downstream } from './policy.ts'
import { waitsOver } from './engine/progress.ts'
import { source } from './records.ts'
import { changeRun, changeStep, lockRun } from './engine/runs.ts'
import { tables, type RunRow, type StepRow } from './tables.ts'

/** Who acts, and why: kept with what they did. */
export type Act = { readonly by: string; readonly reason: string }

/**
 * Ends a run: what works is stopped, what waits is given up, stages it is in are settled.
 * @throws ThreewaysError `RUN_NOT_FOUND`, `RUN_OVER`
 */
export async function cancel(shop: Workshop, id: string, act: Act): Promise<void> {
  await shop.ledger.transaction(async (tx) => {
    const { run, steps } = await lockRun(tx, id)
    if (run.finishedAt !== null) throw conflict('RUN_OVER', { message: `run ${id} has ended: ${run.state}` })
    const idle = steps.filter(({ state, rule }) => rule === 'success' && (state === 'waiting' || state === 'needs-attention'))
    const over: CloudEvent[] = []
    for (const step of idle) {
      if (step.stage !== null) over.push(...waitsOver(shop, run, step.stage, closedGates(step), 'cancelled'))
      const output = step.work.kind === 'promote' ? { output: null } : {}
      await changeStep(tx, step, { state: 'cancelled', waiting: null, message: act.reason, notBefore: null, ...output })
    }
    const unsettled = steps.filter(({ state, rule }) => rule === 'always' && state === 'needs-attention')
    if (unsettled.length > 0) await abandon(shop, tx, run, unsettled, act)
    await changeRun(tx, run, { cancelledBy: act.by, message: act.reason })
    if (over.length > 0) await tx.append(over)
  })
}

/** A stage that could not be settled is left as it is: the person who says so has looked at it. */
async function abandon(
  { records }: Workshop,
  tx: LedgerTransaction,
  run: RunRow,
  unsettled: readonly StepRow[],
  { by, reason }: Act,
): Promise<void> {
  const events: CloudEvent[] = []
  for (const step of unsettled) {
    const why = `${step.waiting?.why}; ${by} gave it up: ${reason}`
    await changeStep(tx, step, { state: 'failed', waiting: null, message: why })
    events.push(records.promotionFailed(run, step.stage!, 'failed', why, undefined))
  }
  await tx.lock()
  await tables(tx).deleteFrom('slot').where('run', '=', run.id).execute()
  await tx.append(events)
}

/**
 * Runs again from a step on, with the same commit and, once built, the same candidate.
 * @throws ThreewaysError `RUN_NOT_FOUND`, `STEP_NOT_FOUND`, `STEP_AT_WORK`, `STAGE_UNSETTLED`
 */
export async function rerun(shop: Workshop, id: string, from: string, act: Act): Promise<void> {
  await shop.ledger.transaction(async (tx) => {
    const { run, steps } = await lockRun(tx, id)
    if (!steps.some(({ name }) => name === from)) {
      throw notFound('STEP_NOT_FOUND', { message: `run ${id} has no step "${from}"; it has: ${steps.map(({ name }) => name).join(', ')}` })
    }
    const again = new Set(downstream(steps, withItsPromotion(steps, from)))
    const repeated = steps.filter(({ name }) => again.has(name))
    const busy = repeated.find(({ state }) => state === 'running')
    if (busy) throw conflict('STEP_AT_WORK', { message: `step "${busy.name}" is at work`, help: `wait for it, or threeways cancel ${id}` })
    const inside = repeated.find(({ work, state, stage }) => work.kind === 'promote' && state === 'succeeded' && !isLeft(steps, stage!))
    if (inside) throw unsettled(id, steps, inside.stage!)
    const over = repeated.flatMap((step) => (step.stage === null ? [] : waitsOver(shop, run, step.stage, closedGates(step), 'cancelled')))
    const asked = repeated.flatMap(({ work, stage }) => (work.kind === 'promote' ? [stage!] : []))
    await forget(tx, id, asked)
    for (const step of repeated) {
      await changeStep(tx, step, {
        state: 'pending',
        attempt: step.startedAt === null ? step.attempt : step.attempt + 1,
        waiting: null,
        message: null,
        output: null,
        startedAt: null,
        finishedAt: null,
        notBefore: null,
      })
    }
    await changeRun(tx, run, { state: 'queued', finishedAt: null, cancelledBy: null, message: null })
    await tx.append([...over, shop.records.runQueued({ ...run, requestedBy: act.by, reason: act.reason.trim() || null })])
  })
}

/** A stage that was concluded was left: nothing in it can run again without entering it again. */
function withItsPromotion(steps: readonly StepRow[], from: string): string {
  const { stage, work } = steps.find(({ name }) => name === from)!
  return stage === null || work.kind === 'contract' || !isLeft(steps, stage) ? from : `${stage}/promote`
}

function isLeft(steps: readonly StepRow[], stage: string): boolean {
  const { state } = steps.find(({ name }) => name === `${stage}/conclude`)!
  return state !== 'pending' && state !== 'needs-attention'
}

/** What was begun there has to be settled, and nothing would settle it if the run never came to this stage again. */
function unsettled(id: string, steps: readonly StepRow[], stage: string) {
  const inside = steps.filter((step) => step.stage === stage && step.work.kind !== 'promote')
  const next = inside.find(({ state }) => state === 'needs-attention') ?? inside[0]!
  return conflict('STAGE_UNSETTLED', {
    message: `run ${id} is in ${stage} and has not left it`,
    help: `go on there: threeways rerun ${id} --from ${next.name}; or leave it first: threeways cancel ${id}`,
  })
}

export function heldOut(shop: Pick<Workshop, 'clock' | 'newId'>, run: RunRow, stage: string, reason: string): CloudEvent {
  const { stream, commit, id } = run
  const candidate = run.candidate!
  const subject = `${stream}/${stage}/${candidate}`
  const envelope = { id: shop.newId(), time: shop.clock.instant(), source, subject, chainId: id }
  return event(holdPlaced, envelope, { stream, stage, candidate, commit, reason: bounded(reason), run: id })
}

export function stageNotFound(run: RunRow, stage: string) {
  const names = run.definition.stages.map(({ name }) => name)
  return notFound('STAGE_NOT_FOUND', {
    message: `value stream ${run.stream} has no stage "${stage}" for this; its stages: ${names.join(', ')}`,
  })
}
