import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode, messageOf, unavailable } from '../../kernel/errors.ts'
import type { Digest } from '../../kernel/digest.ts'
import { logged } from '../../kernel/detached.ts'
import { isAlive as identified, type Ran } from '../../kernel/process.ts'
import type { ScannedLog } from '../../kernel/scanning/scanned-log.ts'
import { notRunning } from '../process/program/process-runner.ts'
import type { Limits, Place, Runner, Running } from '../process/program/runner.ts'
import { artifactReader } from '../process/program/running.ts'
import { containerOf, labels, nameOf } from './container.ts'
import { EngineError, isMissing, isUnavailable, type Engine } from './engine.ts'
import { framesOf } from './frames.ts'
import { imagesOf } from './images.ts'
import { followLog } from './logs.ts'
import { commandWithSecrets, openSecrets, shellMissing } from './secrets.ts'

export type DockerOptions = {
  readonly homeId: string
  readonly engine: Engine
  /** What images are made from where a service names none. */
  readonly base: string
  readonly digestOfTree: (folder: string) => Promise<Digest>
}

type Container = {
  readonly Id: string
  readonly Image: string
  readonly State: { readonly Running: boolean; readonly Pid: number; readonly ExitCode: number; readonly StartedAt: string }
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null }
}

/** How long an engine that does not answer may take to come back before what it ran is taken for gone. */
const awayMsMax = 10_000

/** Programs in containers of a Docker Engine API. */
export function dockerRunner({ homeId, engine, base, digestOfTree }: DockerOptions): Runner {
  const images = imagesOf(() => engine, homeId, base)
  const artifactProblem = artifactReader(digestOfTree)
  const post = async (path: string, query: Readonly<Record<string, string>> = {}) =>
    void (await engine.json({ method: 'POST', path, query }))

  async function inspect(container: string): Promise<Container | undefined> {
    const deadline = Date.now() + awayMsMax
    for (;;) {
      try {
        return await engine.json<Container>({ path: `/containers/${container}/json` })
      } catch (error) {
        if (isMissing(error)) return undefined
        if (!isUnavailable(error) || Date.now() > deadline) throw error
        await sleep(250)
      }
    }
  }

  const isAlive = async ({ container }: Running) =>
    (await inspect(container!).catch((error: unknown) => (isUnavailable(error) ? undefined : Promise.reject(error))))?.State.Running ===
    true

  async function remove(container: string): Promise<void> {
    try {
      await engine.json({ method: 'DELETE', path: `/containers/${container}`, query: { force: '1', v: '1' } })
    } catch (error) {
      // 409: somebody else is removing it.
      if (!isMissing(error) && !(error instanceof EngineError && error.status === 409)) throw error
    }
  }

  async function marked(label: string, value: string): Promise<readonly { Id: string; Labels: Readonly<Record<string, string>> }[]> {
    const filters = JSON.stringify({ label: [`${label}=${value}`] })
    return engine.json({ path: '/containers/json', query: { all: '1', filters } })
  }

  async function endMarked(instance: string): Promise<void> {
    for (const { Id } of await marked(labels.instance, instance)) await remove(Id)
  }

  /** Until it does not run, or `signal`. Waits again when the engine was restarted meanwhile. */
  async function waitFor(container: string, signal: AbortSignal): Promise<number | undefined> {
    for (;;) {
      try {
        const { StatusCode } = await engine.json<{ StatusCode: number }>({ method: 'POST', path: `/containers/${container}/wait`, signal })
        return StatusCode
      } catch (error) {
        signal.throwIfAborted()
        if (isMissing(error)) return undefined
        await sleep(250, undefined, { signal })
        const found = await inspect(container)
        if (!found) return undefined
        if (!found.State.Running) return found.State.ExitCode
      }
    }
  }

  /** @returns the id of a container that was started */
  async function create(place: Place, image: string): Promise<string> {
    const asked = { method: 'POST', path: '/containers/create', query: { name: nameOf(place) } } as const
    const { Id } = await engine.json<{ Id: string }>({ ...asked, body: containerOf(place, image, homeId) })
    try {
      await post(`/containers/${Id}/start`)
      return Id
    } catch (error) {
      await remove(Id)
      throw shellMissing(place, images.baseOf(place.service), error)
    }
  }

  /** Our own ends of the pipes that containers write to: without them a scanner would end before its container has come so far. */
  const writers = new Map<string, ScannedLog>()
  async function closeWriter(container: string): Promise<void> {
    const writer = writers.get(container)
    writers.delete(container)
    await writer?.close()
  }

  return {
    async prepare(desired, tell, signal) {
      for (const [name, service] of Object.entries(desired.rendered.definition.services))
        await images.ensure(desired, service, (message) => tell(`service ${name}`, message), signal)
    },

    async start(place) {
      const image = await images.ensure(place.desired, place.service, () => {})
      const { logFile, exitFile } = place
      const log = await openSecrets(place)
      try {
        const container = await create(place, image.Id)
        const found = await inspect(container)
        const identity = { pid: found?.State.Pid ?? 0, startedAt: found?.State.StartedAt ?? '' }
        if (log) writers.set(container, log)
        return { identity, logFile, exitFile, container, ...(log ? { scanner: log.scanner } : {}) }
      } catch (error) {
        await log?.close()
        throw error
      }
    },

    isAlive,
    hasBegun: async () => true,

    async ended(running, signal) {
      const { container, logFile, scanner } = running
      // Nobody hears it: we were killed as it was started, or its scanner was.
      if (scanner && !(await identified(scanner)) && (await isAlive(running))) await remove(container!)
      const over = new AbortController()
      const both = AbortSignal.any([signal, over.signal])
      // Without its log it still runs; the engine keeps it.
      const log = followLog(engine, container!, logFile, both).catch(() => {})
      try {
        const code = await waitFor(container!, signal)
        await Promise.race([log, sleep(2_000, undefined, { ref: false })])
        await closeWriter(container!)
        await logged(running)
        return code
      } finally {
        over.abort()
        await log
        await closeWriter(container!)
      }
    },

    async stop(running, instance, { signal, graceMs }) {
      const { container } = running ?? {}
      let outcome: 'graceful' | 'killed' = 'graceful'
      if (container !== undefined && running && (await isAlive(running))) {
        await post(`/containers/${container}/kill`, { signal }).catch(() => {})
        const within = AbortSignal.timeout(graceMs)
        await waitFor(container, within).catch(() => (outcome = 'killed'))
      }
      await endMarked(instance)
      return outcome
    },

    endMarked,

    async run(place, command, limits) {
      const { instance } = place
      const { container } = instance.process ?? {}
      if (container === undefined || !(await isAlive(instance.process!))) throw notRunning(instance.service, 'it runs in a container')
      return runInside(engine, container, commandWithSecrets(place, command, 'attached'), limits)
    },

    async readBack(instance, desired, freshly) {
      const container = await inspect(instance.process!.container!).catch(() => undefined)
      const pid = container?.State.Pid
      const unknown = (problem: string) => ({ pid, running: undefined, problem })
      if (!container) return unknown('its container cannot be asked')
      const image = await images.find(container.Image)
      const artifact = image?.Config?.Labels?.[labels.artifact]
      if (artifact !== desired.artifactDigest) return unknown("its container's image was not made of the candidate's artifact")
      const problem = await artifactProblem(desired, freshly)
      if (problem !== undefined) return unknown(problem)
      return { pid, running: container.Config.Labels?.[labels.candidate] as Digest | undefined, problem: undefined }
    },

    async endOrphans(isKnown, environment) {
      const [label, value] = environment === undefined ? [labels.home, homeId] : [labels.environment, environment]
      const all = (await marked(label, value)).filter(({ Labels }) => Labels[labels.home] === homeId && !isKnown(Labels[labels.instance]!))
      for (const { Id } of all) await remove(Id)
      return all.length
    },

    // What is not tidied now is tidied another time.
    tidy: (needed) => images.tidy(needed).catch(() => {}),
  }
}

