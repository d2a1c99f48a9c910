import { mkdir, appendFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, ThreewaysError } from '../../kernel/errors.ts'
import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { closing } from './command.ts'
import { runBuild, runCheck } from './commands.ts'
import { makeCandidate, checkOut } from './making.ts'
import { concludeStage } from './conclude.ts'
import { deployStage } from './deploy-step.ts'
import type { Execution, Executor, StepEnd, Workshop } from './execution.ts'
import { endStep, moveOn } from './progress.ts'
import { abandonedSteps, changeStep, findRun, leaseMs, lockRun, openRuns, renewLeases } from './runs.ts'
import type { RunRow, StepRow } from './tables.ts'
import type { Work } from './work.ts'

const executors: Record<Exclude<Work['kind'], 'promote'>, Executor> = {
  checkout: checkOut,
  build: runBuild,
  candidate: makeCandidate,
  deploy: deployStage,
  check: runCheck,
  conclude: concludeStage,
}

export type EngineOptions = Workshop & {
  /** Names this server process; others can tell from it whether it lives. */
  readonly owner: string
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
  /** Looks at a run soon, or at all of them. */
  look(run?: string): void
  /** A run was cancelled: its attempts are ended. */
  cancelled(run: string): Promise<void>
  /** Resolves when the first take-over is done. */
  ready(): Promise<void>
  /** Stops working and ends the commands of its steps; the next server begins those anew. */
  close(): Promise<void>
}

/** Leaves runs to the server that works on them. */
export const restingEngine: Engine = { look() {}, async cancelled() {}, async ready() {}, async close() {} }

/**
 * Walks runs through their steps until closed. All state is in the ledger's database, so an engine that starts where another
 * was killed goes on: it takes over what the dead one held and waits for processes that outlived it.
 */
