import { z } from 'zod'
import { identified, type Told } from '../../flow/history/history.port.ts'
import { pagedApi, type Api, type Asking, type Host } from '../paged/api.ts'
import { gather, read, walk, type List, type Marks, type Piece } from '../paged/walk.ts'
import { Id, Issue, over, queuedOf, Sha, StateEvent, tellIncidentPast, Time, urlOf, type Project } from './told.ts'

const gitlab: Host = {
  name: 'GitLab',
  example: 'https://gitlab.com/api/v4',
  headers: (token) => (token === undefined ? {} : { 'private-token': token }),
  help: (hasToken) => (hasToken ? 'the token needs the scope read_api' : 'set GITLAB_TOKEN: without one only public projects can be read'),
}

/**
 * What GitLab knows of a project's past (REST API v4), what was altered last first. Its webhooks tell the same in other words; the tables
 * bring both together.
 * @param since - nothing that was altered before, RFC 3339
 */
export function backfill(asking: Asking, project: Project, marks: Marks, since: string | undefined, now: string): AsyncGenerator<Piece> {
  const api = pagedApi(gitlab, asking)
  const names = ['merge_requests', 'incidents', 'labelled', 'deployments', 'pipelines']
  return walk(api, names, (name, from) => listOf(name, api, project, from), marks, since, now)
}

const MergeRequest = z.looseObject({
  iid: Id,
  title: z.string(),
  state: z.string(),
  draft: z.boolean().nullish(),
  target_branch: z.string(),
  sha: Sha.nullish(),
  merge_commit_sha: Sha.nullish(),
  squash_commit_sha: Sha.nullish(),
  created_at: Time,
  updated_at: Time,
  merged_at: Time.nullish(),
  closed_at: Time.nullish(),
  author: z.looseObject({ id: Id }).nullish(),
})
const Note = z.looseObject({ system: z.boolean(), body: z.string(), created_at: Time, author: z.looseObject({ id: Id }).nullish() })
const Deployment = z.looseObject({
  id: Id,
  sha: Sha,
  status: z.string(),
  updated_at: Time,
  environment: z.looseObject({ name: z.string() }),
})
const Listed = z.looseObject({ id: Id, updated_at: Time })
const Pipeline = z.looseObject({
  id: Id,
  sha: Sha,
  name: z.string().nullish(),
  status: z.string(),
  created_at: Time,
  started_at: Time.nullish(),
  finished_at: Time.nullish(),
  web_url: z.string().nullish(),
})
const Job = z.looseObject({
  id: Id,
  name: z.string(),
  status: z.string(),
  created_at: Time,
  started_at: Time.nullish(),
  finished_at: Time.nullish(),
  queued_duration: z.number().nonnegative().nullish(),
  web_url: z.string().nullish(),
})

function listOf(name: string, api: Api, project: Project, from: string | undefined): List {
  const place = `/projects/${encodeURIComponent(project.name)}`
  const isOld = ({ updated_at }: { readonly updated_at: string }) => from !== undefined && updated_at < from
  const newest = { order_by: 'updated_at', sort: 'desc' }
  const issues = (query: Readonly<Record<string, string>>): List => ({
    name,
    path: `${place}/issues`,
    query: { ...newest, scope: 'all', ...query },
    tell: (items) =>
      gather(read(Issue, items), isOld, async (issue) =>
        tellIncidentPast(issue, read(StateEvent, await api.all(`${place}/issues/${issue.iid}/resource_state_events`)), project),
      ),
  })
  switch (name) {
    case 'merge_requests':
      return {
        name,
        path: `${place}/merge_requests`,
        query: { ...newest, scope: 'all', state: 'all' },
        tell: (items) =>
          gather(read(MergeRequest, items), isOld, async (request) => {
            const notes = read(Note, await api.all(`${place}/merge_requests/${request.iid}/notes`, undefined, { sort: 'asc' }))
            return [...tellMergeRequest(request, project), ...tellNotes(request, notes, project)]
          }),
      }
    case 'incidents':
      return issues({ issue_type: 'incident' })
    case 'labelled':
      return issues({ labels: project.incidentLabel })
    case 'deployments':
      return {
        name,
        path: `${place}/deployments`,
        query: { order_by: 'id', sort: 'desc' },
        tell: (items) => gather(read(Deployment, items), isOld, async (deployment) => tellDeployment(deployment, project)),
      }
    default:
      return {
        name,
        path: `${place}/pipelines`,
        query: newest,
        tell: (items) =>
          gather(read(Listed, items), isOld, async ({ id }) => {
            const [pipeline] = read(Pipeline, [await api.one(`${place}/pipelines/${id}`)])
            const jobs = read(Job, await api.all(`${place}/pipelines/${id}/jobs`, undefined, { include_retried: 'true' }))
            return [...tellPipeline(pipeline!, project), ...jobs.flatMap((job) => tellJob(job, pipeline!, project))]
          }),
      }
  }
}

