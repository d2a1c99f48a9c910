import { z } from 'zod'

/** Shapes the API answers with about environments. */

export const ServiceView = z
  .object({
    service: z.string(),
    candidate: z.string(),
    role: z.enum(['main', 'baseline']).meta({ description: 'baseline: started beside a canary, to compare it with' }),
    replica: z.int().meta({ description: 'which of its instances, from 0' }),
    running: z.string().nullable().meta({ description: 'digest read back from what really runs; null: cannot be told' }),
    state: z.enum(['starting', 'ready', 'unhealthy', 'stopped', 'restarting']),
    serving: z.boolean(),
    pid: z.int().nullable(),
    port: z.int().nullable(),
    restarts: z.int(),
    since: z.string(),
    problem: z.string().nullable(),
    secrets: z
      .array(
        z.object({ name: z.string(), version: z.int(), latest: z.int().nullable().meta({ description: 'null: its value was removed' }) }),
      )
      .meta({ description: 'what its process was given' }),
  })
  .meta({ id: 'Service' })

const IsolationView = z
  .object({
    by: z.enum(['bubblewrap', 'container', 'none']),
    network: z.enum(['own', 'host']),
    why: z.string().nullable().meta({ description: 'why it is not kept apart; null when it is' }),
  })
  .meta({ description: 'how it is kept apart from what else runs on its machine' })

export const DriftView = z
  .object({
    kind: z.string().meta({ description: 'file-changed, process-frozen, variables …' }),
    about: z.string().meta({ description: 'the service, resource, file or process' }),
    expected: z.string(),
    observed: z.string(),
    since: z.string(),
    response: z
      .enum(['alert', 'heal', 'given-up'])
      .meta({ description: 'heal: it is being put right. given-up: it came back so often that it is left alone' }),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Drift' })
export type DriftView = z.infer<typeof DriftView>

export const EnvironmentView = z
  .object({
    id: z.string().meta({ description: 'stream/name' }),
    exists: z.boolean(),
    traffic: z.string().nullable().meta({ description: 'digest of the candidate that serves, or gets the greater part' }),
    shares: z.array(z.object({ candidate: z.string(), role: z.enum(['main', 'baseline']), percent: z.int() })),
    isolation: IsolationView,
    services: z.array(ServiceView),
    resources: z.array(z.object({ name: z.string(), type: z.string(), ready: z.boolean() })),
    urls: z.record(z.string(), z.string()),
    limits: z
      .string()
      .nullable()
      .meta({ description: 'what keeps its services within their limits, or why nothing does; null: none was asked for' }),
    asleep: z.string().nullable().meta({ description: 'since when it sleeps' }),
    untilWoken: z.boolean().meta({ description: 'it sleeps, and no request wakes it' }),
    until: z.string().nullable().meta({ description: 'when it is destroyed; null: when somebody does so' }),
    drift: z.array(DriftView).meta({ description: 'what is not as it was made, the oldest first' }),
  })
  .meta({ id: 'Environment' })
export type EnvironmentView = z.infer<typeof EnvironmentView>

const Difference = z.object({ path: z.string(), a: z.string().nullable(), b: z.string().nullable() })

export const ParityView = z
  .object({
    a: z.object({ id: z.string(), candidate: z.string() }),
    b: z.object({ id: z.string(), candidate: z.string() }),
    sameCandidate: z.boolean(),
    declared: z.array(Difference).meta({ description: 'the definition says that these may differ' }),
    undeclared: z.array(Difference).meta({ description: 'nobody said that these may differ' }),
    same: z.int().meta({ description: 'values that are equal' }),
    passes: z.boolean(),
  })
  .meta({ id: 'Parity' })
export type ParityView = z.infer<typeof ParityView>
