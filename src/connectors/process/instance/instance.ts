import { closeSync, openSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../../kernel/clock.ts'
import { digestOf, type Digest } from '../../../kernel/digest.ts'
import { formatDuration } from '../../../kernel/duration.ts'
import { formatBytes } from '../../../kernel/bytes.ts'
import { messageOf } from '../../../kernel/errors.ts'
import type { Ran } from '../../../kernel/process.ts'
import { hidingOf } from '../../../kernel/scanning/scanner.ts'
import { placeSecrets, valueVariables } from '../../../flow/environment/secrets.port.ts'
import type { Desired, EnvironmentId, Service } from '../../../flow/environment/provider.port.ts'
import { judge, probe, probingOf } from './health.ts'
import { endOfLog, keepLogBounded } from './logs.ts'
import { isFree, returnPort, takePort } from '../ports.ts'
import { afterEnding, crashLoopFrom, type Ending } from './restart.ts'
import type { Limits, Place, Runner } from '../program/runner.ts'
import { listensSocket, secretsFolderOf, serviceSocket, socketFolderOf, temporaryOf, type World } from '../isolation/sandbox.ts'
import { watchLeaks, type Handed, type InstanceSecrets } from './secrets.ts'
import { hostPortOf, type InstanceState, type Phase } from '../state.ts'

export type InstanceOptions = {
  readonly environment: EnvironmentId
  readonly desired: Desired
  /** Where its program runs. */
  readonly runner: Runner
  /** Ours alone: log, exit codes, the process's TMPDIR. */
  readonly folder: string
  readonly service: Service
  /** The artifact's folder for this service. */
  readonly cwd: string
  readonly host: string
  /** Asked at every start: where others listen may have changed. */
  readonly variables: () => Readonly<Record<string, string>>
  readonly secrets: InstanceSecrets
  /** Its world, when it is isolated; asked for at every start as well. */
  readonly world: (() => World) | undefined
  /** Its state changed and must be on disk when this returns. */
  readonly save: () => Promise<void>
  /** It listens elsewhere than those who depend on it were told. */
  readonly moved: () => void
  readonly tell: (message: string) => void
  readonly clock: Clock
}

/** How a start went, for who waits for it. `completed`: it did its work and ended, as it may. */
export type Outcome = 'ready' | 'completed' | 'failed'

// More tries than two programs in a row can spoil by taking the port between our look and the service's.
const bindTries = 5
const watchAgainMs = 500

/** Keeps one service process running: starts or adopts it, watches its health and its end, starts it again, stops it. */
export class Instance {
  readonly state: InstanceState
  readonly options: InstanceOptions
  #supervision = new AbortController()
  #supervising: Promise<void> | undefined
  #quickEndings = 0
  #memoryKills = 0
  #isOver = false
  #socketFolder: number | undefined
  readonly #waiting = new Set<() => void>()

  constructor(state: InstanceState, options: InstanceOptions) {
    this.state = state
    this.options = options
  }

  get logFile(): string {
    return path.join(this.options.folder, 'log')
  }

  get temporaryFolder(): string {
    return temporaryOf(this.options.folder)
  }

  get supervised(): boolean {
    return this.#supervising !== undefined
  }

  /** Takes over a process that an earlier server started. @returns false when it does not live, or was told other addresses */
  async adopt(): Promise<boolean> {
    if (!(await this.isAlive()) || this.state.variables !== this.#addresses()) return false
    this.#supervise(true)
    return true
  }

  async isAlive(): Promise<boolean> {
    return this.state.process !== null && (await this.options.runner.isAlive(this.state.process))
  }

  /** Does nothing when somebody else started or stopped it meanwhile. */
  start(): void {
    if (this.#isOver || this.supervised) return
    this.#quickEndings = 0
    this.state.phase = 'starting'
    this.#supervise(false)
  }

  /** Resolves when it is ready or never will be. A process that is only slow is `failed` when its health check says so. */
  async settled(signal: AbortSignal): Promise<Outcome> {
    for (;;) {
      signal.throwIfAborted()
      const { phase, problem } = this.state
      if (phase === 'ready') return 'ready'
      if (phase === 'stopped') return problem === null ? 'completed' : 'failed'
      if (phase === 'unhealthy' || phase === 'restarting') return 'failed'
      await this.#change(signal)
    }
  }

  /** Resolves when its process exists, or did. */
  async launched(signal: AbortSignal): Promise<void> {
    while (this.state.phase === 'starting' && this.state.process === null) await this.#change(signal)
    signal.throwIfAborted()
  }

  /** Nothing of it lives when this returns; its folder stays. Safe to repeat. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.leave()
    this.state.phase = 'stopping'
    await this.options.save()
    await this.end()
  }

  /** Ends what runs, without a word on whether it should: whoever resumes it starts it again. */
  async end(): Promise<void> {
    await this.leave()
    const { runner, service } = this.options
    const outcome = await runner.stop(this.state.process, this.state.id, service.stop)
    if (outcome === 'killed') this.options.tell(`did not end within ${formatDuration(service.stop.graceMs)} and was killed`)
    this.state.process = null
    if (service.limits) await runner.release?.(this.state.id)
    for (const folder of [this.temporaryFolder, secretsFolderOf(this.options.folder)]) await rm(folder, { recursive: true, force: true })
  }

  /** Another process in its place, which knows the addresses as they are now. */
  async renew(): Promise<void> {
    await this.end()
    this.start()
  }

  /** Ends supervision; the process lives on. */
  async leave(): Promise<void> {
    this.#supervision.abort()
    await this.#supervising
    this.#supervising = undefined
  }

  #supervise(adopted: boolean): void {
    this.#supervision = new AbortController()
    const { signal } = this.#supervision
    // What it fails of must not end the server, and every environment with it.
    this.#supervising = this.#live(adopted, signal).catch((error: unknown) => this.#enter('stopped', `is not watched: ${messageOf(error)}`))
  }

  /** One turn per process. */
  async #live(adopted: boolean, signal: AbortSignal): Promise<void> {
    for (let isThere = adopted, tries = 1; !signal.aborted; isThere = false) {
      const problem = isThere ? undefined : await this.#launch(signal)
      const startedAtMs = Date.now()
      const code = problem === undefined ? await this.#untilEnded(isThere, startedAtMs, signal) : undefined
      if (signal.aborted) return
      if (!this.state.proven && tries++ < bindTries && (await this.#moveIfPortTaken())) continue
      const livedMs = Date.now() - startedAtMs
      const how = `${await this.#howEnded(code)} after ${formatDuration(livedMs)}`
      if (!(await this.#afterEnd({ code, livedMs }, problem ?? how, signal))) return
    }
  }

  async #howEnded(code: number | undefined): Promise<string> {
    const { runner, service } = this.options
    const { memoryBytes } = service.limits ?? {}
    const kills = memoryBytes === undefined ? 0 : ((await runner.memoryKills?.(this.state.id)) ?? 0)
    if (kills > this.#memoryKills) return `was killed by its memory limit of ${formatBytes(memoryBytes!)}`
    return code === undefined ? 'was killed' : `ended with code ${code}`
  }

  /** @returns why it could not be started */
  async #launch(signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#startProcess(signal)
      return undefined
    } catch (error) {
      return `cannot be started: ${messageOf(error)}`
    }
  }

  async #startProcess(signal: AbortSignal): Promise<void> {
    const { state, options } = this
    if (state.launches > 0) await options.runner.endMarked(state.id)
    const port = hostPortOf(state)
    if (state.proven && port !== null && !(await isFree(options.host, port))) await this.#move()
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    await rm(this.#exitFile(), { force: true })
    const handed = await options.secrets.handed(signal)
    const { values } = handed
    // The user inside of a container is another one; outside, the folder around it keeps others away.
    const readers = state.provider === 'docker' ? 'all' : 'owner'
    await placeSecrets(secretsFolderOf(options.folder), options.service.secrets, values, readers)
    state.launches++
    state.process = null
    state.variables = this.#addresses()
    if (values.size > 0) state.secrets = Object.fromEntries([...values].map(([name, { version }]) => [name, version]))
    // On disk before it exists: if we are killed now, its mark leads to it.
    await this.#enter('starting', null)
    if (options.service.limits) this.#memoryKills = (await options.runner.memoryKills?.(state.id)) ?? 0
    state.process = await options.runner.start(this.#place(handed))
    await this.#changed()
  }

  #place({ values, hidden }: Handed): Place {
    const { state, logFile, options } = this
    const { environment, desired, service, folder, cwd } = options
    const variables = { variables: options.variables(), secretVariables: valueVariables(service.secrets, values) }
    const own = { ...variables, world: options.world?.(), hide: hidden }
    return { environment, instance: state, desired, service, folder, cwd, ...own, logFile, exitFile: this.#exitFile() }
  }

  /** Of everything but what comes from the server's own environment, which may differ with every start of it. */
  #addresses(): Digest {
    const { variables, world } = this.options
    const reaches = world?.().reaches.map(({ port, folder }) => `${port} ${folder}`)
    return digestOf({ ...variables(), PATH: undefined, HOME: undefined, ...(reaches ? { reaches } : {}) })
  }

  /** Unix sockets that lead to it, when it has a network of its own. Short, whatever the home's path: theirs may not exceed 107 bytes. */
  get sockets(): { readonly service: string; readonly listens: string } | undefined {
    if (this.state.isolation?.network !== 'own') return undefined
    try {
      this.#socketFolder ??= openSync(socketFolderOf(this.options.folder), 'r')
    } catch {
      return undefined // It has not been started yet.
    }
    const folder = `/proc/self/fd/${this.#socketFolder}`
    return { service: `${folder}/${serviceSocket}`, listens: `${folder}/${listensSocket}` }
  }

  /** Nothing is asked of it any more. */
  release(): void {
    if (this.#socketFolder !== undefined) closeSync(this.#socketFolder)
    this.#socketFolder = undefined
  }

  /** A command to its end, where the service runs. What it says holds no secret. */
  async run(command: readonly string[], limits: Limits): Promise<Ran> {
    const standing = await this.options.secrets.standing()
    const ran = await this.options.runner.run(this.#place(standing), command, limits)
    const hiding = hidingOf(standing.hidden)
    return { ...ran, stdout: hiding.text(ran.stdout), stderr: hiding.text(ran.stderr) }
  }

  #exitFile(): string {
    return path.join(this.options.folder, `exit-${this.state.launches}`)
  }

  async #untilEnded(adopted: boolean, startedAtMs: number, signal: AbortSignal): Promise<number | undefined> {
    const over = new AbortController()
    const both = AbortSignal.any([signal, over.signal])
    const beside = [keepLogBounded(this.logFile, both), this.#watchHealth(adopted, startedAtMs, both)]
    if (this.state.process!.scanner) beside.push(watchLeaks(this.logFile, this.options.secrets, both))
    const problem = Promise.all(beside).then(
      () => undefined,
      (error: unknown) => error,
    )
    try {
      return await this.#watchEnd(signal)
    } finally {
      over.abort()
      const failed = await problem
      if (failed !== undefined && !signal.aborted) this.options.tell(`watching it failed: ${messageOf(failed)}`)
    }
  }

  /** What keeps us from seeing its end passes: an engine that is away, no file left to open. Until then it counts as living. */
  async #watchEnd(signal: AbortSignal): Promise<number | undefined> {
    for (let isTold = false; !signal.aborted; isTold = true) {
      try {
        return await this.options.runner.ended(this.state.process!, signal)
      } catch (error) {
        if (!signal.aborted && !isTold) this.options.tell(`cannot be watched for now: ${messageOf(error)}`)
        await sleep(watchAgainMs, undefined, { signal }).catch(() => {})
      }
    }
    return undefined
  }

  async #watchHealth(adopted: boolean, launchedAtMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.options.runner.hasBegun(this.state))) await sleep(10, undefined, { signal }).catch(() => {})
    const startedAtMs = this.state.isolation ? Date.now() : launchedAtMs
    const { service, host } = this.options
    const probing = probingOf(service)
    const health = judge(probing, startedAtMs)
    const run = (command: readonly string[], limits: Limits) => this.run(command, limits)
    if (adopted && this.state.phase === 'ready') health.note(true, startedAtMs)
    while (!signal.aborted) {
      const { sockets, state } = this
      const at = { host, port: state.port, ...(sockets ? { sockets } : {}) }
      const problem = await probe(probing, { ...at, run, startedAtMs }, signal)
      if (signal.aborted) return
      const verdict = health.note(problem === undefined, Date.now())
      if (verdict === 'ready' && this.state.phase !== 'ready') await this.#becomeReady(startedAtMs)
      if (verdict === 'unhealthy' && this.state.phase !== 'unhealthy') await this.#enter('unhealthy', await this.#withLog(problem!))
      await sleep(health.waitMs(), undefined, { signal }).catch(() => {})
    }
  }

  async #becomeReady(startedAtMs: number): Promise<void> {
    // A port that answers proves nothing when the process that should listen there is gone.
    if (!(await this.isAlive())) return
    this.state.proven = true
    await this.#enter('ready', null)
    this.options.tell(`ready after ${formatDuration(Date.now() - startedAtMs)}`)
  }

  /** @returns whether it is started again */
  async #afterEnd(ending: Ending, how: string, signal: AbortSignal): Promise<boolean> {
    const { service } = this.options
    const serves = service.port !== undefined || service.health !== undefined
    const standing = { proven: this.state.proven, serves, quickEndings: this.#quickEndings }
    const next = afterEnding(service.restart, ending, standing, Math.random())
    if (next.kind === 'completed') {
      await this.#enter('stopped', null)
      return false
    }
    if (next.kind === 'failed') {
      await this.options.runner.endMarked(this.state.id)
      await this.#enter('stopped', await this.#withLog(how))
      return false
    }
    this.#quickEndings = next.quickEndings
    const loop = next.quickEndings >= crashLoopFrom ? `crash loop, ${next.quickEndings} quick endings in a row: ` : ''
    const problem = `${loop}${how}; starts again in ${formatDuration(next.afterMs)}`
    this.options.tell(problem)
    const withLog = await this.#withLog(problem)
    this.state.restarts++
    await this.#enter('restarting', withLog)
    await sleep(next.afterMs, undefined, { signal }).catch(() => {})
    return true
  }

  async #moveIfPortTaken(): Promise<boolean> {
    const port = hostPortOf(this.state)
    if (port === null || (await isFree(this.options.host, port))) return false
    await this.#move()
    return true
  }

  async #move(): Promise<void> {
    const taken = this.state.port!
    this.state.port = await takePort(this.options.host)
    returnPort(taken)
    this.options.tell(`port ${taken} is taken by another program, it moves to ${this.state.port}`)
    this.options.moved()
  }

  async #withLog(problem: string): Promise<string> {
    const lines = await endOfLog(this.logFile, 20)
    return lines.length === 0 ? problem : `${problem}; end of its log:\n${lines.join('\n').slice(-4096)}`
  }

  async #enter(phase: Phase, problem: string | null): Promise<void> {
    this.state.phase = phase
    this.state.problem = problem
    this.state.since = this.options.clock.instant()
    await this.#changed()
  }

  /** Going on without a record is better than not going on: a full disk must not end supervision. Its marks still lead to it. */
  async #changed(): Promise<void> {
    await this.options.save().catch((error: unknown) => this.options.tell(`its state could not be written: ${messageOf(error)}`))
    for (const wake of this.#waiting) wake()
  }

  async #change(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }
}
