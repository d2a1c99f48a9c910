import { appendFile, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import { boundLog } from '../../kernel/detached.ts'
import { sha256, type Digest } from '../../kernel/digest.ts'
import { conflict, hasCode, invalid, notFound, tooLarge } from '../../kernel/errors.ts'
import { receiveArtifact, artifactFolder } from '../candidate/artifact.ts'
import { candidateDigest } from '../candidate/environment-digest.ts'
import { exists, removeTree } from '../candidate/folders.ts'
import { packTree, treeBytesMax, unpackTree } from '../candidate/parcel.ts'
import type { Labels } from './assign.ts'
import { artifactHere, artifactParcel, ledgerDepot, sourceParcel } from './depot.ts'
import { stepFolder, type Engine } from './engine.ts'
import type { StepEnd, Workshop } from './execution.ts'
import { showUp, signOff, wasSeen } from './machines.ts'
import { candidateMade } from './making.ts'
import { endStep } from './progress.ts'
import { findRun, leaseEnd, readyRuns, type Held } from './runs.ts'
import { shareLog } from './step-log.ts'
import { tables, type RunRow, type StepRow } from './tables.ts'
import type { Taker } from './taking.ts'
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
const logBytesKept = 8 * 1024 * 1024

export type Desk = ReturnType<typeof makeDesk>

/** Gives steps to workers on other machines and takes back what they say. Whoever no longer holds a step is not listened to. */
export function makeDesk(shop: Workshop, engine: Engine) {
  const { ledger } = shop
  const depot = ledgerDepot(ledger)
  const sleepers = new Set<() => void>()
  let listens = false

  function called(signal: AbortSignal): Promise<void> {
    if (!listens) ledger.onCall(() => sleepers.forEach((wake) => wake()))
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

  const takerOf = ({ owner, home, labels, name, capacity }: Worker): Taker => ({
    owner,
    self: { home, role: 'worker', labels },
    machines: () => [
      ...engine.machines().filter((machine) => machine.home !== home),
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
    const taker = takerOf(worker)
    // One that fell silent while it waited would never learn what it was given.
    if (!(await isAlive(worker))) return []
    for (const run of await readyRuns(ledger)) {
      const free = worker.capacity - (await heldBy(worker.owner)).length
      if (free <= 0) break
      await engine.moveFor(taker, free, run)
    }
    return given(worker, holding)
  }

  return {
    /** A sign of life. @returns what it still holds, and of that what is to be given up */
    async beat(worker: Worker, holding: readonly Held[]): Promise<{ kept: readonly Held[]; cancelled: readonly Held[] }> {
      await showUp(ledger, { ...worker, role: 'worker' })
      if (holding.length === 0) return { kept: [], cancelled: [] }
      const kept = await tables(ledger)
        .updateTable('step')
        .set({ leaseUntil: leaseEnd })
        .where('state', '=', 'running')
        .where('owner', '=', worker.owner)
        .where(sql<boolean>`run || ' ' || name || ' ' || fence = any(${holding.map(key)}::text[])`)
        .returning(['run', 'name', 'fence', 'rule'])
        .execute()
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
      await showUp(ledger, { ...worker, role: 'worker' })
      for (const until = performance.now() + waitMs; ;) {
        const woken = called(signal)
        const assignments = await takeNow(worker, holding)
        if (assignments.length > 0 || performance.now() >= until || signal.aborted) return assignments
        await woken
      }
    },

    /** @returns whether its word was taken, what it works on next, and whether the run is over */
    async end(worker: Worker, held: Held, how: WorkerEnd, holding: readonly Held[] | 'leaving') {
      if (holding === 'leaving') await signOff(ledger, worker.home, worker.owner)
      const mine = await owned(worker, held)
      const end = await endOf(mine.run, mine.step, how)
      await shareLog(ledger, mine.step, stepFolder(shop.home, mine.step)).catch(() => {})
      let accepted = false
      const free = holding === 'leaving' ? 0 : worker.capacity - holding.length
      const { run } = await engine.moveFor(takerOf(worker), free, held.run, async (tx, run, steps, events) => {
        const step = steps.find(({ name }) => name === held.name)
        accepted = step?.state === 'running' && step.owner === worker.owner && step.fence === held.fence
        if (accepted) await endStep(shop, tx, run, step!, end, events)
      })
      if (!accepted) throw notYours(held.run, held.name)
      return { given: holding === 'leaving' ? [] : await given(worker, holding), runOver: run.finishedAt !== null }
    },

    /** Adds to the step's log. @returns from where on it is wanted; another than was sent: nothing was added */
    async log(worker: Worker, held: Held, offset: number, bytes: Uint8Array): Promise<number> {
      const { step } = await owned(worker, held)
      const folder = stepFolder(shop.home, step)
      return shop.inTurn(`log ${folder}`, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const note = path.join(folder, 'received')
        const received = Number(await readFile(note, 'utf8').catch(() => '0'))
        if (offset !== received) return received
        await appendFile(path.join(folder, 'log'), bytes, { mode: 0o600 })
        await writeFile(note, String(received + bytes.length))
        await boundLog(path.join(folder, 'log'), 2 * logBytesKept, logBytesKept)
        return received + bytes.length
      })
    },

    /** The commit's own tree, packed. */
    async source(worker: Worker, held: Held): Promise<Readable> {
      const { run } = await owned(worker, held)
      const shared = await depot.read(sourceParcel(run.commit))
      if (shared !== undefined) return shared
      if (run.origin !== null && run.origin !== shop.homeId)
        throw notFound('SOURCE_NOT_HERE', {
          message: `commit ${run.commit} is not to be had on this server`,
          help: 'ask the one that took it in',
        })
      const repository = await shop.openRepository(run.repository)
      const place = await mkdtemp(path.join(shop.work, 'leaving-'))
      const remove = () => void removeTree(place).catch(() => {})
      try {
        await repository.checkout(run.commit, path.join(place, 'source'))
        const packed = await packTree(path.join(place, 'source'))
        return packed.once('close', remove)
      } catch (error) {
        remove()
        throw error
      }
    },

    /** The artifact of the run's candidate, packed. */
    async artifact(worker: Worker, held: Held): Promise<Readable> {
      const { steps } = await owned(worker, held)
      const made = steps.find(({ work }) => work.kind === 'candidate')?.output?.['candidate'] as { artifact: Digest } | undefined
      const folder = made && (await artifactHere(path.join(shop.work, 'artifacts'), shop.depot, made.artifact))
      if (folder === undefined) throw notFound('ARTIFACT_MISSING', { message: `run ${held.run} has no artifact here` })
      return packTree(folder)
    },

    /** Takes a part of an artifact; the last one makes it whole, and it is kept if it is what it should be. @returns from where on it is wanted */
    async bring(worker: Worker, held: Held, digest: Digest, part: { offset: number; bytes: Uint8Array; isLast: boolean }): Promise<number> {
      const { step } = await owned(worker, held)
      if (step.work.kind !== 'candidate') throw conflict('STEP_MAKES_NOTHING', { message: `step "${step.name}" makes no artifact` })
      const incoming = path.join(shop.work, 'incoming')
      await mkdir(incoming, { recursive: true, mode: 0o700 })
      const file = path.join(incoming, `${sha256(`${worker.owner} ${key(held)} ${digest}`).slice(7)}`)
      return shop.inTurn(`incoming ${file}`, async () => {
        const size = (await stat(file).catch(() => ({ size: 0 }))).size
        if (part.offset !== size) return size
        if (size + part.bytes.length > treeBytesMax) throw tooLarge('PARCEL_TOO_LARGE', { message: 'the artifact is too large' })
        const target = await open(file, 'a', 0o600)
        await target.appendFile(part.bytes).finally(() => target.close())
        if (part.isLast) await keepArtifact(file, digest)
        return size + part.bytes.length
      })
    },
  }

  async function keepArtifact(file: string, digest: Digest): Promise<void> {
    const place = await mkdtemp(path.join(shop.work, 'arriving-'))
    try {
      await unpackTree(createReadStream(file), path.join(place, 'tree'))
      const { folder } = await receiveArtifact({ from: path.join(place, 'tree'), store: path.join(shop.work, 'artifacts'), digest })
      if (shop.isShared()) await shop.depot.put(artifactParcel(digest), folder)
    } finally {
      await removeTree(place)
      await rm(file, { force: true })
    }
  }

  /** What it found is believed; who it is and where things are is not. */
  async function endOf(run: RunRow, step: StepRow, how: WorkerEnd): Promise<StepEnd> {
    if (how.end !== 'succeeded') return how.end === 'failed' ? { ...how, output: testsOf(how.output) } : how
    const { message, output = {} } = how
    if (step.work.kind === 'checkout') {
      if (!output.checkout || !output.tools) throw invalid('END_INCOMPLETE', { message: 'a checkout ends with what was checked out' })
      return { end: 'succeeded', output: { checkout: { ...output.checkout, commit: run.commit }, tools: output.tools } }
    }
    if (step.work.kind !== 'candidate') return { end: 'succeeded', ...(message === undefined ? {} : { message }), output: testsOf(output) }
    const { candidate } = output
    if (!candidate) throw invalid('END_INCOMPLETE', { message: 'this step ends with a candidate' })
    const artifact = candidate.artifact as Digest
    const store = path.join(shop.work, 'artifacts')
    const digest = candidateDigest({ commit: run.commit, artifact, environment: candidate.environment as Digest })
    if (candidate.digest !== digest || !(await exists(artifactFolder(store, artifact))))
      throw invalid('CANDIDATE_INVALID', { message: 'the candidate is not what its parts make it, or its artifact was not brought' })
    const { files, bytes, tools, lockFiles, environment } = candidate
    return candidateMade(
      { ...shop, run },
      {
        digest,
        commit: run.commit,
        artifact,
        environment: environment as Digest,
        folder: artifactFolder(store, artifact),
        files,
        bytes,
        tools,
        lockFiles: lockFiles as Record<string, Digest>,
      },
    )
  }
}

const testsOf = (output: { tests?: unknown } | undefined) => (output?.tests === undefined ? {} : { tests: output.tests })

export const key = ({ run, name, fence }: Held) => `${run} ${name} ${fence}`

const notYours = (run: string, name: string) =>
  conflict('STEP_NOT_YOURS', {
    message: `step "${name}" of run ${run} is no longer this worker's`,
    help: 'it was silent for too long, and another has taken it; what it did on it is not counted',
  })

export const isNotYours = (error: unknown) => hasCode(error, 'STEP_NOT_YOURS')
