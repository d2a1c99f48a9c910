import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { refused } from '../../kernel/errors.ts'
import type { Desired, DeploymentKey, EnvironmentId, Measured, Progress, Share } from '../../flow/environment/provider.port.ts'
import type { Home } from './home.ts'
import { Instance } from './instance/instance.ts'
import { runsAs } from './isolation/isolation.ts'
import { keepPort, returnPort } from './ports.ts'
import { servicesWithPort } from './plan.ts'
import { wakingRoute } from './sleep.ts'
import { openRoute, type Backend, type Route } from './router/route.ts'
import type { Shadow } from './router/shadow.ts'
import { instanceSecrets } from './instance/secrets.ts'
import { deploymentOf, hostPortOf, isOf, keyOf, newState, type EnvironmentState, type InstanceState } from './state.ts'
import { variablesOf, worldOf, type Addresses, type Surroundings } from './instance/surroundings.ts'
import { variableName } from './variables.ts'

export type { Home } from './home.ts'

export type Watch = (progress: Progress) => void

/** How the instances that were on record were found. */
export type Found = { adopted: number; restarted: number }

/** One environment that is supervised here: its state, its processes, its public addresses. */
export class Environment {
  readonly home: Home
  readonly state: EnvironmentState
  readonly instances = new Map<string, Instance>()
  readonly routes = new Map<string, Route>()
  /** Who hears what happens while a plan is applied. */
  watcher: Watch | undefined
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #gone = false
  /** The record as it was written last; undefined while it is being written. */
  written: string | undefined
  /** Grows with every change made on purpose. */
  revision = 0
  /** Whoever keeps it wakes it. */
  wake: (() => Promise<void>) | undefined
  /** Environments that get copies of its requests. */
  receivers: readonly Environment[] = []
  readonly #closing = new AbortController()
  /** Of each resource, for those who depend on it; known while the cluster runs. */
  #resourceAddresses: Record<string, Addresses> = {}

  private constructor(home: Home, state: EnvironmentState) {
    this.home = home
    this.state = state
  }

  /** Reads the state, or begins a new one. Nothing runs yet. */
  static async open(home: Home, environment: EnvironmentId): Promise<Environment> {
    const state = (await home.store.read(environment)) ?? newState(environment)
    return new Environment(home, state)
  }

  tell(subject: string, message: string): void {
    if (this.watcher) this.watcher({ at: this.home.clock.instant(), subject, message })
    else this.home.warn(`environment "${this.state.environment}", ${subject}: ${message}`)
  }

