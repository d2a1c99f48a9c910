import type { Drift, DriftProvider, EnvironmentFacts } from '../../../flow/environment/drift/facts.port.ts'
import type { EnvironmentId } from '../../../flow/environment/provider.port.ts'
import { notFound } from '../../../kernel/errors.ts'
import type { Cluster } from '../../../kernel/postgres/cluster.ts'
import type { Environment, Watch } from '../environment.ts'
import { factsReader } from './facts.ts'
import { mend } from './mend.ts'

export type DriftOptions = {
  readonly homeId: string
  readonly cluster: () => Promise<Cluster>
  readonly list: () => Promise<readonly EnvironmentId[]>
  /** Supervised here, and nobody is changing it. */
  readonly quiet: (id: EnvironmentId) => Environment | undefined
  /** Nobody else changes it meanwhile; undefined when it is not supervised here. */
  readonly change: (
    id: EnvironmentId,
    watch: Watch,
    signal: AbortSignal | undefined,
    work: (environment: Environment, signal: AbortSignal) => Promise<void>,
  ) => Promise<void>
}

/** Drift of environments that are processes of this machine. */
export function processDrift({ homeId, cluster, list, quiet, change }: DriftOptions): DriftProvider & { close(): Promise<void> } {
  const reader = factsReader(homeId, cluster)
  return {
    list,

    async facts(id): Promise<EnvironmentFacts | undefined> {
      const environment = quiet(id)
      if (!environment) return undefined
      const facts = await reader.read(environment)
      return quiet(id) === environment && environment.revision === facts.revision ? facts : undefined
    },

    async mend(id: EnvironmentId, drifts: readonly Drift[], watch: Watch, signal?: AbortSignal): Promise<void> {
      if (!quiet(id)) throw notFound('ENVIRONMENT_UNKNOWN', { message: `environment "${id}" is not kept here, or is being changed` })
      await change(id, watch, signal, (environment, both) => mend(environment, drifts, both))
    },

    close: () => reader.close(),
  }
}
