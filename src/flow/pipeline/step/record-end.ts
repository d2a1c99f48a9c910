import { instantOf } from '../../../kernel/clock.ts'
import { firstLine } from '../../../kernel/legible.ts'
import type { CloudEvent } from '../../../ledger/event.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { driftedSince } from '../../environment/drift/on-record.ts'
import type { Tested } from '../../provenance/statements.ts'
import type { StepEnd, Workshop } from '../execution.ts'
import type { Fault } from '../line.port.ts'
import { workerOf } from '../engine/machines.ts'
import { changeOf, environmentOf, placeOf, stageOf } from '../place.ts'
import { retryDelayMs } from '../policy.ts'
import { changeStep } from '../engine/runs.ts'
import type { RunRow, StepRow } from '../tables.ts'

/** Records how an attempt ended; a further try may follow. */
export async function endStep(
  bench: Pick<Workshop, 'clock' | 'records' | 'line' | 'attestor'>,
  tx: LedgerTransaction,
  run: RunRow,
  step: StepRow,
  ended: StepEnd,
  events: CloudEvent[],
): Promise<void> {
  const how = await withDrift(tx, run, step, ended)
  const { clock, records } = bench
  const now = clock.instant()
  if ('record' in how && how.record) events.push(...(await how.record(tx, run)))
  if (step.work.kind === 'check') events.push(...(await testResult(bench.attestor, tx, run, step, step.work, how)))
  const output = 'output' in how && how.output ? { output: how.output } : {}
  if (how.end === 'succeeded') {
    events.push(records.stepFinished(run, step, 'success', null))
    const before = failedBefore(step)
    if (before && step.work.kind === 'check') events.push(records.checkFlaked(run, step, step.work.check, before.why))
    await changeStep(tx, step, { state: 'succeeded', finishedAt: now, message: how.message ?? null, ...output })
  } else if (how.end === 'cancelled') {
    events.push(records.stepFinished(run, step, 'cancel', null))
    await changeStep(tx, step, { state: 'cancelled', finishedAt: now, waiting: null, message: 'cancelled' })
  } else if (how.end === 'failed') {
    events.push(records.stepFinished(run, step, 'failure', how.message))
    const more = how.final !== true && step.attempt <= triesOf(run, step) && run.cancelledBy === null
    const fault = faultOf(step, how.fault)
    if (more) await tryAgain(clock.now(), tx, step, triesOf(run, step), how.message, fault)
    // With nothing recorded the stage is neither settled nor left, whatever the reason.
    else if (step.work.kind === 'conclude' && how.record === undefined)
      await ask(tx, step, now, `${step.stage} could not be settled: ${firstLine(how.message)}`)
    else
      await changeStep(tx, step, {
        state: 'failed',
        finishedAt: now,
        message: how.message,
        output: { ...step.output, ...how.output, fault },
      })
  } else {
    events.push(records.stepFinished(run, step, 'error', how.why), ...(await unknown(bench, tx, run, step, how.why)))
    await lose(tx, step, now, how.why)
  }
}

/** What a check found says less when its environment was not what it was made as. */
async function withDrift(tx: LedgerTransaction, run: RunRow, step: StepRow, how: StepEnd): Promise<StepEnd> {
  if (step.work.kind !== 'check' || step.startedAt === null || (how.end !== 'succeeded' && how.end !== 'failed')) return how
  const stage = stageOf(run, step.stage!)
  const drifted = stage.environment === undefined ? [] : await driftedSince(tx, environmentOf(run, stage), step.startedAt)
  return drifted.length === 0 ? how : { ...how, output: { ...how.output, drifted } }
}

/**
 * Tries a failed step has beside its first. What would stop the line is asked once more for the same candidate: a check that
 * then passes has accused nobody. Where people are served already there is no time for that: it goes back.
 */
function triesOf(run: RunRow, step: StepRow): number {
  if (step.work.kind !== 'check' || !run.onTrunk) return step.retries
  const stage = stageOf(run, step.stage!)
  const { first, final } = placeOf(run, stage)
  const serves = final && stage.environment !== undefined && !stage.ephemeral
  return first || serves ? step.retries : Math.max(step.retries, 1)
}

type FailedBefore = { readonly why: string; readonly fault: Fault }
const failedBefore = ({ output }: StepRow) => output?.['failedBefore'] as FailedBefore | undefined

/** Two tries that fail for different reasons have not decided anything. */
function faultOf(step: StepRow, fault: Fault = 'change'): Fault {
  const before = failedBefore(step)
  return before === undefined || before.fault === fault ? fault : 'undecided'
}

/** A check whose outcome is lost and that may not run twice leaves open whether the trunk is good. */
async function unknown(
  { line }: Pick<Workshop, 'line'>,
  tx: LedgerTransaction,
  run: RunRow,
  step: StepRow,
  reason: string,
): Promise<readonly CloudEvent[]> {
  if (step.idempotent || step.work.kind !== 'check') return []
  const stage = stageOf(run, step.stage!)
  await tx.lock()
  return line.follows(tx, changeOf(run, stage), {
    kind: 'unknown',
    place: placeOf(run, stage),
    onTrunk: run.onTrunk,
    reason: `${step.title}: ${reason}`,
  })
}

/** Each try of a check is attested, the failed ones too. One that was lost or cancelled has no result. */
async function testResult(
  attestor: Workshop['attestor'],
  tx: LedgerTransaction,
  run: RunRow,
  { owner }: StepRow,
  { check, stage }: { readonly check: string; readonly stage: string },
  how: StepEnd,
): Promise<readonly CloudEvent[]> {
  if (how.end !== 'succeeded' && how.end !== 'failed') return []
  const tests = how.output?.['tests'] as Tested['tests']
  const { command } = run.definition.checks[check]!
  const tested = { check, stage, command, passed: how.end === 'succeeded', worker: workerOf(owner), ...(tests ? { tests } : {}) }
  return attestor.tested(tx, { run: run.id, stream: run.stream }, run.candidate!, tested)
}

async function tryAgain(ms: number, tx: LedgerTransaction, step: StepRow, tries: number, why: string, fault: Fault): Promise<void> {
  // Asked for by nobody: the line waits for it, so it begins at once.
  const delayMs = step.attempt <= step.retries ? retryDelayMs(step.attempt) : 0
  await changeStep(tx, step, {
    state: 'pending',
    attempt: step.attempt + 1,
    output: { ...step.output, failedBefore: { why, fault } },
    notBefore: instantOf(ms + delayMs),
    message: why,
    waiting: {
      kind: 'retry',
      why: `try ${step.attempt} of ${tries + 1} failed: ${firstLine(why)}`,
      for: `${delayMs / 1000} s to pass`,
      since: instantOf(ms),
    },
  })
}

async function lose(tx: LedgerTransaction, step: StepRow, now: string, why: string): Promise<void> {
  if (step.idempotent) {
    await changeStep(tx, step, { state: 'pending', attempt: step.attempt + 1, message: `${why}; it runs again` })
    return
  }
  await ask(tx, step, now, `${why}, and the check does not say that it may run twice (idempotent: true)`)
}

/** Only a person can say what is to be done. The run keeps its place until then. */
async function ask(tx: LedgerTransaction, step: StepRow, since: string, why: string): Promise<void> {
  const whom = `a person: threeways rerun ${step.run} --from ${step.name}, or threeways cancel ${step.run}`
  await changeStep(tx, step, { state: 'needs-attention', waiting: { kind: 'attention', why, for: whom, since } })
}
