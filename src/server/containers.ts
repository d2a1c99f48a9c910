import { findEngine } from '../connectors/docker/find-engine.ts'
import { dockerRunner } from '../connectors/docker/runner.ts'
import type { Containers } from '../connectors/process/options.ts'
import { absentRunner } from '../connectors/process/program/runner.ts'
import { digestOfTree } from '../flow/candidate/tree.ts'
import type { ProviderName } from '../flow/environment/provider.port.ts'
import { unavailable } from '../kernel/errors.ts'

/** What environments are made of where their definition leaves it open, and of which image containers are made. */
export type ContainerSettings = { readonly provider?: ProviderName | undefined; readonly baseImage?: string | undefined }

export const usualBaseImage = 'node:24-slim'

/** Finds the engine of this machine. @throws ThreewaysError `ENGINE_UNAVAILABLE` when all environments were to run on it */
export async function openContainers(homeId: string, { provider, baseImage = usualBaseImage }: ContainerSettings): Promise<Containers> {
  const found = await findEngine(process.env)
  if (found.engine) {
    return { runner: dockerRunner({ homeId, engine: found.engine, base: baseImage, digestOfTree }), problem: undefined }
  }
  if (provider === 'docker') {
    throw unavailable('ENGINE_UNAVAILABLE', {
      message: `environments should run in containers, which cannot be had here: ${found.problem}`,
      help: 'start Docker, or Podman with `podman system service --time=0`, or name its socket in DOCKER_HOST; or leave `--provider docker` out',
    })
  }
  return { runner: absentRunner(found.problem), problem: found.problem }
}
