import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, ThreewaysError } from '../../../kernel/errors.ts'
import type { CloudEvent } from '../../../ledger/event.ts'
import { makeTurns } from '../../../kernel/turns.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { attempt, stepFolder } from '../step/attempt.ts'
import { isCanary } from '../step/canary-watch.ts'
import { closing } from '../step/command.ts'
import { endForgottenLeftovers, endLeftovers } from '../step/leftovers.ts'
import { latestGateNews } from '../gate/gate-news.ts'
import { unrecordable } from '../step/step-end.ts'
import { isReadingBack, readAhead } from './read-ahead.ts'
import type { Execution, StepEnd, Workshop } from '../execution.ts'
import { endStep } from '../step/record-end.ts'
import { moveOn, noteStep } from './progress.ts'
import { shareLog } from '../step/step-log.ts'
import { makePulse } from './pulse.ts'
import type { MachineRow } from './machines.ts'
import type { Taker } from './taking.ts'
import { changeStep, findRun, lockRun, openRuns, waitingRuns, type Abandoned, type Held } from './runs.ts'
import type { RunRow, StepRow } from '../tables.ts'
import type { Labels } from './assign.ts'

export type EngineOptions = Workshop & {
  /** Names this server process; others can tell from it whether it lives. Its last part is the home's id. */
  readonly owner: string
  /** What people call this server. */
  readonly name: string
  readonly labels: Labels
  /** Of its API, once it listens. */
  url(): string | null
  /** Whether a server that once held a step is known to be dead. Unsure is no. */
  isDead(owner: string): Promise<boolean>
  /** Steps at work at the same time. */
  readonly parallel: number
  /** Something people see has changed. */
  changed(): void
  /** What goes wrong in the engine itself: said, and tried again. */
  complain(message: string): void
}

export type Engine = {
  /** Begins to work: takes over what a dead server held. Until then nothing is touched. */
  start(): Promise<void>
  /** Looks at a run soon, or at all of them. */
  look(run?: string): void
  /** A run was cancelled: its attempts are ended. */
  cancelled(run: string): Promise<void>
  /** Servers and workers as they were a moment ago, this one among them. */
  machines(): readonly MachineRow[]
  /** Told when one of them has come or gone. */
  onMachines(listener: () => void): void
  /**
   * Moves a run for somebody else who works: after a change of it, with the steps that are ready taken by them.
   * @returns the run as it is then
   */
  moveFor(taker: Taker, free: number, run: string, change?: Change): Promise<{ run: RunRow; steps: StepRow[] }>
  /** Stops working and ends the commands of its steps; the next server begins those anew. */
  close(): Promise<void>
}

/** A machine that sleeps does not count the time: what opens at an hour of the day is looked at again and again. */
const lookAgainMaxMs = 60_000

/** A database that is back is noticed within so long. */
const retryMsMax = 1_000

/** So long what happens on the ledger is gathered. */
const hearMs = 20

/** Leaves runs to the server that works on them. */
export const restingEngine: Engine = {
  async start() {},
  look() {},
  async cancelled() {},
  machines: () => [],
  onMachines() {},
  moveFor() {
    throw new TypeError('it rests')
  },
  async close() {},
}

type AtWork = {
  readonly fence: number
  readonly controller: AbortController
  readonly done: Promise<void>
  readonly isWatching: boolean
}
/** Done to a run behind its lock, before it is moved on. */
export type Change = (tx: LedgerTransaction, run: RunRow, steps: StepRow[], events: CloudEvent[]) => Promise<void>

/**
 * Walks runs through their steps until closed. All state is in the ledger's database, so an engine that starts where another
 * was killed goes on: it takes over what the dead one held and waits for processes that outlived it.
 */
