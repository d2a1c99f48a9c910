import path from 'node:path'
import type { Service } from '../../flow/environment/provider.port.ts'
import type { Place } from '../process/program/runner.ts'
import { homeInside, temporaryInside } from '../process/isolation/sandbox.ts'
import { bindsOf, commandWithSecrets } from './secrets.ts'

/** Where an image has the artifact. */
export const artifactInside = '/app'

/** By which containers and images are found again, whatever our records say. */
export const labels = {
  home: 'threeways.home',
  instance: 'threeways.instance',
  environment: 'threeways.environment',
  candidate: 'threeways.candidate',
  artifact: 'threeways.artifact',
} as const

/** For those who look at `docker ps`. Unique by the instance's id and how often it was started. */
export function nameOf({ environment, instance }: Place): string {
  const { service, replica, id, launches } = instance
  return `threeways.${environment.replace('/', '.')}.${service}-${replica}.${id.slice(0, 8)}-${launches}`
}

/**
 * What an engine is asked to make of an instance. The file system is the image's and read-only, so that what runs is what was
 * built; `/tmp` and `HOME` are in memory. The network is the machine's, as of a process, so that the same variables hold.
 */
export function containerOf(place: Place, image: string, homeId: string) {
  const { service, instance, environment, variables } = place
  const [program, ...args] = commandWithSecrets(place, service.command, 'scanned')
  return {
    Image: image,
    Entrypoint: [program!],
    Cmd: args,
    WorkingDir: path.posix.join(artifactInside, service.workdir),
    Env: Object.entries(variablesInside(place, variables)).map(([name, value]) => `${name}=${value}`),
    StopSignal: service.stop.signal,
    Labels: {
      [labels.home]: homeId,
      [labels.instance]: instance.id,
      [labels.environment]: environment,
      [labels.candidate]: instance.candidate,
    },
    HostConfig: {
      NetworkMode: 'host',
      ReadonlyRootfs: true,
      Binds: bindsOf(place),
      Tmpfs: { [temporaryInside]: 'mode=1777', [homeInside]: 'mode=1777' },
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '8m' } },
      RestartPolicy: { Name: 'no' },
      ...limitsOf(service),
    },
  }
}

function limitsOf({ limits = {} }: Service) {
  const { memoryBytes, cpus, pids } = limits
  return {
    // Not more by swapping.
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(pids === undefined ? {} : { PidsLimit: pids }),
  }
}

/** The image knows its own `PATH`; the server's leads nowhere there. */
function variablesInside(
  { service }: Place,
  { PATH: _, ...variables }: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const own = service.environment['PATH']
  return own === undefined ? variables : { ...variables, PATH: own }
}
