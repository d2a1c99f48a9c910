import type { EventType, Fact } from '../../ledger/event.ts'
import { first, last, max, min, projection, type Row } from '../../ledger/projection.ts'
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from '../deployment/events.ts'
import { deploymentFailed, gateSwitched, incidentAttributed, incidentDetected, incidentResolved } from './events.ts'

type Incident = typeof incidentDetected extends EventType<infer Content> ? Content : never
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
    environment: withoutRun(environmentOf(place, stream), run),
    deployment: run === null ? `${source}#${text(custom['deployment']) ?? id}` : `${run} ${version}`,
    at: time,
    version,
    previous: text(custom['previous']),
    commit: text(custom['commit']),
    back: back ? 1 : 0,
    source,
  }
}

/** Where each run has an environment of its own, all of them are one place on the way: `dev-179ddb41` is `dev`. */
function withoutRun(environment: string, run: string | null): string {
  const own = run === null ? undefined : `-${run.slice(-8)}`
  return own !== undefined && environment.endsWith(own) ? environment.slice(0, -own.length) : environment
}

/** Ours are named stream/environment; others name them as they like. */
const environmentOf = (place: string, stream: string) => (place.startsWith(`${stream}/`) ? place.slice(stream.length + 1) : place)

/** Every time a version was to come to an environment and did not come to run there. */
export const deploymentFailures = projection({
  table: 'deployment_failure',
  key: ['stream', 'environment', 'deployment'],
  columns: { at: min.text, version: first.text, commit: first.text, source: first.text },
}).on(deploymentFailed, ({ id, source, time, content: { stream, environment, version, commit } }) => [
  { stream, environment, deployment: `${source}#${id}`, at: time, version, commit: commit ?? null, source },
])

/**
 * Every incident. That it is over may be told before it is told that there was one. Told as over more than once it was over the last
 * time. An empty stream or environment: whoever told it did not say.
 */
export const incidentHistory = projection({
  table: 'incident_history',
  key: ['stream', 'environment', 'incident'],
  columns: {
    detected: min.text,
    // The last time: what is detected again is not over, whatever was said before.
    detectedAgain: max.text,
    resolved: max.text,
    began: min.text,
    version: first.text,
    summary: last.text,
    source: first.text,
    // What a person said of it, the last time.
    attributed: last.text,
    attributedTo: last.text,
    attributedBy: last.text,
    attributedFor: last.text,
  },
})
  .on(incidentDetected, (fact) => {
    const { time, source, content, custom } = fact
    const began = text(custom['began'])
    const words = { version: text(custom['version']), source, ...(began === null ? {} : { began }) }
    return [{ ...incidentOf(fact), detected: time, detectedAgain: time, summary: content.description ?? null, ...words }]
  })
  .on(incidentResolved, (fact) => [{ ...incidentOf(fact), resolved: fact.time }])
  .on(incidentAttributed, ({ time, content: { stream, environment, incident, deployment, by, reason } }) => [
    { stream, environment, incident, attributed: time, attributedTo: deployment ?? null, attributedBy: by, attributedFor: reason },
  ])

function incidentOf({ subject, content, custom }: Fact<Incident>) {
  const stream = text(custom['stream']) ?? content.service?.id ?? ''
  return { stream, environment: text(custom['environment']) ?? environmentOf(content.environment?.id ?? '', stream), incident: subject }
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
export type PastIncident = Row<typeof incidentHistory>
export type PastFailure = Row<typeof deploymentFailures>
