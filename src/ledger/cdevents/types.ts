/**
 * The vocabulary of CDEvents 0.5.1 as one table: what may stand in `subject.content` of each of its 45 kinds of event.
 * Re-authored from the JSON Schemas of the CDEvents specification (https://cdevents.dev, https://github.com/cdevents/spec, tag
 * v0.5.1), which are licensed under the Apache License 2.0; the test beside this file compares the two.
 */
export type Json = Readonly<Record<string, unknown>>

export type StandardType = {
  /** One sentence for the catalogue. */
  readonly description: string
  readonly content: Json
  /** Kinds about tests write their sources as plain text instead of as URI references. */
  readonly plainSources?: true
  /** More members of `subject` than id, source and content. */
  readonly subject?: Json
}

const text: Json = { type: 'string' }
const filled: Json = { type: 'string', minLength: 1 }
const uri: Json = { type: 'string', format: 'uri' }
const uriReference: Json = { type: 'string', minLength: 1, format: 'uri-reference' }
const texts: Json = { type: 'array', items: text }
const choice = (...values: string[]): Json => ({ type: 'string', enum: values })

/** An object with these members and no others; a name with `!` is required. */
function only(members: Readonly<Record<string, Json>>): Json {
  const required = Object.keys(members).filter((name) => name.endsWith('!'))
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(members).map(([name, schema]) => [name.replace('!', ''), schema])),
    ...(required.length > 0 ? { required: required.map((name) => name.slice(0, -1)) } : {}),
    additionalProperties: false,
  }
}

const reference = only({ 'id!': filled, source: uriReference })
const plainReference = only({ 'id!': filled, source: text })
const sbom = only({ 'uri!': uriReference })
const repository = only({ repository: reference })
const outcome = choice('success', 'failure', 'cancel', 'error')
const severity = choice('low', 'medium', 'high', 'critical')
const trigger: Json = { type: 'object', properties: { type: choice('manual', 'pipeline', 'event', 'schedule', 'other'), uri } }
const testType = choice('performance', 'functional', 'unit', 'security', 'compliance', 'integration', 'e2e', 'other')
const testCase = only({ 'id!': filled, version: text, name: text, type: testType, uri })
const testSuite = only({ 'id!': filled, version: text, name: text, uri })
const repositoryFacts = { owner: text, viewUrl: uri }
const ticket = {
  ticketType: text,
  group: text,
  assignees: texts,
  priority: text,
  labels: texts,
  milestone: text,
  'uri!': uriReference,
}
const incident = { description: text, 'environment!': reference, service: reference, artifactId: filled }
const deployed = only({ 'environment!': reference, 'artifactId!': filled })
const inEnvironment = only({ environment: reference })
const pipelineRun = { pipelineName: text, uri }
const taskRun = { taskName: text, uri, pipelineRun: reference }
const environmentFacts = only({ name: text, uri })
const testCaseRun = { testSuiteRun: plainReference, testCase }

const test = (description: string, content: Json): StandardType => ({ description, content, plainSources: true })
const of = (description: string, content: Json): StandardType => ({ description, content })

