import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Digest } from '../../../kernel/digest.ts'
import { conflict, hasCode } from '../../../kernel/errors.ts'
import { hidingOf } from '../../../kernel/scanning/scanner.ts'
import type { Labels, Machine } from '../engine/assign.ts'
import { stepFolder } from '../step/attempt.ts'
import type { Engine } from '../engine/engine.ts'
import type { Workshop } from '../execution.ts'
import { listMachines, showUp, signOff, wasSeen } from '../engine/machines.ts'
import { endStep } from '../step/record-end.ts'
import { makeReceivedLogs } from './received-logs.ts'
import { findRun, leaseEnd, readyRuns, type Held } from '../engine/runs.ts'
import { hidden } from '../step/step-end.ts'
import { shareLog } from '../step/step-log.ts'
import { tables, type RunRow, type StepRow } from '../tables.ts'
import type { Taker } from '../engine/taking.ts'
import { endOf } from './work-end.ts'
import { makeParcels, type Part } from './work-parcels.ts'
import type { WorkerEnd } from './work-schemas.ts'

/** A worker as its requests name it. Its home carries its token's name: nobody can speak for another's worker. */
export type Worker = {
  readonly home: string
  readonly owner: string
  readonly name: string
  readonly labels: Labels
  readonly capacity: number
}

/** What a worker needs to do a step. Neither the repository's place nor anything of the server's own is in it. */
export type Assignment = { readonly run: RunRow; readonly step: StepRow; readonly steps: readonly StepRow[] }

const tickMs = 1_000

export type Desk = ReturnType<typeof makeDesk>