  /** The state as it is when this returns, or newer, is on disk. One write at a time. */
  save(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        this.#writing = this.#gone ? Promise.resolve() : this.#write()
        return this.#writing
      })
    return this.#next
  }

  async #write(): Promise<void> {
    this.written = undefined
    this.written = await this.home.store.write(this.state)
  }

  /** Takes over what lives, starts what is missing, ends what was to be ended. Returns when all that is under way, not ready. */
  async resume(): Promise<Found> {
    await this.openResources()
    await this.openRoutes()
    await this.#removeForgotten()
    const missing: Instance[] = []
    const found = { adopted: 0, restarted: 0 }
    // A list of its own: discarding shortens the state's.
    for (const instance of this.state.instances.map((state) => this.attach(state))) {
      const { state } = instance
      if (state.phase === 'stopping') await this.discard([instance])
      else if (state.phase === 'stopped') continue
      else if (this.state.asleep !== undefined) await instance.end()
      else if (await instance.adopt()) found.adopted++
      else missing.push(instance)
    }
    for (const { state } of missing) {
      state.phase = 'starting'
    }
    found.restarted = missing.length
    await Promise.all(missing.map((instance) => instance.end()))
    void this.startInOrder(missing, 'start all the same', this.#closing.signal).catch(() => {})
    this.direct()
    return found
  }

  /** Folders of instances that were ended just before we were killed. */
  async #removeForgotten(): Promise<void> {
    const folder = this.folderOf('')
    const entries = await readdir(folder).catch(() => [])
    const forgotten = entries.filter((entry) => !this.state.instances.some(({ id }) => id === entry))
    for (const entry of forgotten) await rm(path.join(folder, entry), { recursive: true, force: true })
  }

  /** Where resources listen may change with every start of their server. */
  async openResources(): Promise<void> {
    for (const [name, resource] of Object.entries(this.state.resources)) {
      if (!resource.ready) continue
      const addresses = await this.home.postgres.addresses(name, resource)
      this.#resourceAddresses[name] = addresses
      if (this.#hasOwnNetworks()) await this.home.relay.lead(Number(addresses[variableName(name, 'PORT')]))
    }
  }

  #hasOwnNetworks(): boolean {
    const { instances, deployments } = this.state
    const wanted = deployments.map((desired) => runsAs(desired.rendered, this.home).isolation)
    return [...instances.map(({ isolation }) => isolation), ...wanted].some((isolation) => isolation?.network === 'own')
  }

  get resourceVariables(): Readonly<Record<string, string>> {
    return Object.assign({}, ...Object.values(this.#resourceAddresses)) as Record<string, string>
  }

  /** A public address for every service that has a port, none for others. */
  async openRoutes(): Promise<void> {
    const { environment, publicPorts, deployments } = this.state
    const wanted = new Set(deployments.flatMap(({ rendered }) => servicesWithPort(rendered.definition.services)))
    for (const [service, route] of this.routes) {
      if (wanted.has(service)) continue
      await route.close()
      this.routes.delete(service)
    }
    for (const service of Object.keys(publicPorts)) if (!wanted.has(service)) this.#forgetPort(service)
    for (const service of wanted) {
      if (this.routes.has(service)) continue
      const before = publicPorts[service]
      const { host, publicHost } = this.home
      const name = `${service} of ${environment}`
      const shadows = () => this.#shadowsOf(service)
      const route = await openRoute({ ...wakingRoute(this), host, publicHost, name, port: before, shadows })
      this.routes.set(service, route)
      publicPorts[service] = route.port
      const moved = before !== undefined && before !== route.port
      if (moved) this.state.formerPorts = { [service]: before, ...this.state.formerPorts }
      if (moved) this.tell(`service ${service}`, `its public port ${before} is taken by another program; it is now ${route.port}`)
    }
    await this.save()
  }

  #shadowsOf(service: string): readonly Shadow[] {
    return this.receivers.length === 0 ? [] : this.receivers.flatMap((receiver) => receiver.shadow(service) ?? [])
  }

  /** How it gets copies of requests to a service of this name. One that sleeps gets none: they must not keep it awake. */
  shadow(service: string): Shadow | undefined {
    const { shadow, environment } = this.state
    if (shadow === undefined) return undefined
    const receive = () => (this.state.asleep === undefined ? this.routes.get(service)?.receive() : undefined)
    return { service, environment, shadowing: shadow, desk: this.home.shadows, receive }
  }

  #forgetPort(service: string): void {
    returnPort(this.state.publicPorts[service]!)
    delete this.state.publicPorts[service]
    delete this.state.formerPorts?.[service]
  }

  /** Sends new requests where the state says. */
  direct(): void {
    const { shares, sticky } = this.state
    for (const [service, route] of this.routes)
      route.direct(
        shares.map((share) => this.#backendOf(share, service)),
        sticky,
      )
  }

  /** Those that are well; when none is, all of them: better asked than refused. */
  #backendOf(share: Share, service: string): Backend {
    const all = this.state.instances.filter((one) => isOf(one, share) && one.service === service && one.port !== null)
    const staying = all.filter(({ phase }) => phase !== 'stopping')
    const ready = staying.filter(({ phase }) => phase === 'ready')
    const chosen = [ready, staying, all].find((some) => some.length > 0) ?? []
    const instances = chosen.map(({ id, port }) => {
      const sockets = this.instances.get(id)?.sockets
      return { id, port: port!, ...(sockets ? { socket: sockets.service } : {}) }
    })
    return { deployment: deploymentOf(share), percent: share.percent, instances }
  }

  /** What went to each deployment, over all its services. */
  measure(anew: boolean): readonly (DeploymentKey & Measured)[] {
    const all = [...this.routes.values()].map((route) => route.measure(anew))
    return this.state.deployments.flatMap((desired) => {
      const key = keyOf(desired)
      const parts = all.flatMap((measured) => measured.get(deploymentOf(key)) ?? [])
      if (parts.length === 0) return []
      const sum = (what: 'requests' | 'errors') => parts.reduce((total, part) => total + part[what], 0)
      return [{ ...key, requests: sum('requests'), errors: sum('errors'), latenciesMs: parts.flatMap(({ latenciesMs }) => latenciesMs) }]
    })
  }

  attach(state: InstanceState): Instance {
    const known = this.instances.get(state.id)
    if (known) return known
    const port = hostPortOf(state)
    if (port !== null) keepPort(port)
    const desired = this.desired(state)
    const service = desired.rendered.definition.services[state.service]!
    const subject = `service ${state.service}`
    const instance: Instance = new Instance(state, {
      environment: this.state.environment,
      desired,
      runner: this.home.runners[state.provider ?? 'process'],
      folder: this.folderOf(state.id),
      service,
      cwd: path.join(desired.artifact, service.workdir),
      host: this.home.host,
      variables: () => variablesOf(this.#surroundings, state, desired),
      secrets: instanceSecrets(this.home.secrets, this.state.environment, state, desired, (message) => this.tell(subject, message)),
      world: state.isolation && (() => worldOf(this.#surroundings, state, desired)),
      save: () => {
        // It became well or ill: its replicas share what it gets, or it what they got.
        this.direct()
        return this.save()
      },
      moved: () => this.#moved(state),
      tell: (message) => this.tell(subject, message),
      clock: this.home.clock,
    })
    this.instances.set(state.id, instance)
    return instance
  }

  folderOf(instance: string): string {
    return path.join(this.home.store.folderOf(this.state.environment), 'instances', instance)
  }

  desired(key: DeploymentKey): Desired {
    return this.state.deployments.find((one) => isOf(key, one))!
  }

  get #surroundings(): Surroundings {
    return { home: this.home, state: this.state, resources: this.#resourceAddresses, folderOf: (instance) => this.folderOf(instance) }
  }

  #moved(moved: InstanceState): void {
    this.direct()
    for (const instance of this.instances.values()) {
      const depends = instance.options.service.dependsOn[moved.service] !== undefined
      if (depends && isOf(instance.state, moved) && instance.state.process) void instance.renew().catch(() => {})
    }
  }

  /** Each after what it depends on; those that do not depend on each other at once. */
  async startInOrder(instances: readonly Instance[], afterFailure: 'give up' | 'start all the same', signal: AbortSignal): Promise<void> {
    const begun = new Map<string, Promise<void>>()
    const replicasOf = (name: string, key: DeploymentKey) =>
      [...this.instances.values()].filter((one) => one.state.service === name && isOf(one.state, key))
    const begin = (instance: Instance): Promise<void> => {
      const { id } = instance.state
      const known = begun.get(id)
      if (known) return known
      const needed = Object.entries(instance.options.service.dependsOn).flatMap(([name, condition]) =>
        replicasOf(name, instance.state).map((other) => ({ other, condition })),
      )
      const dependencies = needed.map(async ({ other, condition }) => {
        if (instances.includes(other)) await begin(other)
        if (condition === 'started') return other.launched(signal)
        if ((await other.settled(signal)) === 'failed' && afterFailure === 'give up') throw unready(instance, other)
      })
      const beginning = Promise.all(dependencies).then(() => {
        signal.throwIfAborted()
        instance.start()
      })
      begun.set(id, beginning)
      return beginning
    }
    await Promise.all(instances.map(begin))
  }

  /** Ends instances, dependants first, lets what is under way finish, and removes all that is theirs. */
  async discard(instances: readonly Instance[]): Promise<void> {
    const ending = new Map<Instance, Promise<void>>()
    const end = (instance: Instance): Promise<void> => {
      const known = ending.get(instance)
      if (known) return known
      const { service } = instance.state
      const dependants = instances.filter((one) => isOf(one.state, instance.state) && one.options.service.dependsOn[service] !== undefined)
      const done = Promise.all(dependants.map(end)).then(() => this.#discardOne(instance))
      ending.set(instance, done)
      return done
    }
    await Promise.all(instances.map(end))
    const left = this.state.instances.filter((one) => !instances.some((instance) => instance.state.id === one.id))
    this.state.instances = left
    await this.save()
    for (const { state } of instances) await rm(this.folderOf(state.id), { recursive: true, force: true })
  }

  async #discardOne(instance: Instance): Promise<void> {
    const { id, service } = instance.state
    const port = hostPortOf(instance.state)
    const cut = await this.routes.get(service)?.drain(id, instance.options.service.stop.graceMs)
    if (cut) this.tell(`service ${service}`, `${cut} requests were still under way and were cut off`)
    await instance.stop()
    instance.release()
    if (port !== null) returnPort(port)
    this.instances.delete(id)
    this.tell(`service ${service}`, 'stopped')
  }

  /** Ends supervision. @param how - `stop`: what runs ends too, and is started again by whoever resumes it */
  async close(how: 'stop' | 'leave'): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.instances.values()].map((instance) => (how === 'stop' ? instance.end() : instance.leave())))
    await this.closeRoutes()
    for (const instance of this.instances.values()) instance.release()
    await this.save()
  }

  async closeRoutes(): Promise<void> {
    await Promise.all([...this.routes.values()].map((route) => route.close()))
    this.routes.clear()
  }

  /** Nothing is written any more: what was there is removed. */
  async forget(): Promise<void> {
    this.#gone = true
    await this.#writing.catch(() => {})
    for (const service of Object.keys(this.state.publicPorts)) this.#forgetPort(service)
  }
}

function unready(instance: Instance, dependency: Instance) {
  const [dependant, name] = [instance.state.service, dependency.state.service]
  return refused('DEPENDENCY_UNHEALTHY', {
    message: `service "${dependant}" was not started: "${name}", which it depends on, is not healthy`,
  })
}
