import { instantOf } from '../../kernel/clock.ts'
import { conflict } from '../../kernel/errors.ts'
import type { CloudEvent } from '../../ledger/event.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import type { Tested } from '../provenance/statements.ts'
import type { StepEnd, StepNote, Workshop } from './execution.ts'
import { batchInto } from './batch.ts'
import { closedGates, mayEnter } from './gates.ts'
import type { Closed, WaitEnd } from './gate-answer.ts'
import { consentsTo } from './consents.ts'
import { isPaused } from './canary-watch.ts'
import type { Fault } from './line.port.ts'
import { changeOf, placeOf, stageOf } from './place.ts'
import { advance, retryDelayMs } from './policy.ts'
import { workerOf } from './machines.ts'
import { changeRun, changeStep } from './runs.ts'
import type { Waiting } from './schemas.ts'
import { tables, type RunRow, type StepRow } from './tables.ts'
import { mayTake, type Taker } from './taking.ts'

export type Bench = Pick<Workshop, 'clock' | 'records' | 'line' | 'openRepository' | 'attestor'> & { readonly taker: Taker }

/**
 * Moves a run as far as it goes in this transaction: skips what cannot run, asks the gates, claims what is ready for this
 * server (at most `free` steps), ends the run when nothing is left. State and events are one commit.
 *
 * @param events - what this transaction has to say so far; recorded here
 */
export async function moveOn(
  bench: Bench,
  tx: LedgerTransaction,
  run: RunRow,
  steps: StepRow[],
  free: number,
  events: CloudEvent[],
): Promise<void> {
  let claimed = 0
  /** Something was said, and there is something for others to do. */
  let left = false
  const spoke = events.length > 0
  for (let again = run.finishedAt === null; again;) {
    again = false
    const next = advance(reconsidered(steps), run.cancelledBy !== null)
    for (const step of named(steps, next.skipped)) await changeStep(tx, step, { state: 'skipped', waiting: null })
    for (const step of named(steps, next.ready)) {
      if (step.work.kind === 'promote') {
        again ||= await enter(bench, tx, run, step, events)
      } else if (isDue(step, bench.clock.now())) {
        const answer = claimed < free ? await mayTake(bench.taker, tx, run, step) : 'another'
        if (answer === 'yes') {
          await claim(bench, tx, run, step, events)
          claimed++
        } else if (answer === 'another') left = true
        else await awaitMachine(bench, tx, step, answer)
      }
    }
  }
  if (run.finishedAt === null) await settleRun(bench, tx, run, steps, events)
  if (left && (spoke || events.length > 0)) await tx.call(run.id)
  await tell(tx, events)
}

/** Nobody is there who could do it. It is asked again as machines come and go. */
async function awaitMachine({ clock }: Bench, tx: LedgerTransaction, step: StepRow, waiting: Omit<Waiting, 'since'>): Promise<void> {
  const before = step.waiting
  if (step.state === 'waiting' && before?.kind === waiting.kind && before.why === waiting.why) return
  await changeStep(tx, step, { state: 'waiting', waiting: { ...waiting, since: clock.instant() } })
}

async function tell(tx: LedgerTransaction, events: CloudEvent[]): Promise<void> {
  if (events.length > 0) await tx.append(events.splice(0))
}

/** A waiting gate is asked anew whenever the run is looked at. */
function reconsidered(steps: readonly StepRow[]): readonly StepRow[] {
  return steps.map((step) => (step.state === 'waiting' ? { ...step, state: 'pending' as const } : step))
}

const named = (steps: readonly StepRow[], names: readonly string[]) => steps.filter(({ name }) => names.includes(name))
const isDue = ({ notBefore }: StepRow, now: number) => notBefore === null || notBefore <= instantOf(now)

/** @returns whether the step is over, so that more may be ready */
async function enter(bench: Bench, tx: LedgerTransaction, run: RunRow, step: StepRow, events: CloudEvent[]): Promise<boolean> {
  const { clock, records, line, attestor } = bench
  const stage = step.stage!
  const now = clock.instant()
  // Gates look at what the ledger says, also in this very transaction.
  await tell(tx, events)
  const weight = await batchInto(bench, tx, run, stage)
  await tx.lock()
  if (weight) await tell(tx, [...(await line.weighs(tx, changeOf(run, stageOf(run, stage), [step]), weight.batch, weight.limit))])
  const answer = await mayEnter({ tx, run, step, stage, line, attestor, now })
  if (answer.verdict === 'wait') {
    await keepWaiting(bench, tx, run, step, answer.closed, events)
    return false
  }
  const before = closedGates(step)
  const entered = { output: null, waiting: null, notBefore: null, finishedAt: now, startedAt: step.startedAt ?? now }
  if (answer.verdict === 'never') {
    await changeStep(tx, step, { ...entered, state: 'cancelled', message: answer.reason })
    events.push(records.gateClosed(run, stage, answer.gate, answer.reason), ...waitsOver(bench, run, stage, before, 'superseded'))
    return true
  }
  const ended = await waitsOpened(bench, tx, run, stage, before)
  await tables(tx)
    .insertInto('slot')
    .values({ stream: run.stream, stage, run: run.id })
    .onConflict((c) => c.columns(['stream', 'stage']).doUpdateSet({ run: run.id }))
    .execute()
  await changeStep(tx, step, { ...entered, state: 'succeeded' })
  events.push(...ended, records.gatesOpen(run, stage, answer.by), records.promotionStarted(run, stage))
  events.push(...(await attestor.letIn(tx, { run: run.id, stream: run.stream }, run.candidate!, stage)))
  return true
}

