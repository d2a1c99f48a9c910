import type { EventType, Fact } from '../../ledger/event.ts'
import { last, max, min, projection, type Row } from '../../ledger/projection.ts'
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from '../deployment/events.ts'
import { gateSwitched } from './events.ts'

type Deployed = typeof serviceDeployed extends EventType<infer Content> ? Content : never

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)

/**
 * Every time another version came to run in an environment, our own and those of whoever records such events. Ours are told for
 * each service and have run and version in common: one deployment. A run that goes back deployed twice.
 */
export const deploymentHistory = projection({
  table: 'deployment_history',
  key: ['stream', 'environment', 'deployment'],
  // Whoever tells of one deployment says the same of it. The least of the same needs no stamp of when it was said, which is most of a row.
  columns: { at: min.text, version: min.text, previous: min.text, commit: min.text, back: max.bigint, source: min.text },
})
  .on(serviceDeployed, (fact) => [deploymentOf(fact, false)])
  .on(serviceUpgraded, (fact) => [deploymentOf(fact, false)])
  .on(serviceRolledBack, (fact) => [deploymentOf(fact, true)])

/** What an event says of a deployment, as a row. */
export function deploymentOf({ id, source, subject, time, content, custom }: Fact<Deployed>, back: boolean) {
  const { id: place } = content.environment
  const stream = text(custom['stream']) ?? subject
  const version = text(custom['candidate']) ?? text(custom['version']) ?? content.artifactId
  const run = text(custom['run'])
  return {
    stream,
    // Ours are named stream/environment; others name them as they like.
    environment: place.startsWith(`${stream}/`) ? place.slice(stream.length + 1) : place,
    deployment: run === null ? `${source}#${id}` : `${run} ${version}`,
    at: time,
    version,
    previous: text(custom['previous']),
    commit: text(custom['commit']),
    back: back ? 1 : 0,
    source,
  }
}

/** Every time somebody switched a gate. */
export const gateHistory = projection({
  table: 'gate_history',
  key: ['stream', 'environment', 'way', 'at', 'event'],
  columns: { open: last.boolean, by: last.text },
}).on(gateSwitched, ({ id, source, time, content: { stream, environment, way, open, by } }) => [
  { stream, environment, way, at: time, event: `${source}#${id}`, open, by: by ?? null },
])

export type PastDeployment = Row<typeof deploymentHistory>
export type GateSwitch = Row<typeof gateHistory>
