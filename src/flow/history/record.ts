import type { Schema } from '../../kernel/json-schema.ts'
import { event, type CloudEvent, type EventType } from '../../ledger/event.ts'
import { serviceDeployed, serviceUpgraded } from '../deployment/events.ts'
import { deploymentFailed, gateSwitched, refsRecorded } from './events.ts'
import type { Told, ToldChange, ToldDeployment, ToldGate, ToldIncident, ToldRefs, ToldRelease, ToldRun, ToldTask } from './history.port.ts'

/**
 * What others recorded, as events: CDEvents where it has a word for it. That a version had run before is not decided here, it is seen
 * when all of them are there.
 * @param source - URI reference of where it was found
 */
export function eventOf(told: Told, source: string): CloudEvent {
  switch (told.kind) {
    case 'deployment':
      return told.failed === true ? failedDeployment(told, source) : deployment(told, source)
    case 'gate':
      return gate(told, source)
    case 'incident':
      return incident(told, source)
    case 'change':
      return change(told, source)
    case 'run':
      return run(told, source)
    case 'task':
      return task(told, source)
    case 'refs':
      return refs(told, source)
    case 'release':
      return release(told, source)
  }
}

const place = ({ stream, environment }: { readonly stream: string; readonly environment: string }) => `${stream}/${environment}`
const artifactOf = (stream: string, version: string) => `pkg:generic/${encodeURIComponent(stream)}@${encodeURIComponent(version)}`

function deployment(told: ToldDeployment, source: string): CloudEvent {
  const { stream, version, previous, commit, by, deployment: name } = told
  const { type } = previous === undefined ? serviceDeployed : serviceUpgraded
  const content = { environment: { id: place(told) }, artifactId: artifactOf(stream, version) }
  return standard(type, told, { source, subject: stream }, content, { stream, version, previous, commit, by, deployment: name })
}

function failedDeployment(told: ToldDeployment, source: string): CloudEvent {
  const { id, at, stream, environment, version, commit, by } = told
  const content = present({ stream, environment, version, commit, by })
  return event(deploymentFailed, { id, time: at, source, subject: place(told) }, content)
}

function gate(told: ToldGate, source: string): CloudEvent {
  const { id, at, stream, environment, way, open, by } = told
  return event(gateSwitched, { id, time: at, source, subject: place(told) }, present({ stream, environment, way, open, by }))
}

function incident(told: ToldIncident, source: string): CloudEvent {
  const { phase, incident: name, stream, environment, began, version, summary, by } = told
  const content = {
    description: summary,
    environment: { id: place(told) },
    service: { id: stream },
    artifactId: version === undefined ? undefined : artifactOf(stream, version),
  }
  return standard(`dev.cdevents.incident.${phase}.0.3.0`, told, { source, subject: name }, content, {
    stream,
    environment,
    version,
    began,
    by,
  })
}

function change(told: ToldChange, source: string): CloudEvent {
  const { phase, repository, number, title, head, merge, base, draft, approved, by } = told
  const version = phase === 'created' ? '0.4.0' : '0.3.0'
  const content = { repository: { id: repository } }
  const custom = { repository, number, title, head, merge, base, draft, approved, by }
  return standard(`dev.cdevents.change.${phase}.${version}`, told, { source, subject: `${repository}#${number}` }, content, custom)
}

function run(told: ToldRun, source: string): CloudEvent {
  const { phase, run: name, repository, commit, stream, environment, attempt, by } = told
  const outcome = told.phase === 'finished' ? told.outcome : undefined
  const content = { pipelineName: told.name, uri: told.url ?? uriOf(source, name), outcome }
  const custom = { repository, commit, name: told.name, stream, environment, attempt, by }
  return standard(`dev.cdevents.pipelinerun.${phase}.0.3.0`, told, { source, subject: name }, content, custom)
}

function task(told: ToldTask, source: string): CloudEvent {
  const { phase, run: name, task: job, repository, commit, stream, environment, attempt, by } = told
  const more = told.phase === 'finished' ? { outcome: told.outcome } : {}
  const queued = told.phase === 'started' ? told.queued : undefined
  const content = { taskName: told.name, uri: told.url ?? uriOf(source, `${name}/${job}`), pipelineRun: { id: name, source }, ...more }
  const custom = { repository, commit, name: told.name, stream, environment, attempt, queued, by }
  return standard(`dev.cdevents.taskrun.${phase}.0.3.0`, told, { source, subject: `${name}/${job}` }, content, custom)
}

function refs({ id, at, repository, refs: places, gone, trunk }: ToldRefs, source: string): CloudEvent {
  const content = present({ repository, trunk, refs: places, gone })
  return event(refsRecorded, { id, time: at, source, subject: repository }, content)
}

function release(told: ToldRelease, source: string): CloudEvent {
  const { stream, repository, tag, preliminary, by } = told
  const subject = artifactOf(stream, tag)
  return standard(
    'dev.cdevents.artifact.published.0.3.0',
    told,
    { source, subject },
    {},
    { repository, stream, version: tag, preliminary, by },
  )
}

/** The standard wants a URI of a run; one that has no page is named. */
const uriOf = (source: string, name: string) => `urn:threeways:${encodeURIComponent(`${source.replace(/^\//, '')}/${name}`)}`

type Words = Readonly<Record<string, unknown>>

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** What is not known is left out, and not said to be nothing. */
function present<T extends Words>(words: T): Present<T> {
  const known: Record<string, unknown> = {}
  for (const name of Object.keys(words)) if (words[name] !== undefined) known[name] = words[name]
  return known as Present<T>
}

function standard(type: string, { id, at }: Told, where: { source: string; subject: string }, content: Words, custom: Words): CloudEvent {
  const kind = { type } as EventType<Words> & { readonly custom?: Schema<Words> }
  return event(kind, { id, time: at, ...where }, present(content), present(custom))
}
