import path from 'node:path'
import type { Desired, Service } from '../../../flow/environment/provider.port.ts'
import type { Home } from '../home.ts'
import { databaseSocket } from '../isolation/relay.ts'
import { homeInside, portsFor, serviceSocket, socketFolderOf, temporaryInside, temporaryOf, type World } from '../isolation/sandbox.ts'
import { whereSecretsAre } from './secrets.ts'
import { entryOf, variablesOfProvided } from '../provided/wanted.ts'
import { isOf, type EnvironmentState, type InstanceState } from '../state.ts'
import { processVariables, variableName } from '../variables.ts'

/** What a resource's dependants get: `DB_URL`, `DB_PORT` … */
export type Addresses = Readonly<Record<string, string>>

/** What an instance stands in: its environment, and where the resources of that are now. */
export type Surroundings = {
  readonly home: Home
  readonly state: EnvironmentState
  /** Of each resource; none while its server is not known to run. */
  readonly resources: Readonly<Record<string, Addresses>>
  readonly folderOf: (instance: string) => string
}

/** Every variable an instance's process gets, but those that hold secrets. */
export function variablesOf(around: Surroundings, instance: InstanceState, desired: Desired): Readonly<Record<string, string>> {
  const { home, state, resources } = around
  const service = desired.rendered.definition.services[instance.service]!
  const folder = around.folderOf(instance.id)
  const addresses: Record<string, string> = {}
  for (const name of Object.keys(service.dependsOn)) Object.assign(addresses, resources[name], providedFor(around, name, desired))
  for (const { name, port } of reachedServices(around, instance, service))
    addresses[variableName(name, 'URL')] = `http://${home.host}:${port}`
  const temporaryFolder = temporaryOf(folder)
  return processVariables({
    home: home.homeId,
    instance: instance.id,
    environment: state.environment,
    candidate: instance.candidate,
    service,
    port: instance.port,
    ...((instance.isolation ?? instance.provider) ? { temporaryFolder: temporaryInside, homeFolder: homeInside } : { temporaryFolder }),
    addresses: { ...addresses, ...whereSecretsAre(instance, service, folder) },
    own: process.env,
  })
}

/** What the provider told that this deployment asks. */
function providedFor({ state }: Surroundings, name: string, { rendered }: Desired): Addresses {
  const type = rendered.definition.provided?.[name]?.type
  const entry = type === undefined ? undefined : entryOf(state, { name, type })
  return entry === undefined ? {} : variablesOfProvided(entry)
}

/** What is there for one that is isolated. */
export function worldOf(around: Surroundings, instance: InstanceState, desired: Desired): World {
  const { home, folderOf } = around
  const service = desired.rendered.definition.services[instance.service]!
  const resources = reachedResources(around, service).map((one) => ({ ...one, folder: home.relay.folder, socket: databaseSocket }))
  const services = reachedServices(around, instance, service).map(({ name, port, instance: other }) => {
    return { name, port, folder: socketFolderOf(folderOf(other.id)), socket: serviceSocket }
  })
  const { network } = instance.isolation!
  return {
    network,
    artifact: desired.artifact,
    folder: folderOf(instance.id),
    cwd: path.join(desired.artifact, service.workdir),
    path: variablesOf(around, instance, desired)['PATH']!,
    secrets: service.secrets !== undefined,
    port: instance.port,
    reaches: network === 'own' ? [...resources, ...services] : [],
  }
}

type Reached = { readonly name: string; readonly port: number; readonly instance: InstanceState }

/** Of the same deployment: a new candidate never talks to the old one's services. With a network of its own: the ports there. */
function reachedServices(around: Surroundings, instance: InstanceState, service: Service): readonly Reached[] {
  const found = Object.keys(service.dependsOn).flatMap((name): readonly Reached[] => {
    const other = around.state.instances.find((one) => one.service === name && one.replica === 0 && isOf(one, instance))
    return other?.port == null ? [] : [{ name, port: other.port, instance: other }]
  })
  if (instance.isolation?.network !== 'own') return found
  const taken = reachedResources(around, service).map(({ port }) => port)
  const ports = portsFor(instance.port, taken, found)
  return found.map((one) => ({ ...one, port: ports[one.name]! }))
}

function reachedResources(
  { resources }: Surroundings,
  { dependsOn }: Service,
): readonly { readonly name: string; readonly port: number }[] {
  return Object.keys(dependsOn).flatMap((name) => {
    const port = resources[name]?.[variableName(name, 'PORT')]
    return port === undefined ? [] : [{ name, port: Number(port) }]
  })
}