/** Runs a command in a container. It is told to end when its time is over, and may go on there for as long as the container. */
async function runInside(engine: Engine, container: string, command: readonly string[], limits: Limits): Promise<Ran> {
  const body = { AttachStdout: true, AttachStderr: true, Cmd: command }
  const { Id } = await engine.json<{ Id: string }>({ method: 'POST', path: `/containers/${container}/exec`, body })
  const timeout = AbortSignal.timeout(limits.timeoutMs)
  const signal = limits.signal ? AbortSignal.any([limits.signal, timeout]) : timeout
  const said = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const { outputBytesMax = 16 * 1024 * 1024 } = limits
  const inspect = () => engine.json<{ ExitCode: number | null; Pid: number }>({ path: `/exec/${Id}/json` })
  try {
    const answer = await engine.open({ method: 'POST', path: `/exec/${Id}/start`, body: { Detach: false, Tty: false }, signal })
    for await (const { to, data } of framesOf(answer)) said[to] = Buffer.concat([said[to], data]).subarray(-outputBytesMax)
  } catch (error) {
    limits.signal?.throwIfAborted()
    if (!timeout.aborted) throw error
    await inspect()
      .then(({ Pid }) => end(Pid))
      .catch(() => {})
    throw unavailable('PROGRAM_TIMED_OUT', { message: `"${command[0]}" did not end within ${limits.timeoutMs} ms` })
  }
  const { ExitCode } = await inspect()
  return { code: ExitCode, signal: null, stdout: said.stdout.toString('utf8'), stderr: said.stderr.toString('utf8') }
}

/** Where the machine lets us: of another user's container it does not. */
function end(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw new Error(messageOf(error), { cause: error })
  }
}
