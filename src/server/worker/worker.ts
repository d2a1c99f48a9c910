import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readJunit } from '../../connectors/junit/junit.ts'
import { pruneArtifacts } from '../../flow/candidate/artifact.ts'
import { removeTree } from '../../flow/candidate/folders.ts'
import { noSecrets } from '../../flow/environment/secrets.port.ts'
import type { Labels } from '../../flow/pipeline/engine/assign.ts'
import { closing } from '../../flow/pipeline/step/command.ts'
import { runBuild, runCheck } from '../../flow/pipeline/step/commands.ts'
import { stepFolder } from '../../flow/pipeline/step/attempt.ts'
import type { Execution, Executor, StepEnd } from '../../flow/pipeline/execution.ts'
import { endForgottenLeftovers, endLeftovers } from '../../flow/pipeline/step/leftovers.ts'
import { checkOut, makeCandidate } from '../../flow/pipeline/step/making.ts'
import { describe, failedBy, legibly } from '../../flow/pipeline/step/step-end.ts'
import { leaseMs, type Held } from '../../flow/pipeline/engine/runs.ts'
import type { Assignment } from '../../flow/pipeline/worker/work-desk.ts'
import { capacityMax } from '../../flow/pipeline/worker/capacity.ts'
import { WorkerCard, type WorkerEnd } from '../../flow/pipeline/worker/work-schemas.ts'
import { systemClock } from '../../kernel/clock.ts'
import { invalid, messageOf, ThreewaysError } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import { makeTurns } from '../../kernel/turns.ts'
import { claimHome, openHome } from '../home.ts'
import { makeCourier } from './courier.ts'
import { sendLog } from './log-sender.ts'

export type WorkerOptions = {
  /** The worker's own data folder. */
  readonly home: string
  /** `http://host:7333` */
  readonly server: string
  readonly token: string
  readonly name: string
  readonly labels: Labels
  /** Steps at the same time. @defaultValue as many as processors */
  readonly capacity?: number | undefined
  readonly log: (message: string) => void
}

export type RunningWorker = { close(): Promise<void> }

/** What a worker can do: nothing that touches an environment. */
const executors: Readonly<Record<string, Executor>> = { checkout: checkOut, build: runBuild, candidate: makeCandidate, check: runCheck }

/** What a step on a worker never asks for. */
type ServerOnly = 'ledger' | 'provider' | 'openRepository' | 'line' | 'records' | 'note' | 'attestor'

const longPollMs = 20_000
const beatsUnderWayMax = 5
const runsKept = 10
/** Of what one test said when it failed. */
const failureLengthMax = 8 * 1024
const key = ({ run, name, fence }: Held) => `${run} ${name} ${fence}`
type AtWork = {
  readonly held: Held
  readonly controller: AbortController
  readonly done: Promise<void>
  /** Aborted when another has it. */ readonly taken: AbortController
  /** Its end is being said: whether it is still ours is answered there. */ isEnding: boolean
}

