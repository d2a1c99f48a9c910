import { readFile } from 'node:fs/promises'
import type { EnvironmentFacts, InstanceFacts, ReplicaFacts } from '../../../flow/environment/drift/facts.port.ts'
import type { Cluster } from '../../../kernel/postgres/cluster.ts'
import { childrenOf, environmentOf, pidsMarked } from '../../../kernel/process.ts'
import type { Environment } from '../environment.ts'
import type { Instance } from '../instance/instance.ts'
import { isCompleted, wantedOf } from '../plan.ts'
import { servicePidOf } from '../program/running.ts'
import type { InstanceState } from '../state.ts'
import { marks } from '../variables.ts'
import { databaseLook } from './databases.ts'
import { commandOf, differing, imageOf, standingOf } from './image.ts'
import { holderOf, listenersOf, socketsOf, type Listeners } from './listeners.ts'
import { markedProcesses } from './marked.ts'

const listenersValidMs = 500

/** Reads what an environment is from the system itself: processes, sockets, databases, the record on disk. */
export function factsReader(homeId: string, cluster: () => Promise<Cluster>) {
  const marked = markedProcesses(homeId)
  const databases = databaseLook(cluster)
  const sockets = new WeakMap<Instance, string>()
  const revisions = new WeakMap<Environment, number>()
  let machine: Promise<Listeners> = Promise.resolve(new Map())
  let machineAt = Number.NEGATIVE_INFINITY

  const listenersOn = (instance: Instance, pid: number): Promise<Listeners> => {
    if (instance.state.isolation?.network === 'own') return listenersOf(pid)
    if (performance.now() - machineAt > listenersValidMs) {
      machineAt = performance.now()
      machine = listenersOf('self')
    }
    return machine
  }

  async function instanceFacts(instance: Instance, environment: Environment): Promise<InstanceFacts> {
    const { state } = instance
    const { service, replica, launches, candidate, problem } = state
    const about = { service, replica, launches, candidate }
    const nothing = { frozen: [], runs: undefined, variables: [], command: undefined, limits: undefined, port: undefined }
    if (!(await instance.isAlive())) {
      const given = state.phase === 'stopped' ? (problem ?? 'it ended').split('\n', 1)[0] : undefined
      return { ...about, ...nothing, alive: false, given }
    }
    if (process.platform !== 'linux' || state.provider === 'docker') return { ...about, ...nothing, alive: true, given: undefined }
    const pid = await servicePidOf(state)
    const tree = await treeOf(state.process!.identity.pid)
    const frozen: number[] = []
    for (const each of tree) if ((await standingOf(each))?.isFrozen) frozen.push(each)
    return {
      ...about,
      ...(await programFacts(instance, pid, environment)),
      alive: true,
      given: undefined,
      frozen,
      limits: await limitsChanged(instance),
      port: await portFacts(instance, pid, environment),
    }
  }

  async function portFacts(instance: Instance, pid: number, environment: Environment): Promise<InstanceFacts['port']> {
    const { state } = instance
    if (state.port === null) return undefined
    const listeners = (await listenersOn(instance, pid)).get(state.port) ?? []
    if (listeners.length === 0) {
      // One that never listened while we looked is its health check's affair.
      return state.image?.listened ? { port: state.port, own: false, foreign: [] } : undefined
    }
    const known = listeners.join(' ')
    if (sockets.get(instance) === known) return { port: state.port, own: true, foreign: [] }
    const own = await socketsOfInstance(state)
    const foreign = listeners.filter((inode) => !own.has(inode))
    const isOwn = foreign.length < listeners.length
    if (isOwn && foreign.length === 0) {
      sockets.set(instance, known)
      if (state.image && !state.image.listened) {
        state.image.listened = true
        await environment.save()
      }
    }
    return { port: state.port, own: isOwn, foreign: await Promise.all(foreign.map(named)) }
  }

  return {
    async read(environment: Environment): Promise<EnvironmentFacts> {
      const { state, revision } = environment
      const main = state.deployments.find(({ role = 'main' }) => role === 'main')
      const settled = [...environment.instances.values()].filter(({ state: one }) => isSettled(one))
      const resources = Object.entries(state.resources).filter(([, { ready }]) => ready)
      const machinePorts = await listenersOf('self', environment.home.publicHost)
      if (revisions.get(environment) !== revision) databases.forget()
      revisions.set(environment, revision)
      return {
        mode: main?.rendered.definition.environments[main.rendered.settings]?.drift,
        revision,
        instances: await Promise.all(settled.map((instance) => instanceFacts(instance, environment))),
        replicas: replicaFacts(environment),
        strangers: await strangersIn(environment),
        record: await recordFacts(environment),
        addresses: Object.entries(state.publicPorts).map(([service, port]) => {
          const former = state.formerPorts?.[service]
          const open = process.platform !== 'linux' || machinePorts.has(port)
          return { service, port: former ?? port, found: open ? port : undefined }
        }),
        resources: await Promise.all(resources.map(([name, one]) => databases.look(name, one))).catch(() => undefined),
        artifacts: state.deployments.map(({ artifact, artifactDigest }) => ({ folder: artifact, digest: artifactDigest })),
      }
    },
    close: () => databases.close(),
  }

  async function strangersIn({ state }: Environment): Promise<EnvironmentFacts['strangers']> {
    const known = new Set(state.instances.map(({ id }) => id))
    const found = (await marked()).filter((one) => one.environment === state.environment && !known.has(one.instance))
    return Promise.all(found.map(async ({ pid }) => ({ pid, command: await commandOf(pid) })))
  }
}