function tellMergeRequest(request: z.infer<typeof MergeRequest>, { name }: Project): readonly Told[] {
  const { iid: number, title, state, draft, target_branch: base, created_at, updated_at, merged_at, closed_at } = request
  const change = { kind: 'change', repository: name, number } as const
  const id = (phase: string) => `merge-request-${number}-${phase}`
  const head = request.sha ? { head: request.sha } : {}
  const updated = (at: typeof updated_at) =>
    identified(id('updated'), { ...change, phase: 'updated', at, title: title.slice(0, 200), base, draft: draft === true, ...head })
  const created = identified(id('created'), { ...change, phase: 'created', at: created_at })
  if (merged_at) {
    const brought = request.merge_commit_sha ?? request.squash_commit_sha ?? request.sha
    const merge = brought ? { merge: brought } : {}
    return [created, updated(merged_at), identified(id('merged'), { ...change, phase: 'merged', at: merged_at, base, ...head, ...merge })]
  }
  if (state === 'closed' && closed_at)
    return [created, updated(closed_at), identified(id('abandoned'), { ...change, phase: 'abandoned', at: closed_at })]
  return [created, updated(updated_at)]
}

/** GitLab keeps approvals as notes that it writes itself; what another than the author wrote is a review. */
function tellNotes(request: z.infer<typeof MergeRequest>, notes: readonly z.infer<typeof Note>[], { name }: Project): readonly Told[] {
  const { iid: number, author } = request
  const reviewed = (at: z.infer<typeof Time>, approved: boolean) =>
    identified(`merge-request-${number}-${approved ? 'approved' : 'note'}`, {
      kind: 'change',
      phase: 'reviewed',
      repository: name,
      number,
      at,
      approved,
    })
  const first = notes.find((note) => !note.system && note.author?.id !== author?.id)
  const approval = notes.find(({ system, body }) => system && body.startsWith('approved this merge request'))
  return [...(first ? [reviewed(first.created_at, false)] : []), ...(approval ? [reviewed(approval.created_at, true)] : [])]
}

function tellDeployment(
  { id, sha, status, updated_at: at, environment }: z.infer<typeof Deployment>,
  { stream }: Project,
): readonly Told[] {
  if (status !== 'success' && status !== 'failed') return []
  const one = {
    kind: 'deployment',
    deployment: `deployment-${id}`,
    at,
    stream,
    environment: environment.name,
    version: sha,
    commit: sha,
  } as const
  return [identified(`deployment-${id}-${status}`, status === 'failed' ? { ...one, failed: true } : one)]
}

function tellPipeline(pipeline: z.infer<typeof Pipeline>, { name, stream }: Project): readonly Told[] {
  const { id, sha, status, created_at, started_at, finished_at, web_url } = pipeline
  const common = {
    kind: 'run',
    run: String(id),
    name: pipeline.name ?? 'pipeline',
    repository: name,
    stream,
    commit: sha,
    ...urlOf(web_url),
  } as const
  return [
    identified(`pipeline-${id}-queued`, { ...common, phase: 'queued', at: created_at }),
    ...(started_at ? [identified(`pipeline-${id}-started`, { ...common, phase: 'started', at: started_at })] : []),
    ...(over[status] !== undefined && finished_at
      ? [identified(`pipeline-${id}-finished`, { ...common, phase: 'finished', at: finished_at, outcome: over[status] })]
      : []),
  ]
}

function tellJob(job: z.infer<typeof Job>, pipeline: z.infer<typeof Pipeline>, { name, stream }: Project): readonly Told[] {
  const { id, status, created_at, started_at, finished_at, queued_duration, web_url } = job
  const common = {
    kind: 'task',
    run: String(pipeline.id),
    task: String(id),
    name: job.name,
    repository: name,
    stream,
    commit: pipeline.sha,
    ...urlOf(web_url),
  } as const
  const queued = started_at ? queuedOf(created_at, started_at, queued_duration) : {}
  return [
    ...(started_at ? [identified(`job-${id}-started`, { ...common, phase: 'started', at: started_at, ...queued })] : []),
    ...(over[status] !== undefined && finished_at
      ? [identified(`job-${id}-finished`, { ...common, phase: 'finished', at: finished_at, outcome: over[status] })]
      : []),
  ]
}