export function makeEngine(options: EngineOptions): Engine {
  const { ledger, owner, clock } = options
  const working = new Map<string, AtWork>()
  const inTurn = makeTurns<string>()
  /** Runs to look at: these, those that wait for something outside of them, or all. */
  const due = new Set<string>()
  let more: 'none' | 'waiting' | 'all' = 'all'
  /** Up to where what gates look at has been heard. */
  let news = 0
  let hearing: NodeJS.Timeout | undefined
  let started = false
  let closed = false
  const end = new AbortController()
  let loop: Promise<void> | undefined
  const timers = new Map<string, NodeJS.Timeout>()
  const watchers: (() => void)[] = []
  const self = {
    owner,
    home: options.homeId,
    role: 'server' as const,
    name: options.name,
    labels: options.labels,
    capacity: options.parallel,
    get url() {
      return options.url()
    },
  }
  const pulse = makePulse({
    ledger,
    self,
    isDead: options.isDead,
    renewing: whatIsHeld,
    takeOver,
    changed() {
      look()
      for (const tell of watchers) tell()
    },
    ready: (run) => look(run),
    complain: options.complain,
  })
  const own: Taker = { owner, self, machines: () => pulse.machines() }
  const tidying = new Set<Promise<void>>()

  const key = (step: Pick<StepRow, 'run' | 'name'>) => `${step.run} ${step.name}`
  const isBusy = (step: StepRow) => working.get(key(step))?.isWatching === false
  /** A canary is watched for hours, which is no work. */
  const free = () => options.parallel - [...working.values()].filter(({ isWatching }) => !isWatching).length

  function look(run?: string): void {
    if (run === undefined) more = 'all'
    else due.add(run)
    wake()
  }

  /** Something happened on the ledger: a gate may open, another server may have taken a delivery in. */
  function heard(): void {
    // Events may come by the thousand in a second, and what waits has waited before.
    hearing ??= setTimeout(() => {
      hearing = undefined
      if (more === 'none') more = 'waiting'
      wake()
    }, hearMs)
  }

  /** Runs whose gates may answer otherwise than they did. */
  async function concerned(): Promise<readonly string[]> {
    const latest = await latestGateNews(ledger)
    if (latest <= news) return []
    const runs = await waitingRuns(ledger)
    news = latest
    return runs
  }

  function wake(): void {
    if (!started || closed) return
    loop ??= turn().finally(() => {
      loop = undefined
      if (more !== 'none' || due.size > 0) wake()
    })
  }

  async function turn(): Promise<void> {
    // One turn of the event loop gathers what arrives together.
    await new Promise(setImmediate)
    for (let failures = 0; !closed; failures++) {
      try {
        const what = more
        more = 'none'
        if (what !== 'none') for (const run of await (what === 'all' ? openRuns(ledger) : concerned())) due.add(run)
        for (const run of due) {
          // A run may ask to be looked at again at once: closing must not wait for the last of them.
          if (closed) return
          due.delete(run)
          await move(run)
        }
        return
      } catch (error) {
        more = 'all'
        await pause(error, failures)
      }
    }
  }

  /** Moves a run as far as it goes, after a change of it. Everything of one commit, and of one run one after the other. */
  async function move(id: string, change?: Change, over?: StepRow): Promise<void> {
    await moveWith(own, () => free() + (over && isBusy(over) ? 1 : 0), id, change, over)
  }

  function moveWith(taker: Taker, free: () => number, id: string, change?: Change, over?: StepRow) {
    return inTurn(id, async () => {
      await readAhead(options, id, over)
      const { run, steps } = await ledger.transaction(async (tx) => {
        const { run, steps } = await lockRun(tx, id)
        const events: CloudEvent[] = []
        await change?.(tx, run, steps, events)
        await moveOn({ ...options, taker }, tx, run, steps, free(), events)
        return { run, steps }
      })
      if (over) working.delete(key(over))
      // Somebody may have cancelled it on another server.
      if (run.cancelledBy !== null) interrupt(steps)
      begin(run, steps)
      if (run.finishedAt !== null) tidy(endLeftovers(id))
      if (isReadingBack(steps)) look(id)
      options.changed()
      return { run, steps }
    })
  }

  /** In nobody's way; closing waits for it. */
  function tidy(work: Promise<void>): void {
    const done = work.catch((error: unknown) => options.complain(`what a run left behind could not be ended: ${messageOf(error)}`))
    tidying.add(done)
    void done.then(() => tidying.delete(done))
  }

  /** A run of another home that works inside a step of ours is not ours to judge. */
  async function isOver(id: string): Promise<boolean> {
    const found = await findRun(ledger, id).catch((error: unknown) => {
      if (error instanceof ThreewaysError && error.kind === 'notFound') return undefined
      throw error
    })
    return found !== undefined && found.run.finishedAt !== null
  }

  /**
   * Works on every step that the database says is ours. Not only on those claimed by this very commit: one that failed with a
   * broken connection may have been made all the same.
   */
  function begin(run: RunRow, steps: readonly StepRow[]): void {
    if (closed) return
    for (const step of steps) {
      if ((step.state === 'pending' || step.state === 'waiting') && step.notBefore !== null)
        lookAgain(step, Date.parse(step.notBefore) - clock.now() + 5)
      if (step.state !== 'running' || step.owner !== owner || working.has(key(step))) continue
      const controller = new AbortController()
      // The set must hold the step before anything of it can end.
      const done = Promise.resolve().then(() => work(run, { ...step }, steps, controller))
      working.set(key(step), { fence: step.fence, controller, done, isWatching: isCanary(run, step) })
    }
  }

  function lookAgain(step: StepRow, ms: number): void {
    clearTimeout(timers.get(key(step)))
    const act = () => {
      timers.delete(key(step))
      look(step.run)
    }
    timers.set(key(step), setTimeout(act, Math.min(Math.max(0, ms), lookAgainMaxMs)))
  }

  async function work(run: RunRow, step: StepRow, steps: readonly StepRow[], controller: AbortController): Promise<void> {
    const note: Execution['note'] = (said) => move(run.id, (tx, _run, all, events) => noteStep(tx, all, step, said, events))
    const how = await attempt(options, { run, step, steps, signal: controller.signal, note }, pause)
    // Closing leaves the rows as they are: the next server goes on from there.
    if (closed && how.end === 'cancelled') return
    const wasFull = free() <= 0
    // The log helps people and decides nothing.
    if (options.isShared()) await shareLog(ledger, step, stepFolder(options.home, step)).catch(() => {})
    await finish(step, how)
    if (wasFull) look()
  }

  async function finish(step: StepRow, how: StepEnd): Promise<void> {
    let ending = how
    for (let failures = 0; ; failures++) {
      try {
        return await move(step.run, (tx, run, steps, events) => endIfOurs(tx, run, steps, step, ending, events), step)
      } catch (error) {
        if (closed) return
        // What the ledger refuses now it will refuse for ever: the step has failed, and says so.
        if (!(error instanceof ThreewaysError && error.kind === 'unavailable')) ending = unrecordable(error)
        await pause(error, failures)
      }
    }
  }

  async function endIfOurs(
    tx: LedgerTransaction,
    run: RunRow,
    steps: readonly StepRow[],
    step: StepRow,
    how: StepEnd,
    events: CloudEvent[],
  ): Promise<void> {
    const now = steps.find(({ name }) => name === step.name)
    // Recorded already, or another server took it over while this one was thought dead: its word counts, not ours.
    if (now?.state !== 'running' || now.owner !== owner || now.fence !== step.fence) return
    await endStep(options, tx, run, now, how, events)
  }

  /** Ends the attempts of a run that is being cancelled; what settles a stage goes on. */
  function interrupt(steps: readonly StepRow[]): void {
    for (const step of steps) {
      if (step.rule === 'success') working.get(key(step))?.controller.abort()
    }
  }

  /** Of a server in this very data folder what it began is found again; of others only that they are gone is known. */
  async function takeOver(left: Abandoned): Promise<void> {
    await move(left.run, async (tx, run, steps, events) => {
      const step = steps.find(({ name }) => name === left.name)!
      if (step.state !== 'running' || step.owner !== left.owner || step.fence !== left.fence) return
      const home = homeOf(left.owner)
      if (home === options.homeId) return changeStep(tx, step, { state: 'running', owner, fence: step.fence + 1 })
      const name = pulse.machines().find((machine) => machine.home === home)?.name ?? home
      await endStep(options, tx, run, step, { end: 'lost', why: `"${name}", which worked on it, fell silent` }, events)
    })
  }

  /** What was taken from us meanwhile is given up: another works on it, and our word on it counts no more. */
  function whatIsHeld(): (held: readonly Held[]) => void {
    const before = [...working]
    return (held) => {
      const ours = new Set(held.map((step) => `${step.run} ${step.name} ${step.fence}`))
      for (const [name, { fence, controller }] of before) if (!ours.has(`${name} ${fence}`)) controller.abort()
    }
  }

  async function pause(error: unknown, failures: number): Promise<void> {
    if (closed) return
    const ms = Math.min(100 * 2 ** failures, retryMsMax)
    options.complain(`the engine tries again in ${ms / 1000} s: ${messageOf(error)}`)
    await sleep(ms, undefined, { signal: end.signal }).catch(() => {})
  }

  let deaf: readonly (() => void)[] = []

  return {
    async start() {
      await pulse.start()
      started = true
      deaf = [ledger.onAppend(heard), ledger.onCall(look)]
      tidy(endForgottenLeftovers(options.homeId, isOver))
      wake()
    },
    look,
    async cancelled(run) {
      interrupt((await findRun(ledger, run)).steps)
      look(run)
      await ledger.transaction((tx) => tx.call(run))
    },
    machines: () => pulse.machines(),
    onMachines: (listener) => void watchers.push(listener),
    moveFor: (taker, free, run, change) => moveWith(taker, () => free, run, change),
    async close() {
      closed = true
      end.abort()
      for (const end of deaf) end()
      clearTimeout(hearing)
      for (const timer of timers.values()) clearTimeout(timer)
      for (const { controller } of working.values()) controller.abort(closing)
      await loop
      await Promise.allSettled([...working.values()].map(({ done }) => done))
      await pulse.close()
      await Promise.all(tidying)
    },
  }
}

/** The home of who holds a step, from its owner's name. */
const homeOf = (owner: string) => owner.slice(owner.lastIndexOf('/') + 1)
