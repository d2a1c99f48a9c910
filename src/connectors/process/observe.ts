import type { Isolation, Observed, ObservedService, ServiceState } from '../../flow/environment/provider.port.ts'
import type { Home } from './environment.ts'
import { isolationOf, isolationTold, providerOf } from './isolation/isolation.ts'
import { unkept } from './program/limits.ts'
import { variablesOfProvided } from './provided/wanted.ts'
import { isOf, servingCandidate, type EnvironmentState, type InstanceState } from './state.ts'
import { variableName } from './variables.ts'

type How = {
  /** Reads every file of the artifact again. */
  readonly freshly: boolean
  /** Somebody keeps the phases up to date. */
  readonly supervised: boolean
}

/** What an environment looks like now, from its state and from the processes themselves. */
export function observer(home: Home) {
  const observeService = async (instance: InstanceState, state: EnvironmentState, how: How): Promise<ObservedService> => {
    const { service, candidate, role, replica, restarts, since } = instance
    const runner = home.runners[instance.provider ?? 'process']
    const isLiving = instance.process !== null && (await runner.isAlive(instance.process))
    const desired = state.deployments.find((one) => isOf(instance, one))
    const read = isLiving && desired ? await runner.readBack(instance, desired, how.freshly) : undefined
    return {
      service,
      candidate,
      role,
      replica,
      state: stateOf(instance, isLiving, how.supervised && state.asleep === undefined),
      running: read?.running,
      pid: read?.pid,
      port: instance.port ?? undefined,
      restarts,
      since,
      problem: instance.problem ?? read?.problem,
      secrets: instance.secrets ?? {},
    }
  }

  return async (state: EnvironmentState, how: How): Promise<Observed> => {
    const ports = Object.entries(state.publicPorts)
    const urls = Object.fromEntries(ports.map(([service, port]) => [service, publicUrl(home, port)]))
    const variables: Record<string, string> = {}
    for (const [service, url] of Object.entries(urls)) variables[variableName(service, 'URL')] = url
    const resources = await Promise.all(
      Object.entries(state.resources).map(async ([name, resource]) => {
        // A database server that cannot be had is a fact about the environment, not a reason to say nothing of the rest.
        const addresses = resource.ready ? await home.postgres.addresses(name, resource).catch(() => undefined) : undefined
        Object.assign(variables, addresses)
        return { name, type: resource.type, ready: addresses !== undefined }
      }),
    )
    const provided = (state.provided ?? []).map((entry) => {
      Object.assign(variables, variablesOfProvided(entry))
      return { name: entry.name, type: entry.type, ready: entry.phase === 'ready' }
    })
    return {
      environment: state.environment,
      exists: true,
      traffic: servingCandidate(state.shares),
      shares: state.shares,
      ...(state.shadow ? { shadow: state.shadow } : {}),
      isolation: isolationNow(state, home),
      ...keptLimits(state, home),
      ...(state.asleep === undefined ? {} : { asleep: state.asleep, untilWoken: state.untilWoken === true }),
      services: await Promise.all(state.instances.map((instance) => observeService(instance, state, how))),
      resources: [...resources, ...provided],
      urls,
      variables,
    }
  }
}

/** Where a public address is asked from this machine. */
function publicUrl({ host, publicHost }: Home, port: number): string {
  return `http://${publicHost === '0.0.0.0' ? host : publicHost}:${port}`
}

/** What keeps the limits that services ask for, or why nothing does. */
function keptLimits({ deployments }: EnvironmentState, home: Home): Pick<Observed, 'limits'> {
  const asked = deployments.filter(({ rendered }) => providerOf(rendered, home.usual) === 'process')
  const all = asked.flatMap(({ rendered }) => Object.values(rendered.definition.services).flatMap(({ limits }) => limits ?? []))
  if (all.length === 0) return {}
  const limiting = home.limiting()
  const missing = all.flatMap((limits) => unkept(limits, limiting))[0]
  return { limits: missing === undefined ? `limits kept by ${limiting.by}` : `limit of ${missing.name} not kept: ${missing.why}` }
}

/** As what runs was started; without anything that runs, as it would be. */
function isolationNow({ instances, deployments }: EnvironmentState, home: Home): Isolation {
  const told = isolationTold(deployments[0]?.rendered, home)
  return instances[0] ? isolationOf(instances[0], told) : told
}

function stateOf(instance: InstanceState, isLiving: boolean, isSupervised: boolean): ServiceState {
  if (instance.phase === 'stopping' || (!isLiving && !isSupervised)) return 'stopped'
  // It ended a moment ago, and whoever supervises it has yet to find out.
  return instance.phase === 'ready' && !isLiving ? 'unhealthy' : instance.phase
}