/** Keyed by `<subject>.<predicate>.<version>`, what follows `dev.cdevents.` in the type. */
export const standardTypes: Readonly<Record<string, StandardType>> = {
  'artifact.deleted.0.2.0': of('An artifact was removed from where it could be fetched.', only({ user: filled })),
  'artifact.downloaded.0.2.0': of('An artifact was fetched.', only({ user: filled })),
  'artifact.packaged.0.3.0': of('An artifact was packed for distribution.', only({ 'change!': reference, sbom })),
  'artifact.published.0.3.0': of('An artifact can now be fetched.', only({ sbom, user: filled })),
  'artifact.signed.0.3.0': of('An artifact was signed.', only({ 'signature!': filled })),
  'branch.created.0.3.0': of('A branch was created.', repository),
  'branch.deleted.0.3.0': of('A branch was deleted.', repository),
  'build.finished.0.3.0': of('A build ended.', only({ artifactId: text })),
  'build.queued.0.3.0': of('A build waits to begin.', only({})),
  'build.started.0.3.0': of('A build began.', only({})),
  'change.abandoned.0.3.0': of('A change was given up.', repository),
  'change.created.0.4.0': of('A change was proposed.', only({ description: filled, repository: reference })),
  'change.merged.0.3.0': of('A change entered its target branch.', repository),
  'change.reviewed.0.3.0': of('A change was reviewed.', repository),
  'change.updated.0.3.0': of('A proposed change was altered.', repository),
  'environment.created.0.3.0': of('An environment exists.', environmentFacts),
  'environment.deleted.0.3.0': of('An environment exists no more.', only({ name: text })),
  'environment.modified.0.3.0': of('An environment was altered.', environmentFacts),
  'incident.detected.0.3.0': of('Something went wrong in an environment.', only(incident)),
  'incident.reported.0.3.0': of('An incident has a ticket.', only({ ...incident, 'ticketURI!': { ...uri, minLength: 1 } })),
  'incident.resolved.0.3.0': of('An incident is over.', only(incident)),
  'pipelinerun.finished.0.3.0': of('A run of a pipeline ended.', only({ ...pipelineRun, outcome, errors: text })),
  'pipelinerun.queued.0.3.0': of('A run of a pipeline waits to begin.', only(pipelineRun)),
  'pipelinerun.started.0.3.0': of('A run of a pipeline began.', only({ 'pipelineName!': text, 'uri!': uri })),
  'repository.created.0.3.0': of('A repository exists.', only({ ...repositoryFacts, 'name!': filled, 'uri!': uri })),
  'repository.deleted.0.3.0': of('A repository exists no more.', only({ ...repositoryFacts, name: text, uri })),
  'repository.modified.0.3.0': of('A repository was altered.', only({ ...repositoryFacts, name: text, uri })),
  'service.deployed.0.3.0': of('A service runs in an environment for the first time.', deployed),
  'service.published.0.3.0': of('A service can be reached by its users.', inEnvironment),
  'service.removed.0.3.0': of('A service runs in an environment no more.', inEnvironment),
  'service.rolledback.0.3.0': of('A service went back to an earlier version.', deployed),
  'service.upgraded.0.3.0': of('A service runs in a new version.', deployed),
  'taskrun.finished.0.3.0': of('A run of a task ended.', only({ ...taskRun, outcome: text, errors: text })),
  'taskrun.started.0.3.0': of('A run of a task began.', only(taskRun)),
  'testcaserun.finished.0.3.0': test(
    'A test ended.',
    only({ ...testCaseRun, 'outcome!': outcome, severity, reason: text, 'environment!': reference }),
  ),
  'testcaserun.queued.0.3.0': test('A test waits to begin.', only({ ...testCaseRun, trigger, 'environment!': reference })),
  'testcaserun.skipped.0.2.0': test('A test was left out.', only({ ...testCaseRun, reason: text, environment: reference })),
  'testcaserun.started.0.3.0': test('A test began.', only({ ...testCaseRun, trigger, 'environment!': reference })),
  'testoutput.published.0.3.0': test(
    'A test left something to look at.',
    only({ 'outputType!': choice('report', 'video', 'image', 'log', 'other'), 'format!': text, uri, testCaseRun: plainReference }),
  ),
  'testsuiterun.finished.0.3.0': test(
    'A set of tests ended.',
    only({ 'environment!': reference, testSuite, 'outcome!': outcome, severity, reason: text }),
  ),
  'testsuiterun.queued.0.3.0': test('A set of tests waits to begin.', only({ trigger, 'environment!': reference, testSuite })),
  'testsuiterun.started.0.3.0': test('A set of tests began.', only({ trigger, 'environment!': reference, testSuite })),
  'ticket.closed.0.2.0': {
    ...of('A ticket was closed.', only({ ...ticket, summary: text, creator: filled, updatedBy: text, 'resolution!': text })),
    subject: { type: choice('ticket') },
  },
  'ticket.created.0.2.0': of('A ticket was opened.', only({ ...ticket, 'summary!': text, 'creator!': filled })),
  'ticket.updated.0.2.0': of('A ticket was altered.', only({ ...ticket, summary: text, creator: filled, updatedBy: text })),
}
