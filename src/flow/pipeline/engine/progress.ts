import { instantOf } from '../../../kernel/clock.ts'
import { conflict } from '../../../kernel/errors.ts'
import type { CloudEvent } from '../../../ledger/event.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import type { StepNote, Workshop } from '../execution.ts'
import { batchInto } from '../batch.ts'
import { closedGates, mayEnter } from '../gate/gates.ts'
import { isPassable, type Closed, type WaitEnd } from '../gate/gate-answer.ts'
import { consentsTo } from '../gate/consents.ts'
import { isPaused } from '../step/canary-watch.ts'
import { changeOf, stageOf } from '../place.ts'
import { advance } from '../policy.ts'
import { changeRun, changeStep } from './runs.ts'
import type { Waiting } from '../schemas.ts'
import { tables, type RunRow, type StepRow } from '../tables.ts'
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
    isPassable(gate) && passed.has(gate) && (until === undefined || bench.clock.instant() < until)
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
