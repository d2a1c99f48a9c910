import { flag, integer, list, object, oneOf, optional, record, text, type Schema } from '../../kernel/json-schema.ts'
import { ownEvent, standardEvent, type EventType } from '../../ledger/event.ts'

/** Subject: stream/environment. */
export const gateSwitched = ownEvent(
  'gate.switched',
  'Somebody switched whether changes go by themselves into an environment, or onwards from it',
  object({
    stream: text('the value stream'),
    environment: text('name of the environment'),
    way: oneOf(['into', 'onwards'], 'into: what comes to this environment. onwards: what leaves it for the next'),
    open: flag('changes go by themselves'),
    by: optional(text('who')),
  }),
)

/** Subject: stream/environment. CDEvents knows only of deployments that succeeded. */
export const deploymentFailed = ownEvent(
  'deployment.failed',
  'A version was to come to an environment, and did not come to run there',
  object({
    stream: text('the value stream'),
    environment: text('name of the environment'),
    version: text('what was to run'),
    commit: optional(text('its commit')),
    by: optional(text('who')),
  }),
)

const shaPattern = '^(?:[0-9a-f]{40}|[0-9a-f]{64})$'
const sha = (description: string) => text(description, { pattern: shaPattern })
const repository = text('its name, as acme/shop', { pattern: '^[^\\s\\u0000-\\u001f]{1,300}$' })

/** Subject: the repository. Many in one event: a commit by itself is nobody's news, and a history has hundreds of thousands. */
export const commitsRecorded = ownEvent(
  'commits.recorded',
  'Commits of a repository became known, parents before children',
  object({
    repository,
    commits: list(
      object({
        sha: sha('its name'),
        parents: list(sha('a commit it was made from'), 'the first is the one that it went on from'),
        authored: integer('seconds since 1970'),
        committed: integer('seconds since 1970'),
        subject: text('what it says of itself in one line; cut when it is long', { maxLength: 300 }),
        files: optional(integer('files that it changed; left out for merges and where it is not known')),
        added: optional(integer('lines')),
        deleted: optional(integer('lines')),
        paths: optional(list(text('a file, or with / at its end a folder'), 'what it changed; folders where there are many')),
        reverts: optional(list(sha('a commit'), 'that it says to revert')),
        picked: optional(list(sha('a commit'), 'that it says to be picked from')),
      }),
      'at most 1,000',
    ),
  }),
)

/** Subject: the repository. Only what changed since it was last told. */
export const refsRecorded = ownEvent(
  'refs.recorded',
  'Branches and tags of a repository were seen to stand somewhere',
  object({
    repository,
    head: optional(sha('the commit that was checked out, or that its host shows first')),
    trunk: optional(text('the branch that goes to production, as a full name: refs/heads/main')),
    refs: record(sha('a commit'), 'by full name, tags too'),
    gone: optional(list(text('full name'), 'branches and tags that are there no more')),
  }),
)

/** Subject: the stream. */
export const sourceLinked = ownEvent(
  'source.linked',
  'Somebody said from which repository a value stream is built, and from which parts of it',
  object({
    stream: text('the value stream'),
    repository,
    paths: optional(list(text('a file or folder'), 'only what these hold; left out: all of it')),
  }),
)

const incident = object({
  description: optional(text('what is wrong')),
  environment: optional(object({ id: text('stream/environment'), source: optional(text('who runs it')) })),
  service: optional(object({ id: text('the value stream'), source: optional(text('who runs it')) })),
  artifactId: optional(text('package URL of what is suspected')),
})
const told = object({
  stream: text('the value stream'),
  environment: text('name of the environment'),
  version: optional(text('what runs and is suspected')),
  began: optional(text('when it began, where that was before it was detected')),
  by: optional(text('who')),
})

export const incidentDetected = standardEvent(
  'incident.detected.0.3.0',
  'Something went wrong in an environment. Subject: the incident',
  incident,
  told,
)
export const incidentResolved = standardEvent('incident.resolved.0.3.0', 'An incident is over. Subject: the incident', incident, told)

/** Subject: the incident. A person knows better than any probability. */
export const incidentAttributed = ownEvent(
  'incident.attributed',
  'A person said which deployment an incident came of, or that it came of none',
  object({
    stream: text('the value stream of the incident'),
    environment: text('name of its environment'),
    incident: text('the incident'),
    deployment: optional(text('as `threeways flow keys STREAM --rows` names it; left out: of none of them')),
    by: text('who'),
    reason: text('why'),
  }),
)

const repositoryNamed = optional(object({ id: text('the repository'), source: optional(text('who keeps it')) }))
const requested = object({ repository: repositoryNamed })
const proposed = object({ description: optional(text('what it is')), repository: repositoryNamed })

/** A kind that others write and we read. What their tools say beside the standard stands in `customData`; see `history.port.ts`. */
const readEvent = <Content>(name: string, description: string, content: Schema<Content>): EventType<Content> => ({
  type: `dev.cdevents.${name}`,
  description,
  content,
})

/** Subject of all: repository#number. That one was merged is told by `change.merged`. */
export const changeCreated = readEvent('change.created.0.4.0', 'A change was proposed', proposed)
export const changeUpdated = readEvent('change.updated.0.3.0', 'A proposed change was altered', requested)
export const changeReviewed = readEvent('change.reviewed.0.3.0', 'A proposed change was looked at', requested)
export const changeAbandoned = readEvent('change.abandoned.0.3.0', 'A proposed change was given up', requested)

const hook = {
  kind: oneOf(['github', 'gitlab'], 'who sends'),
  repository: text('owner/name, or the path of a project'),
  by: text('who'),
}

/** Subject of both: kind/repository. The secret itself is no event. */
export const hookAdded = ownEvent(
  'hook.added',
  'Somebody lets a host of repositories tell of one of them by webhooks',
  object({
    ...hook,
    stream: text('the value stream that is built from it'),
    incidentLabel: text('issues with this label are incidents'),
    incidentEnvironment: text('the environment in which they happen'),
  }),
)
export const hookRemoved = ownEvent('hook.removed', 'What a host of repositories tells by webhooks is taken in no more', object(hook))
