import type { Fault } from '../../kernel/errors.ts'
import type { Definition, EnvironmentSettings, Positions, ProviderName, Service } from '../../flow/environment/provider.port.ts'
import { providerOf } from './isolation/isolation.ts'
import { unkept, type Limiting } from './program/limits.ts'
import type { Sandboxing } from './isolation/sandbox.ts'
import { resourceVariables, variableName } from './variables.ts'

type Here = {
  readonly sandboxing: () => Sandboxing
  readonly limiting: () => Limiting
  readonly usual: ProviderName
  /** Why nothing can run in containers here. */
  readonly containers: { readonly problem: string | undefined }
}

/** What plain processes and containers cannot honour here, each where the file asks for it. */
export function processRefusals(definition: Definition, positions: Positions, here: Here): readonly Fault[] {
  const fault = (path: string, message: string, help: string, value?: string): Fault => ({
    path,
    message,
    help,
    ...(value === undefined ? {} : { value }),
    ...positions.at(path),
  })
  const services = Object.entries(definition.services).flatMap(([name, service]) => serviceFaults(name, service, definition, fault))
  const environments = Object.entries(definition.environments).flatMap(([name, settings]) => {
    const variables = Object.entries(settings.environment).flatMap(([service, values]) =>
      ownedNames(definition.services[service], definition, Object.keys(values)).map(({ variable, why }) =>
        fault(pointer('x-threeways', 'environments', name, 'environment', service, variable), why, `leave "${variable}" out`, variable),
      ),
    )
    const counts = Object.entries(settings.replicas ?? {}).flatMap(([service, count]) =>
      sharedFault(service, count, definition, fault, pointer('x-threeways', 'environments', name, 'replicas', service)),
    )
    const isContained = providerOf({ definition, settings: name }, here.usual) === 'docker'
    const own = isContained ? containerFaults(name, settings, here, fault) : isolationFaults(name, settings, here.sandboxing, fault)
    return [...variables, ...counts, ...own]
  })
  return [...services, ...environments, ...limitFaults(definition, positions, here, fault)]
}

type MakeFault = (path: string, message: string, help: string, value?: string) => Fault

function containerFaults(name: string, { isolation }: EnvironmentSettings, { containers }: Here, fault: MakeFault): readonly Fault[] {
  const at = (key: string) => pointer('x-threeways', 'environments', name, key)
  const faults: Fault[] = []
  if (containers.problem !== undefined) {
    const message = `environment "${name}" runs in containers, which cannot be had here: ${containers.problem}`
    const help = 'start Docker or Podman (its API: `podman system service`), or name its socket in DOCKER_HOST; or leave `provider` out'
    faults.push(fault(at('provider'), message, help, 'docker'))
  }
  if (isolation?.mode === 'required' && isolation.network === 'own') {
    const message = `environment "${name}" requires a network of its own, and its containers use the machine's`
    faults.push(fault(at('isolation'), message, 'add `network: host`: processes and files of containers are kept apart', 'required'))
  }
  return faults
}

function isolationFaults(
  name: string,
  { isolation }: EnvironmentSettings,
  sandboxing: () => Sandboxing,
  fault: MakeFault,
): readonly Fault[] {
  if (isolation?.mode !== 'required') return []
  const found = sandboxing()
  if (found.available) return []
  const help = 'install bubblewrap, or write `isolation: when-present`: the difference is shown wherever the environment is'
  const at = pointer('x-threeways', 'environments', name, 'isolation')
  return [fault(at, `environment "${name}" requires isolation, which cannot be had here: ${found.why}`, help, 'required')]
}

const shortForms = { memory: 'mem_limit', cpus: 'cpus', pids: 'pids_limit' } as const

/** Of services that run as processes where no difference is allowed. */
function limitFaults(definition: Definition, positions: Positions, here: Here, fault: MakeFault): readonly Fault[] {
  const { services, environments } = definition
  const isStrict = (settings: string) =>
    environments[settings]!.limits !== 'when-present' && providerOf({ definition, settings }, here.usual) === 'process'
  if (!Object.keys(environments).some(isStrict)) return []
  const help = 'leave the limit out, or write `limits: when-present` under x-threeways.environments.defaults: the difference is shown'
  return Object.entries(services).flatMap(([name, { limits }]) =>
    (limits === undefined ? [] : unkept(limits, here.limiting())).map(({ name: limit, why }) => {
      const long = pointer('services', name, 'deploy', 'resources', 'limits', limit)
      const isLong = positions.at(long).line !== positions.at(pointer('services', name)).line
      const at = isLong ? long : pointer('services', name, shortForms[limit])
      return fault(at, `the ${limit} limit of "${name}" cannot be kept here: ${why}`, help)
    }),
  )
}

function serviceFaults(name: string, service: Service, definition: Definition, fault: MakeFault): readonly Fault[] {
  const at = pointer('services', name)
  const faults: Fault[] = []
  if (service.command.length === 0) {
    faults.push(fault(at, `service "${name}" has no command, so it cannot run as a process`, 'add `x-run: {command: [program, argument]}`'))
  }
  if (service.health?.probe.kind === 'http' && service.port === undefined) {
    const help = 'add `ports: ["3000"]`; the process gets a free port in PORT'
    faults.push(fault(`${at}/healthcheck`, `service "${name}" is asked for its health over HTTP but has no port`, help))
  }
  faults.push(...sharedFault(name, service.replicas ?? 1, definition, fault, `${at}/deploy/replicas`))
  for (const { variable, why } of ownedNames(service, definition, Object.keys(service.environment))) {
    faults.push(fault(`${at}/environment/${escape(variable)}`, why, `leave "${variable}" out`, variable))
  }
  return faults
}

/** Replicas share what comes from outside. Another service is told one address, which is that of one process. */
function sharedFault(name: string, replicas: number, definition: Definition, fault: MakeFault, path: string): readonly Fault[] {
  if (replicas === 1 || definition.services[name]?.port === undefined) return []
  const [dependant] = Object.entries(definition.services).flatMap(([other, { dependsOn }]) =>
    Object.hasOwn(dependsOn, name) ? [other] : [],
  )
  if (dependant === undefined) return []
  const message = `"${dependant}" calls "${name}" at the address of one process, so that replicas of it would get nothing from there`
  return [fault(path, message, `leave the replicas of "${name}" out, or the dependency`, String(replicas))]
}

/** `PORT` is not among them: containers need it, and as a process the service simply gets another. */
function ownedNames(service: Service | undefined, definition: Definition, names: readonly string[]) {
  const dependencies = Object.keys(service?.dependsOn ?? {})
  return names.flatMap((variable) => {
    if (variable.startsWith('THREEWAYS_')) return [{ variable, why: `"${variable}" is set by threeways and cannot be given a value` }]
    const owner = dependencies.find((name) => suppliedBy(name, definition).includes(variable))
    return owner === undefined ? [] : [{ variable, why: `"${variable}" is the address of "${owner}" and cannot be given a value` }]
  })
}

function suppliedBy(name: string, definition: Definition): readonly string[] {
  if (definition.resources[name]) return resourceVariables.map((what) => variableName(name, what))
  return definition.services[name]?.port === undefined ? [] : [variableName(name, 'URL')]
}

function pointer(...parts: readonly string[]): string {
  return parts.map((part) => `/${escape(part)}`).join('')
}

function escape(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}