/**
 * Works for a server on another machine. What it began before it was killed it finds again, if nobody has taken it meanwhile; else it
 * ends what is left of it.
 * A server that is away is waited for.
 * @throws ThreewaysError `SERVER_RUNS` (a worker on this folder), `TOKEN_UNKNOWN`, `SCOPE_MISSING`
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const home = await openHome(options.home)
  const claim = await claimHome(home.folder)
  const card = cardOf(options, home.id)
  const closed = new AbortController()
  const courier = makeCourier(options.server, options.token, card, closed.signal)
  const working = new Map<string, AtWork>()
  const inTurn = makeTurns<string>()
  let wake = () => {}
  let isClosing = false
  const stopBeating = new AbortController()
  let isMissed = false
  let tidying = Promise.resolve()
  const holding = () => [...working.values()].map(({ held }) => held)

  function begin(assignment: Assignment): void {
    const { run, name, fence } = assignment.step
    const held = { run, name, fence }
    if (working.has(key(held)) || isClosing) return
    const controller = new AbortController()
    const atWork: AtWork = {
      held,
      controller,
      taken: new AbortController(),
      isEnding: false,
      done: Promise.resolve().then(() => work(assignment, atWork)),
    }
    working.set(key(held), atWork)
  }

  async function work(assignment: Assignment, atWork: AtWork): Promise<void> {
    const { held, controller } = atWork
    const folder = stepFolder(home.folder, assignment.step)
    try {
      // It would take away what a step of an old run is about to use.
      await tidying
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(path.join(folder, 'assignment.json'), JSON.stringify(assignment), { mode: 0o600 })
      const endLog = sendLog(courier, held, path.join(folder, 'log'))
      const how = await attempt(executionOf(assignment, folder, controller.signal))
      await endLog()
      if (atWork.taken.signal.aborted) return
      atWork.isEnding = true
      const end: WorkerEnd = isClosing && how.end === 'cancelled' ? { end: 'lost', why: `worker "${card.name}" was ended` } : how
      // Still held, so that the lease does not run out while it is said again and again.
      const others = () => holding().filter((other) => other !== held)
      const say = (what: WorkerEnd) => courier.insist(() => courier.end(held, what, others(), isClosing), atWork.taken.signal)
      // What cannot be said must not leave the step to run again for ever.
      const { given, runOver } = await say(end).catch((error: unknown) => {
        if (!(error instanceof ThreewaysError) || (error.kind !== 'invalid' && error.kind !== 'tooLarge')) throw error
        return say(
          plain({ end: 'failed', final: true, fault: 'infrastructure', message: `the server refuses how it ended: ${describe(error)}` }),
        )
      })
      working.delete(key(held))
      for (const next of given) begin(next)
      if (runOver) await endLeftovers(held.run)
    } catch (error) {
      if (!closed.signal.aborted) options.log(`${held.run} ${held.name}: ${messageOf(error)}`)
    } finally {
      working.delete(key(held))
      await rm(path.join(folder, 'assignment.json'), { force: true })
      wake()
      if (working.size === 0) tidying = tidying.then(tidy).catch((error: unknown) => options.log(`could not tidy up: ${messageOf(error)}`))
      await tidying
    }
  }

  function executionOf({ run, step, steps }: Assignment, folder: string, signal: AbortSignal): Execution {
    const { run: id, name, fence } = step
    const execution: Omit<Execution, ServerOnly> & { attestor: Pick<Execution['attestor'], 'read'> } = {
      home: home.folder,
      work: home.work,
      homeId: home.id,
      inTurn,
      depot: courier.depotOf({ run: id, name, fence }),
      isShared: () => true,
      testReports: readJunit,
      // The server reads back what it was brought, and signs.
      attestor: { read: async () => {} },
      // Nothing that asks for some comes here; what is told all the same the server looks for.
      secrets: noSecrets,
      clock: systemClock,
      newId,
      run,
      // By this machine's clock: deadlines and the age of reports are told from it.
      step: { ...step, startedAt: systemClock.instant() },
      steps,
      folder,
      signal,
      say: (line) => appendFile(path.join(folder, 'log'), `${line}\n`, { mode: 0o600 }),
    }
    return execution as Execution
  }

  /** One that is long in coming must not hold up the next: the lease would run out over a single lost packet. */
  async function beats(): Promise<void> {
    const underWay = new Set<Promise<void>>()
    while (!stopBeating.signal.aborted) {
      if (underWay.size < beatsUnderWayMax) {
        const one = beat()
        underWay.add(one)
        void one.then(() => underWay.delete(one))
      }
      await sleep(leaseMs / 5, undefined, { signal: stopBeating.signal }).catch(() => {})
    }
    await Promise.all(underWay)
  }

  async function beat(): Promise<void> {
    const before = holding()
    try {
      const { kept, cancelled } = await courier.beat(before)
      const still = new Set(kept.map(key))
      for (const held of before) if (!still.has(key(held))) giveUp(held)
      for (const held of cancelled) working.get(key(held))?.controller.abort()
      if (isMissed) options.log('the server answers again')
      isMissed = false
    } catch (error) {
      if (!isMissed && !closed.signal.aborted) options.log(`${messageOf(error)}; what is begun goes on, and is asked for again and again`)
      isMissed = true
    }
  }

  /** Another has it: nothing that we could say of it would be heard. */
  function giveUp(held: Held): void {
    const atWork = working.get(key(held))
    if (atWork === undefined || atWork.held !== held || atWork.isEnding || atWork.taken.signal.aborted) return
    options.log(`${held.run} ${held.name} was taken by another while the server could not be reached`)
    atWork.taken.abort()
    atWork.controller.abort()
  }

  async function takes(): Promise<void> {
    for (let failures = 0; !isClosing;) {
      if (working.size >= card.capacity) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      try {
        for (const assignment of (await courier.take(holding(), longPollMs)).given) begin(assignment)
        failures = 0
      } catch (error) {
        if (error instanceof ThreewaysError && (error.kind === 'unauthorized' || error.kind === 'forbidden'))
          options.log(`the server does not let this worker in: ${error.message}`)
        await sleep(Math.min(100 * 2 ** failures++, 2_000), undefined, { signal: closed.signal }).catch(() => {})
      }
    }
  }

  /** What was begun by an earlier process of this worker: gone on with if it is still ours, else ended. */
  async function recover(): Promise<void> {
    const found = await assignmentsIn(path.join(home.folder, 'runs'))
    const steps = found.map(({ step: { run, name, fence } }) => ({ run, name, fence }))
    const { kept } = await courier.beat(steps)
    const still = new Set(kept.map(key))
    for (const assignment of found) if (still.has(key({ ...assignment.step }))) begin(assignment)
    await endForgottenLeftovers(home.id, async (run) => !holding().some((held) => held.run === run))
  }

  async function tidy(): Promise<void> {
    for (const folder of [path.join(home.work, 'runs'), path.join(home.folder, 'runs')]) await keepLatest(folder)
    await inTurn('artifacts', () => pruneArtifacts(path.join(home.work, 'artifacts'), new Set()))
  }

  let ready = Promise.resolve()
  try {
    await recover()
  } catch (error) {
    if (!(error instanceof ThreewaysError) || error.kind !== 'unavailable') {
      await claim.release()
      throw error
    }
    options.log(`${messageOf(error)}; it is asked again and again`)
    ready = courier.insist(recover).then(
      () => options.log('the server answers'),
      (why: unknown) => {
        if (!closed.signal.aborted) options.log(`the server does not let this worker in: ${messageOf(why)}`)
      },
    )
  }
  const beating = ready.then(beats)
  const taking = ready.then(takes)
  return {
    async close() {
      isClosing = true
      wake()
      // A sign of life would call it back among those that take.
      stopBeating.abort()
      for (const { controller } of working.values()) controller.abort(closing)
      await Promise.race([Promise.allSettled([...working.values()].map(({ done }) => done)), sleep(10_000)])
      closed.abort()
      await Promise.all([beating, taking])
      await claim.release()
    },
  }
}