/** Says what is closed now and was not, or for another reason; and what has opened. Asked again when one opens by itself. */
async function keepWaiting(
  bench: Bench,
  tx: LedgerTransaction,
  run: RunRow,
  step: StepRow,
  closed: readonly Closed[],
  events: CloudEvent[],
): Promise<void> {
  const stage = step.stage!
  const before = closedGates(step)
  const asBefore = ({ gate, waiting }: Closed) => before.some((was) => was.gate === gate && was.waiting.why === waiting.why)
  const opened = before.filter(({ gate }) => !closed.some((is) => is.gate === gate))
  const news = closed.filter((is) => !asBefore(is))
  if (news.length === 0 && opened.length === 0) return
  events.push(...(await waitsOpened(bench, tx, run, stage, opened)))
  events.push(...news.map(({ gate, waiting, since }) => bench.records.gateClosed(run, stage, gate, waiting.why, since)))
  await changeStep(tx, step, {
    state: 'waiting',
    waiting: closed[0]!.waiting,
    output: { closed },
    notBefore: closed.flatMap(({ waiting: { until } }) => until ?? []).toSorted()[0] ?? null,
    startedAt: step.startedAt ?? bench.clock.instant(),
  })
}

async function waitsOpened(bench: Bench, tx: LedgerTransaction, run: RunRow, stage: string, closed: readonly Closed[]) {
  if (closed.length === 0) return []
  const passed = new Set<string>((await consentsTo(tx, run, stage)).map(({ kind }) => kind))
  const isBypassed = ({ gate, waiting: { until } }: Closed) =>
    (gate === 'soak' || gate === 'window') && passed.has(gate) && (until === undefined || bench.clock.instant() < until)
  return closed.flatMap((gate) => waitsOver(bench, run, stage, [gate], isBypassed(gate) ? 'bypassed' : 'opened'))
}

/** What is to be said of gates that nobody waits before any longer. */
export function waitsOver(
  { records }: Pick<Bench, 'records'>,
  run: RunRow,
  stage: string,
  closed: readonly Closed[],
  end: WaitEnd,
): CloudEvent[] {
  return closed.map((gate) => records.gateWaited(run, stage, gate, end))
}

async function claim(
  { clock, records, taker: { owner } }: Bench,
  tx: LedgerTransaction,
  run: RunRow,
  step: StepRow,
  events: CloudEvent[],
): Promise<void> {
  const now = clock.instant()
  await changeStep(tx, step, {
    state: 'running',
    owner,
    fence: step.fence + 1,
    startedAt: now,
    finishedAt: null,
    waiting: null,
    message: null,
    notBefore: null,
  })
  if (run.startedAt === null) {
    await changeRun(tx, run, { startedAt: now })
    events.push(records.runStarted(run))
  }
  events.push(records.stepStarted(run, step))
}

/** Records how far an attempt is. @throws ThreewaysError `STEP_TAKEN_OVER` when another server goes on with it */
export async function noteStep(
  tx: LedgerTransaction,
  steps: readonly StepRow[],
  { name, owner, fence }: StepRow,
  said: StepNote | ((standing: StepRow) => StepNote),
  events: CloudEvent[],
): Promise<void> {
  const now = steps.find((step) => step.name === name)
  if (now?.state !== 'running' || now.owner !== owner || now.fence !== fence)
    throw conflict('STEP_TAKEN_OVER', { message: `step "${name}" is another server's by now` })
  const { events: told, ...change } = typeof said === 'function' ? said(now) : said
  await changeStep(tx, now, change)
  events.push(...told)
}

/** Records how an attempt ended; a further try may follow. */
export async function endStep(
  bench: Pick<Bench, 'clock' | 'records' | 'line' | 'attestor'>,
  tx: LedgerTransaction,
  run: RunRow,
  step: StepRow,
  how: StepEnd,
  events: CloudEvent[],
): Promise<void> {
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
  { line }: Pick<Bench, 'line'>,
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
  attestor: Bench['attestor'],
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

/** A step that works and waits for a person waits. */
function asSeen(steps: readonly StepRow[]): readonly StepRow[] {
  return steps.map((step) => (isPaused(step) ? { ...step, state: 'waiting' as const } : step))
}

async function settleRun(
  { clock, records }: Bench,
  tx: LedgerTransaction,
  run: RunRow,
  steps: StepRow[],
  events: CloudEvent[],
): Promise<void> {
  const { run: state } = advance(asSeen(steps), run.cancelledBy !== null)
  const finished = state === 'succeeded' || state === 'failed' || state === 'cancelled'
  if (state === run.state && !finished) return
  if (!finished) {
    await changeRun(tx, run, { state })
    return
  }
  const message = state === 'failed' ? whatFailed(steps) : state === 'cancelled' ? whyCancelled(run, steps) : null
  await changeRun(tx, run, { state, finishedAt: clock.instant(), message })
  events.push(records.runFinished(run, state === 'succeeded' ? 'success' : state === 'failed' ? 'failure' : 'cancel', message))
}

/** The reason somebody gave waits in the run's message until it has ended. */
function whyCancelled({ cancelledBy, message: reason }: RunRow, steps: readonly StepRow[]): string {
  if (cancelledBy !== null) return `cancelled by ${cancelledBy}${reason ? `: ${reason}` : ''}`
  return steps.find(({ state }) => state === 'cancelled')?.message ?? 'cancelled'
}

/** The verdict of the stage where it ended says what failed and what runs there now. */
function whatFailed(steps: readonly StepRow[]): string {
  const failed = steps.filter(({ state }) => state === 'failed')
  const telling = failed.find(({ work }) => work.kind === 'conclude') ?? failed[0]
  if (telling === undefined) return 'failed'
  return `${telling.stage ?? telling.name}: ${telling.message ?? 'failed'}`
}

export const firstLine = (text: string) => text.split('\n', 1)[0]!
