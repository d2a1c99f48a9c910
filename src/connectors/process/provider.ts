import { existsSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '../../kernel/clock.ts'
import { conflict, hasCode, messageOf, notFound, unavailable } from '../../kernel/errors.ts'
import { makeTurns } from '../../kernel/turns.ts'
import {
  rendered,
  type EnvironmentId,
  type EnvironmentProvider,
  type ProviderName,
  type Target,
} from '../../flow/environment/provider.port.ts'
import { noSecrets } from '../../flow/environment/secrets.port.ts'
import { noShadows } from '../../flow/environment/shadow.port.ts'
import { converge, unfitness } from './converge.ts'
import { processDatabases } from './database/databases.ts'
import { processDrift } from './drift/drift.ts'
import { Environment, type Found, type Home, type Watch } from './environment.ts'
import { observer } from './observe.ts'
import { readLogs } from './instance/logs.ts'
import { checkTarget, decide, isCompleted } from './plan.ts'
import { postgresResource } from './database/postgres-resource.ts'
import { detectLimiting } from './program/limits.ts'
import { processRunner } from './program/process-runner.ts'
import { dropProvided } from './provided/provided.ts'
import { providedRefusals } from './provided/refusals.ts'
import { processRefusals } from './refusals.ts'
import { isolationTold } from './isolation/isolation.ts'
import { makeRelay, relayInstance } from './isolation/relay.ts'
import type { Containers, ProcessProviderOptions } from './options.ts'
import { absentRunner } from './program/runner.ts'
import { awakeForChange, processRest } from './sleep.ts'
import type { DatabaseProvider } from '../../flow/migration/migrations.port.ts'
import type { RestProvider } from '../../flow/environment/life/rest.port.ts'
import { outdated } from './instance/secrets.ts'
import { detectSandboxing } from './isolation/sandbox.ts'
import { servingCandidate, stateStore, type InstanceState } from './state.ts'

/** Environments as plain processes of this machine: nothing to install, many side by side, each on ports of its own. */
export function processProvider(options: ProcessProviderOptions): EnvironmentProvider {
  return new ProcessProvider(options)
}

const noEngine = 'no container engine was found'
const noContainers: Containers = { runner: absentRunner(noEngine), problem: noEngine }

const execMsMax = 3_600_000

class ProcessProvider implements EnvironmentProvider {
  readonly name: ProviderName
  readonly #home: Home
  readonly #containers: Containers
  readonly #observe: ReturnType<typeof observer>
  readonly #live = new Map<EnvironmentId, Environment>()
  /** Whoever changes an environment waits for who does so now. */
  readonly #inTurn = makeTurns<EnvironmentId>()
  /** Whatever is asked of providers of others is given up then, and owed. */
  readonly #closing = new AbortController()
  /** Environments that are being destroyed beside the start. */
  readonly #going = new Set<Promise<void>>()
  readonly #applying = new Map<EnvironmentId, AbortController>()
  readonly drift: ReturnType<typeof processDrift>
  readonly rest: RestProvider
  readonly databases: DatabaseProvider

  constructor(options: ProcessProviderOptions) {
    const { homeId, host = '127.0.0.1', publicHost = host, clock = systemClock, warn = () => {} } = options
    const {
      sandboxing = detectSandboxing,
      limiting = detectLimiting,
      secrets = noSecrets,
      shadows = noShadows,
      usual = 'process',
      containers = noContainers,
    } = options
    this.name = usual
    this.#containers = containers
    const runners = { process: processRunner(homeId, options.digestOfTree, limiting), docker: containers.runner }
    const relay = makeRelay(options.home, homeId)
    const store = stateStore(options.home)
    const postgres = postgresResource(options.cluster)
    this.#home = { homeId, host, publicHost, clock, store, postgres, relay, secrets, shadows, sandboxing, limiting, runners, usual, warn }
    this.#observe = observer(this.#home)
    this.drift = processDrift({
      homeId,
      cluster: options.cluster,
      list: () => this.list(),
      quiet: (id) => this.#quiet(id),
      change: async (id, watch, signal, work) => void (await this.#inTurn(id, () => this.#change(id, watch, signal, work))),
    })
    this.databases = processDatabases({
      cluster: options.cluster,
      read: async (id) => this.#live.get(id)?.state ?? (await this.#home.store.read(id)),
      change: async (id, watch, signal, work) => void (await this.#inTurn(id, () => this.#change(id, watch, signal, work))),
    })
    this.rest = processRest({
      live: (id) => this.#live.get(id),
      isChanging: (id) => this.#applying.has(id),
      change: (id, watch, work) => this.#inTurn(id, () => this.#change(id, watch, undefined, work)),
    })
  }

  /** Nobody is changing it, and what should run does. */
  #quiet(id: EnvironmentId): Environment | undefined {
    const environment = this.#live.get(id)
    const isQuiet = !this.#applying.has(id) && environment?.state.destroying === false && environment.state.asleep === undefined
    return isQuiet ? environment : undefined
  }

  capabilities() {
    return {
      strategies: ['replace', 'blue-green', 'rolling', 'canary'],
      replicas: true,
      shares: true,
      resources: ['postgres'],
      isolation: this.#home.sandboxing().available,
      restarts: true,
    } as const
  }

  render = rendered

  async refusals(...[definition, positions]: Parameters<EnvironmentProvider['refusals']>) {
    const { sandboxing, limiting, usual } = this.#home
    const own = processRefusals(definition, positions, { sandboxing, limiting, usual, containers: this.#containers })
    return [...own, ...(await providedRefusals(definition, positions, usual))]
  }

  async plan(target: Target) {
    checkTarget(target)
    const live = this.#live.get(target.environment)
    const state = live?.state ?? (await this.#home.store.read(target.environment))
    const dead = new Set<InstanceState>()
    for (const instance of state?.instances ?? []) {
      const runner = this.#home.runners[instance.provider ?? 'process']
      const runs = live ? true : instance.process !== null && (await runner.isAlive(instance.process))
      if (!runs && !isCompleted(instance)) dead.add(instance)
    }
    const older = state ? await outdated(this.#home.secrets, state) : new Map<string, string>()
    const unfit = (instance: InstanceState) =>
      dead.has(instance) ? 'its process is gone' : (unfitness(instance) ?? older.get(instance.id))
    const decision = decide(target, state, unfit)
    const { by, network, why } = isolationTold(target.deployments[0]?.rendered, this.#home)
    const reason =
      by === 'none'
        ? `none: ${why}`
        : `by ${by}: processes and files of its own${network === 'own' ? ', and a network' : ", with the machine's network"}`
    return { target, actions: [{ kind: 'keep' as const, subject: 'isolation', reason }, ...decision.actions] }
  }

  async apply({ target }: { readonly target: Target }, watch: Watch, signal?: AbortSignal) {
    checkTarget(target)
    const { environment: id } = target
    try {
      return await this.#inTurn(id, () => this.#apply(target, watch, signal))
    } catch (error) {
      throw hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT') ? diskFull(id, error) : error
    }
  }

  async #apply(target: Target, watch: Watch, signal: AbortSignal | undefined) {
    const environment = await this.#change(target.environment, watch, signal, async (environment, either) => {
      await awakeForChange(environment, either)
      await converge(environment, target, either)
    })
    return this.#observe(environment.state, { freshly: true, supervised: true })
  }

  /** Whoever destroys the environment cuts it short. */
  async #change(
    id: EnvironmentId,
    watch: Watch | undefined,
    signal: AbortSignal | undefined,
    work: (environment: Environment, signal: AbortSignal) => Promise<void>,
  ): Promise<Environment> {
    const cancel = new AbortController()
    this.#applying.set(id, cancel)
    const either = signal ? AbortSignal.any([signal, cancel.signal]) : cancel.signal
    let environment: Environment | undefined
    try {
      environment = await this.#resumed(id, watch)
      either.throwIfAborted()
      environment.revision++
      await work(environment, either)
      return environment
    } finally {
      this.#applying.delete(id)
      if (environment) {
        environment.watcher = undefined
        environment.revision++
      }
      this.#introduce()
    }
  }

  /** Tells everyone who gets copies of its requests. */
  #introduce(): void {
    const all = [...this.#live]
    for (const [id, environment] of all)
      environment.receivers = all.flatMap(([, other]) => (other.state.shadow?.from === id ? [other] : []))
  }

  /** Supervised from now on, with whatever an earlier server left. */
  async #resumed(id: EnvironmentId, watch: Watch | undefined): Promise<Environment> {
    const known = this.#live.get(id)
    if (known) {
      known.watcher = watch
      return known
    }
    const state = await this.#home.store.read(id)
    if (state?.destroying) await this.#destroy(id)
    const environment = await Environment.open(this.#home, id)
    environment.watcher = watch
    await environment.save()
    await this.#resume(id, environment)
    return environment
  }

  async #resume(id: EnvironmentId, environment: Environment): Promise<Found> {
    try {
      const found = await environment.resume()
      this.#live.set(id, environment)
      let waking: Promise<void> | undefined
      environment.wake = () => (waking ??= this.rest.wake(id).finally(() => (waking = undefined)))
      this.#introduce()
      return found
    } catch (error) {
      await environment.close('leave')
      throw error
    }
  }

  async observe(id: EnvironmentId) {
    const live = this.#live.get(id)
    const state = live?.state ?? (await this.#home.store.read(id))
    if (state) return this.#observe(state, { freshly: false, supervised: live !== undefined })
    const nothing = { traffic: undefined, shares: [], services: [], resources: [], urls: {}, variables: {} }
    return { environment: id, exists: false, ...nothing, isolation: isolationTold(undefined, this.#home) }
  }

  async measure(id: EnvironmentId, anew: boolean) {
    return this.#live.get(id)?.measure(anew) ?? []
  }

  list() {
    return this.#home.store.list()
  }

  async *logs(id: EnvironmentId, how: Parameters<EnvironmentProvider['logs']>[1]) {
    const { store } = this.#home
    const sources = async () => {
      const state = this.#live.get(id)?.state ?? (await store.read(id))
      const wanted = state?.instances.filter((instance) => how.service === undefined || instance.service === how.service)
      return wanted?.map(({ id: instance, service, candidate }) => {
        return { service, candidate, file: path.join(store.folderOf(id), 'instances', instance, 'log') }
      })
    }
    if (!(await sources())) throw unknownEnvironment(id)
    yield* readLogs(sources, { lines: how.lines ?? 200, follow: how.follow ?? false, signal: how.signal })
  }

  async exec(id: EnvironmentId, service: string, command: readonly string[]) {
    const environment = this.#live.get(id) ?? (await Environment.open(this.#home, id))
    const { state } = environment
    const instances = state.instances.filter((one) => one.service === service)
    const found = instances.find((one) => one.role === 'main' && one.candidate === servingCandidate(state.shares)) ?? instances.at(-1)
    if (!found) {
      if (state.instances.length === 0 && !(await this.#home.store.read(id))) throw unknownEnvironment(id)
      const names = [...new Set(state.instances.map((one) => one.service))].join(', ')
      throw notFound('SERVICE_UNKNOWN', { message: `"${id}" runs no service "${service}"`, help: `it runs ${names || 'none'}` })
    }
    await environment.openResources()
    const instance = environment.attach(found)
    const { code, stdout, stderr } = await instance.run(command, { timeoutMs: execMsMax })
    return { code, stdout, stderr }
  }

  async destroy(id: EnvironmentId) {
    this.#home.store.folderOf(id)
    this.#applying.get(id)?.abort(conflict('ENVIRONMENT_IS_GOING', { message: `environment "${id}" is being taken down` }))
    await this.#inTurn(id, () => this.#destroy(id))
  }

  async #destroy(id: EnvironmentId): Promise<void> {
    const { store, postgres } = this.#home
    if (!existsSync(store.folderOf(id))) return
    // Unreadable: what it held is found by mark and by name.
    const environment = this.#live.get(id) ?? (await Environment.open(this.#home, id).catch(() => undefined))
    if (!environment)
      this.#home.warn(`environment "${id}": its record cannot be read, nor whether providers of others made something for it`)
    const isContained = environment?.state.instances.some(({ provider }) => provider === 'docker') ?? true
    if (environment) {
      // Whoever destroys it knows that its services stop.
      environment.watcher = () => {}
      environment.state.destroying = true
      environment.state.shares = []
      await environment.save()
      environment.direct()
      await environment.discard(environment.state.instances.map((instance) => environment.attach(instance)))
      await environment.closeRoutes()
      await dropProvided(environment, this.#closing.signal)
    }
    await this.#endOrphans(() => false, id, isContained)
    if (!environment || Object.keys(environment.state.resources).length > 0) await postgres.drop(id)
    await environment?.forget()
    this.#live.delete(id)
    this.#introduce()
    await store.remove(id)
    await this.#tidy()
  }

  /** @param isContained - false: an engine that is away keeps nobody from what never ran in it */
  async #endOrphans(isKnown: (instance: string) => boolean, id?: EnvironmentId, isContained = true): Promise<number> {
    const { process, docker } = this.#home.runners
    const ended = await docker.endOrphans(isKnown, id).catch((error: unknown) => {
      if (isContained) throw error
      this.#home.warn(`environment "${id}": nobody looked for containers of it: ${messageOf(error)}`)
      return 0
    })
    return ended + (await process.endOrphans(isKnown, id))
  }

  /** What is kept to start quickly is kept for what may run again. */
  async #tidy(): Promise<void> {
    const states = await Promise.all((await this.#home.store.list()).map((id) => this.#home.store.read(id).catch(() => undefined)))
    await this.#home.runners.docker.tidy(states.flatMap((state) => state?.deployments ?? []))
  }

  async recover() {
    const counts = { adopted: 0, ended: 0, restarted: 0 }
    const known = new Set<string>()
    const ids = await this.#home.store.list()
    for (const id of ids) {
      await this.#inTurn(id, () => this.#recover(id, counts, known)).catch((error: unknown) => {
        this.#home.warn(`environment "${id}" could not be taken up again: ${messageOf(error)}`)
      })
    }
    // Also what somebody asked for while we were at it.
    const isLive = (instance: string) => [...this.#live.values()].some(({ instances }) => instances.has(instance))
    counts.ended += await this.#endOrphans((instance) => instance === relayInstance || known.has(instance) || isLive(instance))
    return counts
  }

  async #recover(id: EnvironmentId, counts: { adopted: number; restarted: number }, known: Set<string>): Promise<void> {
    const state = this.#live.get(id)?.state ?? (await this.#home.store.read(id))
    for (const instance of state?.instances ?? []) known.add(instance.id)
    if (this.#live.has(id)) return
    if (state?.destroying && state.provided?.length) {
      // A cloud may take its time to give something back, and a server must start all the same.
      const going = this.#inTurn(id, () => this.#destroy(id)).catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#home.warn(`environment "${id}" is not gone yet: ${messageOf(error)}`)
      })
      this.#going.add(going)
      void going.then(() => this.#going.delete(going))
      return
    }
    if (!state || state.destroying) return this.#destroy(id)
    const environment = await Environment.open(this.#home, id)
    const found = await this.#resume(id, environment)
    counts.adopted += found.adopted
    counts.restarted += found.restarted
  }

  async close(what: 'stop' | 'leave') {
    const why = conflict('PROVIDER_CLOSED', { message: 'the server is being stopped' })
    this.#closing.abort(why)
    for (const cancel of this.#applying.values()) cancel.abort(why)
    await Promise.all([...this.#live.keys()].map((id) => this.#inTurn(id, () => this.#live.get(id)!.close(what))))
    // What goes on writing would write over what the next one does.
    await Promise.all(this.#going)
    this.#live.clear()
    await this.drift.close()
    await this.#home.relay.close(what)
  }
}

function diskFull(id: EnvironmentId, cause: unknown) {
  return unavailable('DISK_FULL', {
    message: `no space is left for environment "${id}": ${messageOf(cause)}`,
    help: 'free some space and try again; what was serving still serves',
    cause,
  })
}

function unknownEnvironment(id: EnvironmentId) {
  return notFound('ENVIRONMENT_UNKNOWN', { message: `there is no environment "${id}"`, help: 'list them with `threeways env ls`' })
}