function cardOf({ name, labels, capacity }: WorkerOptions, id: string): WorkerCard {
  const parsed = WorkerCard.safeParse({
    home: id,
    name,
    labels: { os: process.platform, arch: process.arch, ...labels },
    capacity: capacity ?? Math.min(availableParallelism(), capacityMax),
  })
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  throw invalid('WORKER_INVALID', {
    message: `the worker's ${first!.path.join(' ')}: ${first!.message}`,
    help: 'see threeways worker --help',
  })
}

async function attempt(execution: Execution): Promise<WorkerEnd> {
  try {
    const { step } = execution
    return plain(await executors[step.work.kind]!(execution))
  } catch (error) {
    if (execution.signal.aborted) return { end: 'cancelled' }
    return plain(failedBy(error))
  }
}

type Output = NonNullable<(WorkerEnd & { end: 'succeeded' })['output']>

/** Without what only a server can do, and within what a server takes. */
function plain(end: StepEnd): WorkerEnd {
  if (end.end === 'cancelled' || end.end === 'lost') return end
  const { message, output } = legibly(end)
  const said = message === undefined ? {} : { message }
  const found = output === undefined ? {} : { output: bounded(output) }
  return end.end === 'succeeded'
    ? { end: 'succeeded', ...said, ...found }
    : { end: 'failed', message: said.message ?? 'failed', final: end.final === true, fault: end.fault ?? 'change', ...found }
}

function bounded({ tests, ...rest }: Output): Output {
  if (tests === undefined) return rest
  const failures = tests.failures.map(({ name, message }) => ({
    name: name.slice(0, failureLengthMax),
    message: message.slice(0, failureLengthMax),
  }))
  return { ...rest, tests: { ...tests, failures } }
}

async function assignmentsIn(folder: string): Promise<readonly Assignment[]> {
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  const found = files.filter((file) => path.basename(file) === 'assignment.json')
  const texts = await Promise.all(found.map((file) => readFile(path.join(folder, file), 'utf8')))
  return texts.flatMap((text) => {
    try {
      return [JSON.parse(text) as Assignment]
    } catch {
      return []
    }
  })
}

async function keepLatest(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const ages = await Promise.all(names.map(async (name) => ({ name, at: (await stat(path.join(folder, name))).mtimeMs })))
  for (const { name } of ages.toSorted((a, b) => b.at - a.at).slice(runsKept)) await removeTree(path.join(folder, name))
}