export function startEngine(options: EngineOptions): Engine {
  const { ledger, owner, clock } = options
  const working = new Map<string, { readonly controller: AbortController; readonly done: Promise<void> }>()
  /** Runs to look at; `all` after something that any of them may wait for. */
  const due = new Set<string>()
  let all = true
  let closed = false
  const end = new AbortController()
  let loop: Promise<void> | undefined
  const timers = new Set<NodeJS.Timeout>()

  const key = (step: Pick<StepRow, 'run' | 'name'>) => `${step.run} ${step.name}`
  const free = () => options.parallel - working.size

  function look(run?: string): void {
    if (closed) return
    if (run === undefined) all = true
    else due.add(run)
    loop ??= turn().finally(() => {
      loop = undefined
      if (!closed && (all || due.size > 0)) look(due.values().next().value)
    })
  }

  async function turn(): Promise<void> {
    // One turn of the event loop gathers what arrives together.
    await new Promise(setImmediate)
    try {
      if (all) {
        all = false
        for (const run of await openRuns(ledger)) due.add(run)
      }
    } catch (error) {
      all = true
      await pause(error)
    }
    for (const run of due) {
      due.delete(run)
      try {
        const { row, steps, claimed } = await ledger.transaction(async (tx) => {
          const { run: row, steps } = await lockRun(tx, run)
          return { row, steps, claimed: await moveOn(options, tx, row, steps, free()) }
        })
        begin(row, steps, claimed)
      } catch (error) {
        due.add(run)
        await pause(error)
      }
    }
    options.changed()
  }

  async function pause(error: unknown): Promise<void> {
    if (closed) return
    options.complain(`the engine tries again in 1 s: ${messageOf(error)}`)
    await sleep(1000, undefined, { signal: end.signal }).catch(() => {})
  }

  function later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, ms)
    timers.add(timer)
  }

  function begin(run: RunRow, steps: readonly StepRow[], claimed: readonly StepRow[]): void {
    for (const step of steps) {
      if (step.state === 'pending' && step.notBefore !== null)
        later(Math.max(0, Date.parse(step.notBefore) - clock.now()) + 5, () => look(run.id))
    }
    for (const step of claimed) {
      const controller = new AbortController()
      // The set must hold the step before anything of it can end.
      const done = Promise.resolve().then(() => work(run, step, steps, controller))
      working.set(key(step), { controller, done })
    }
  }

  async function work(run: RunRow, step: StepRow, steps: readonly StepRow[], controller: AbortController): Promise<void> {
    const how = await attempt(run, step, steps, controller.signal)
    // Closing leaves the rows as they are: the next server goes on from there.
    if (closed && how.end === 'cancelled') return
    try {
      await finish(step, how)
    } finally {
      working.delete(key(step))
      if (free() === 1) look()
    }
  }

  async function finish(step: StepRow, how: StepEnd): Promise<void> {
    let ending = how
    for (;;) {
      try {
        const next = await ledger.transaction(async (tx) => {
          const { run, steps } = await lockRun(tx, step.run)
          const now = steps.find(({ name }) => name === step.name)
          // Another server took it over while this one was thought dead: its word counts, not ours.
          if (now?.state !== 'running' || now.owner !== owner || now.fence !== step.fence) return undefined
          await endStep(options, tx, run, now, ending)
          return { run, steps, claimed: await moveOn(options, tx, run, steps, free() + 1) }
        })
        if (next) begin(next.run, next.steps, next.claimed)
        options.changed()
        return
      } catch (error) {
        if (closed) return
        // What the ledger refuses now it will refuse for ever: the step has failed, and says so.
        if (error instanceof ThreewaysError && error.kind !== 'unavailable') ending = unrecordable(error)
        await pause(error)
      }
    }
  }

  async function attempt(run: RunRow, step: StepRow, steps: readonly StepRow[], signal: AbortSignal): Promise<StepEnd> {
    const folder = stepFolder(options.home, step)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const execution: Execution = {
        ...options,
        run,
        step,
        steps,
        folder,
        signal,
        say: (line) => appendFile(path.join(folder, 'log'), `${line}\n`, { mode: 0o600 }),
      }
      return await executors[step.work.kind as Exclude<Work['kind'], 'promote'>](execution)
    } catch (error) {
      if (signal.aborted) return { end: 'cancelled' }
      return { end: 'failed', message: describe(error) }
    }
  }

  /** Ends the attempts of a run that is being cancelled; what settles a stage goes on. */
  function interrupt(steps: readonly StepRow[]): void {
    for (const step of steps) {
      if (step.rule === 'success') working.get(key(step))?.controller.abort()
    }
  }

  async function takeOver(): Promise<void> {
    for (const left of await abandonedSteps(ledger, owner, options.isDead)) {
      const taken = await ledger.transaction(async (tx: LedgerTransaction) => {
        const { run, steps } = await lockRun(tx, left.run)
        const step = steps.find(({ name }) => name === left.name)!
        if (step.state !== 'running' || step.owner !== left.owner || step.fence !== left.fence) return undefined
        await changeStep(tx, step, { state: 'running', owner, fence: step.fence + 1 })
        return { run, steps, step }
      })
      if (taken) begin(taken.run, taken.steps, [taken.step])
    }
  }

  let beat: Promise<void> = Promise.resolve()
  const heart = setInterval(() => {
    beat = beat
      .then(() => (closed ? undefined : renewLeases(ledger, owner)))
      .then(() => (closed ? undefined : takeOver()))
      .catch((error: unknown) => options.complain(`the lease could not be renewed: ${messageOf(error)}`))
  }, leaseMs / 4)
  const deaf = ledger.onAppend(() => look())
  const started = takeOver().then(() => look())

  return {
    look,
    async cancelled(run) {
      interrupt((await findRun(ledger, run)).steps)
      look(run)
    },
    ready: () => started,
    async close() {
      closed = true
      end.abort()
      deaf()
      clearInterval(heart)
      for (const timer of timers) clearTimeout(timer)
      for (const { controller } of working.values()) controller.abort(closing)
      await beat
      await Promise.allSettled([loop, started, ...[...working.values()].map(({ done }) => done)])
    },
  }
}

const unrecordable = (error: ThreewaysError): StepEnd => ({
  end: 'failed',
  final: true,
  message: `its outcome could not be recorded: ${describe(error)}`,
})

/** All that an error knows, for the step's message. */
function describe(error: unknown): string {
  if (!(error instanceof ThreewaysError)) return messageOf(error)
  const faults = error.faults.map(
    ({ path: place, file, line, message }) => `\n${file === undefined ? place : `${file}:${line}`}: ${message}`,
  )
  return `${error.message}${faults.join('')}${error.help === undefined ? '' : `\n${error.help}`}`
}

/** Where an attempt keeps its log and the notes about its process. */
export function stepFolder(home: string, step: Pick<StepRow, 'run' | 'name' | 'attempt'>): string {
  return path.join(home, 'runs', step.run, 'steps', step.name.replaceAll(/[^a-zA-Z0-9.-]+/g, '_'), String(step.attempt))
}