async function limitsChanged({ state, options: { service, runner } }: Instance): Promise<InstanceFacts['limits']> {
  return service.limits && runner.limitsChanged?.(state.id, service.limits)
}

/** It has begun, and nobody is about to start or to end it. One that did its work and ended is as it should be. */
function isSettled(instance: InstanceState): boolean {
  if (isCompleted(instance)) return false
  return instance.phase === 'ready' || instance.phase === 'unhealthy' || (instance.phase === 'stopped' && instance.proven)
}

async function treeOf(pid: number): Promise<readonly number[]> {
  const below = await Promise.all((await childrenOf(pid)).map(treeOf))
  return [pid, ...below.flat()]
}

/** Also those a thread of it started, which do not show among its children. */
async function socketsOfInstance(state: InstanceState): Promise<ReadonlySet<string>> {
  const all = await Promise.all((await pidsMarked(marks.instance, state.id)).map(socketsOf))
  return new Set(all.flatMap((each) => [...each]))
}

async function named(inode: string): Promise<string> {
  const pid = await holderOf(inode)
  return pid === undefined ? 'another program' : `process ${pid} (${await commandOf(pid)})`
}

/** What is loaded is what was loaded when it had settled; only when it is not, everything it says of itself is read. */
async function programFacts(
  instance: Instance,
  pid: number,
  environment: Environment,
): Promise<Pick<InstanceFacts, 'runs' | 'variables' | 'command'>> {
  const { state } = instance
  const as = { runs: state.candidate, variables: [], command: undefined }
  const at = (await standingOf(pid))?.at
  if (at === undefined) return as
  const { image } = state
  if (image?.launches !== state.launches || image.pid !== pid) {
    if (state.phase === 'ready') {
      state.image = await imageOf(pid, at, state.launches, instance.options.variables())
      await environment.save()
    }
    return as
  }
  if (image.at === at) return as
  const found = await environmentOf(pid)
  if (found === undefined) return as
  const own = new Set(image.ownVariables)
  const given = instance.options.variables()
  const others = differing(given, found).filter(({ name }) => !own.has(name) && name !== marks.candidate)
  const observed = await commandOf(pid)
  return {
    runs: found[marks.candidate] ?? '',
    variables: others.map(({ name, how }) => `${name} is ${how}`),
    command: observed === image.command ? undefined : { expected: image.command, observed },
  }
}

function replicaFacts({ state }: Environment): readonly ReplicaFacts[] {
  const counts = new Map<string, { wanted: number; there: number }>()
  const count = (service: string) => {
    const found = counts.get(service) ?? { wanted: 0, there: 0 }
    counts.set(service, found)
    return found
  }
  for (const desired of state.deployments) for (const { service } of wantedOf(desired)) count(service).wanted++
  for (const { service } of state.instances) count(service).there++
  return [...counts].map(([service, each]) => ({ service, ...each }))
}

async function recordFacts(environment: Environment): Promise<EnvironmentFacts['record']> {
  const { home, state, written } = environment
  const text = await readFile(home.store.fileOf(state.environment), 'utf8').catch(() => undefined)
  // Written meanwhile: nothing can be said of it.
  if (written === undefined || environment.written !== written) return 'as written'
  return text === undefined ? 'missing' : text === written ? 'as written' : 'changed'
}
