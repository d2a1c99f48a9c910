import { refused } from '../../../kernel/errors.ts'
import type { Drift, DriftKind } from '../../../flow/environment/drift/facts.port.ts'
import { converge, newInstance } from '../converge.ts'
import type { Environment } from '../environment.ts'
import type { Instance } from '../instance/instance.ts'
import { hasSuccessor } from '../plan.ts'
import { isFree } from '../ports.ts'
import { isOf, type InstanceState } from '../state.ts'

/** Of one instance: another one in its place is as it should be. */
const ofInstances: ReadonlySet<DriftKind> = new Set([
  'process-gone',
  'process-frozen',
  'candidate',
  'variables',
  'command',
  'limits',
  'port-closed',
  'port-foreign',
])
/** Whatever was loaded from a file that is not as packed may be in any instance. */
const ofFiles: ReadonlySet<DriftKind> = new Set(['file-changed', 'file-added', 'file-removed', 'file-mode'])

/** Makes what drifted as it was made, with the environment's own means. */
export async function mend(environment: Environment, drifts: readonly Drift[], signal: AbortSignal): Promise<void> {
  const { state, home } = environment
  const kinds = new Set(drifts.map(({ kind }) => kind))
  if (kinds.has('process-foreign')) await home.runners.process.endOrphans((id) => environment.instances.has(id), state.environment)
  if (kinds.has('record')) await environment.save()
  if (kinds.has('address')) await takeAddressesBack(environment)
  if (kinds.has('replicas')) await converge(environment, { ...state }, signal)
  const filesDiffer = drifts.some(({ kind }) => ofFiles.has(kind))
  const names = new Set(drifts.filter(({ kind }) => ofInstances.has(kind)).map(({ subject }) => subject))
  const drifted = [...environment.instances.values()].filter(({ state: one }) => filesDiffer || names.has(nameOf(one)))
  if (drifted.length > 0) await renewBeside(environment, withDependants(environment, drifted), signal)
}

const nameOf = ({ service, replica }: InstanceState) => (replica === 0 ? service : `${service} (${replica + 1})`)

async function takeAddressesBack(environment: Environment): Promise<void> {
  const { state, home, routes } = environment
  for (const [service, port] of Object.entries(state.formerPorts ?? {})) {
    if (!(await isFree(home.publicHost, port))) {
      throw refused('PORT_IN_USE', {
        message: `public port ${port} of service "${service}" is still taken by another program`,
        help: `end it, then heal the environment again`,
      })
    }
    await routes.get(service)?.close()
    routes.delete(service)
    delete state.formerPorts![service]
    state.publicPorts[service] = port
  }
  await environment.openRoutes()
  environment.direct()
}

/** They were told the addresses of those that are replaced. */
function withDependants(environment: Environment, drifted: readonly Instance[]): readonly Instance[] {
  const found = new Set(drifted)
  // A set grows while it is walked, and ends when nothing is new.
  for (const { state } of found) {
    for (const other of environment.instances.values()) {
      if (isOf(other.state, state) && other.options.service.dependsOn[state.service] !== undefined) found.add(other)
    }
  }
  return [...found].filter(({ state }) => state.phase !== 'stopping')
}

/**
 * Starts another instance beside each, gives it the traffic when it is ready, then ends the old one: no request fails. After a
 * kill -9 in between, the newer one stays.
 */
async function renewBeside(environment: Environment, old: readonly Instance[], signal: AbortSignal): Promise<void> {
  const { state } = environment
  const created: InstanceState[] = []
  for (const { state: one } of old) created.push(await newInstance(environment, environment.desired(one), one.service, one.replica))
  // In front: who is started now is told of these, not of those before.
  state.instances = [...created, ...state.instances]
  await environment.save()
  const fresh = created.map((each) => environment.attach(each))
  await untilReady(environment, fresh, signal).catch(async (error: unknown) => {
    await environment.discard(fresh)
    environment.direct()
    throw error
  })
  await endPredecessors(environment)
}

async function untilReady(environment: Environment, fresh: readonly Instance[], signal: AbortSignal): Promise<void> {
  const failing = new AbortController()
  const both = AbortSignal.any([signal, failing.signal])
  // What it depends on may be what drifted: the one beside it counts.
  const starting = environment.startInOrder(fresh, 'start all the same', both)
  const settling = fresh.map(async (instance) => {
    if ((await instance.settled(both)) === 'failed') throw unhealed(instance.state)
  })
  try {
    await Promise.all([starting, ...settling])
  } catch (error) {
    failing.abort()
    await Promise.allSettled([starting, ...settling])
    throw error
  }
}

async function endPredecessors(environment: Environment): Promise<void> {
  const { state } = environment
  const old = state.instances.filter((one) => hasSuccessor(state.instances, one))
  for (const each of old) each.phase = 'stopping'
  await environment.save()
  environment.direct()
  await environment.discard(old.map((each) => environment.attach(each)))
  environment.direct()
}

function unhealed({ service, problem }: InstanceState) {
  return refused('SERVICE_UNHEALTHY', {
    message: `another instance of "${service}" was started in place of the one that drifted, and is not healthy: ${problem ?? 'it gave no reason'}`,
    help: 'what was there is still there; read its log with `threeways env logs`',
  })
}