/** Gives steps to workers on other machines and takes back what they say. Whoever no longer holds a step is not listened to. */
export function makeDesk(shop: Workshop, engine: Engine) {
  const { ledger } = shop
  const parcels = makeParcels(shop)
  const logs = makeReceivedLogs(shop)
  const sleepers = new Set<() => void>()
  const ending = new Map<string, ReturnType<typeof endNow>>()
  let listens = false

  function called(signal: AbortSignal): Promise<void> {
    if (!listens) {
      const wakeAll = () => sleepers.forEach((wake) => wake())
      ledger.onCall(wakeAll)
      engine.onMachines(wakeAll)
    }
    listens = true
    return new Promise((resolve) => {
      const wake = () => {
        sleepers.delete(wake)
        resolve()
      }
      sleepers.add(wake)
      signal.addEventListener('abort', wake, { once: true })
      setTimeout(wake, tickMs).unref()
    })
  }

  /** @param others - as they are this moment: one that has just died must not keep its steps from this worker */
  const takerOf = ({ owner, home, labels, name, capacity }: Worker, others: readonly Machine[]): Taker => ({
    owner,
    self: { home, role: 'worker', labels },
    machines: () => [
      ...others.filter((machine) => machine.home !== home),
      { home, role: 'worker', name, labels, capacity, busy: 0, alive: true, forgotten: false },
    ],
  })

  const isAlive = async ({ home, owner }: Worker): Promise<boolean> =>
    (await tables(ledger)
      .selectFrom('machine')
      .select('home')
      .where('home', '=', home)
      .where('owner', '=', owner)
      .where(wasSeen)
      .executeTakeFirst()) !== undefined

  const heldBy = (owner: string) =>
    tables(ledger).selectFrom('step').select(['run', 'name', 'fence']).where('state', '=', 'running').where('owner', '=', owner).execute()

  /** @throws ThreewaysError `STEP_NOT_YOURS` */
  async function owned(worker: Worker, { run, name, fence }: Held): Promise<{ run: RunRow; step: StepRow; steps: StepRow[] }> {
    const found = await findRun(ledger, run)
    const step = found.steps.find((candidate) => candidate.name === name)
    if (step?.state !== 'running' || step.owner !== worker.owner || step.fence !== fence) throw notYours(run, name)
    return { ...found, step }
  }

  /** What it holds on record and does not know of, because an answer was lost, is given again. */
  async function given(worker: Worker, holding: readonly Held[]): Promise<readonly Assignment[]> {
    const known = new Set(holding.map(key))
    const assignments: Assignment[] = []
    for (const held of await heldBy(worker.owner)) {
      if (known.has(key(held))) continue
      const { run, steps } = await findRun(ledger, held.run)
      const step = steps.find(({ name }) => name === held.name)!
      assignments.push({ run: { ...run, repository: '', origin: run.origin ?? shop.homeId }, step, steps })
    }
    return assignments
  }

  async function takeNow(worker: Worker, holding: readonly Held[]): Promise<readonly Assignment[]> {
    // One that fell silent while it waited would never learn what it was given.
    if (!(await isAlive(worker))) return []
    const taker = takerOf(worker, await listMachines(ledger))
    for (const run of await readyRuns(ledger)) {
      const free = worker.capacity - (await heldBy(worker.owner)).length
      if (free <= 0) break
      await engine.moveFor(taker, free, run)
    }
    return given(worker, holding)
  }

  async function endNow(worker: Worker, held: Held, how: WorkerEnd, holding: readonly Held[] | 'leaving') {
    if (holding === 'leaving') await signOff(ledger, worker.home, worker.owner)
    const mine = await owned(worker, held)
    const hiding = hidingOf(await shop.secrets.hidden(mine.run.stream))
    const end = hidden(await endOf(shop, mine.run, mine.steps, mine.step, how), hiding)
    await logs.end(stepFolder(shop.home, mine.step))
    await shareLog(ledger, mine.step, stepFolder(shop.home, mine.step)).catch(() => {})
    let accepted = false
    const free = holding === 'leaving' ? 0 : worker.capacity - holding.length
    const { run } = await engine.moveFor(takerOf(worker, engine.machines()), free, held.run, async (tx, run, steps, events) => {
      const step = steps.find(({ name }) => name === held.name)
      accepted = step?.state === 'running' && step.owner === worker.owner && step.fence === held.fence
      if (accepted) await endStep(shop, tx, run, step!, end, events)
    })
    if (!accepted) throw notYours(held.run, held.name)
    return { given: holding === 'leaving' ? [] : await given(worker, holding), runOver: run.finishedAt !== null }
  }

  /** It lives, and so do its leases: neither outlasts the other, or a dead one would keep others from steps that are free. */
  async function isHeard(worker: Worker, holding: readonly Held[]): Promise<readonly (Held & Pick<StepRow, 'rule'>)[]> {
    await showUp(ledger, { ...worker, role: 'worker' })
    if (holding.length === 0) return []
    return tables(ledger)
      .updateTable('step')
      .set({ leaseUntil: leaseEnd })
      .where('state', '=', 'running')
      .where('owner', '=', worker.owner)
      .where(sql<boolean>`run || ' ' || name || ' ' || fence = any(${holding.map(key)}::text[])`)
      .returning(['run', 'name', 'fence', 'rule'])
      .execute()
  }

  return {
    /** A sign of life. @returns what it still holds, and of that what is to be given up */
    async beat(worker: Worker, holding: readonly Held[]): Promise<{ kept: readonly Held[]; cancelled: readonly Held[] }> {
      const kept = await isHeard(worker, holding)
      const runs = [...new Set(kept.map(({ run }) => run))]
      const over =
        runs.length === 0
          ? []
          : await tables(ledger).selectFrom('run').select('id').where('id', 'in', runs).where('cancelledBy', 'is not', null).execute()
      const cancelled = new Set(over.map(({ id }) => id))
      return {
        kept: kept.map(({ rule: _, ...held }) => held),
        cancelled: kept.filter(({ run, rule }) => rule === 'success' && cancelled.has(run)),
      }
    },

    /** Waits until there is something for this worker, but at most so long. */
    async take(worker: Worker, holding: readonly Held[], waitMs: number, signal: AbortSignal): Promise<readonly Assignment[]> {
      await isHeard(worker, holding)
      for (const until = performance.now() + waitMs; ;) {
        const woken = called(signal)
        const assignments = await takeNow(worker, holding)
        if (assignments.length > 0 || performance.now() >= until || signal.aborted) return assignments
        await woken
      }
    },

    /**
     * Asked again before it was answered, it is the same end: reading back what a worker made can take longer than it waits.
     * @returns what it works on next, and whether the run is over
     */
    async end(worker: Worker, held: Held, how: WorkerEnd, holding: readonly Held[] | 'leaving') {
      const name = `${worker.owner} ${key(held)}`
      const one = ending.get(name) ?? endNow(worker, held, how, holding).finally(() => ending.delete(name))
      ending.set(name, one)
      return one
    },

    /** Adds to the step's log. @returns from where on it is wanted; another than was sent: nothing was added */
    async log(worker: Worker, held: Held, offset: number, bytes: Uint8Array): Promise<number> {
      const { run, step } = await owned(worker, held)
      return logs.add(stepFolder(shop.home, step), run.stream, offset, bytes)
    },

    source: async (worker: Worker, held: Held): Promise<Readable> => parcels.source((await owned(worker, held)).run),

    async artifact(worker: Worker, held: Held): Promise<Readable> {
      const { run, steps } = await owned(worker, held)
      return parcels.artifact(run, steps)
    },

    bring: async (worker: Worker, held: Held, digest: Digest, part: Part): Promise<number> =>
      parcels.bring((await owned(worker, held)).step, digest, part),
  }
}

export const key = ({ run, name, fence }: Held) => `${run} ${name} ${fence}`

const notYours = (run: string, name: string) =>
  conflict('STEP_NOT_YOURS', {
    message: `step "${name}" of run ${run} is no longer this worker's`,
    help: 'it was silent for too long, and another has taken it; what it did on it is not counted',
  })

export const isNotYours = (error: unknown) => hasCode(error, 'STEP_NOT_YOURS')
