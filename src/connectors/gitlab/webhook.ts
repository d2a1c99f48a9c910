import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { instantOf, type Instant } from '../../kernel/clock.ts'
import { sha256 } from '../../kernel/digest.ts'
import { invalid } from '../../kernel/errors.ts'
import { identified, type Told } from '../../flow/history/history.port.ts'
import { Id, Issue, over, queuedOf, Sha, tellIncident, Time, urlOf, type Project } from './told.ts'

/** Whether the token is the one that was agreed: `X-Gitlab-Token`, compared in a time that tells nothing. */
export function isToken(shown: string | undefined, secret: string): boolean {
  return shown !== undefined && timingSafeEqual(Buffer.from(sha256(shown)), Buffer.from(sha256(secret)))
}

const MergeRequest = z.looseObject({
  iid: Id,
  state: z.string(),
  action: z.string().nullish(),
  title: z.string(),
  target_branch: z.string(),
  draft: z.boolean().nullish(),
  created_at: Time,
  updated_at: Time,
  merge_commit_sha: Sha.nullish(),
  squash_commit_sha: Sha.nullish(),
  last_commit: z.looseObject({ id: Sha }).nullish(),
})
const Pipeline = z.looseObject({
  id: Id,
  sha: Sha,
  status: z.string(),
  name: z.string().nullish(),
  created_at: Time,
  finished_at: Time.nullish(),
  queued_duration: z.number().nullish(),
  url: z.string().nullish(),
})
const Job = z.looseObject({
  build_id: Id,
  build_name: z.string(),
  build_status: z.string(),
  build_created_at: Time,
  build_started_at: Time.nullish(),
  build_finished_at: Time.nullish(),
  build_queued_duration: z.number().nonnegative().nullish(),
  pipeline_id: Id,
  sha: Sha,
})
const Deployed = z.looseObject({
  deployment_id: Id,
  status: z.string(),
  status_changed_at: Time,
  environment: z.string(),
  commit_url: z.string(),
})
const HookIssue = Issue.extend({ type: z.string().nullish(), action: z.string().nullish() })
const Labels = z.array(z.looseObject({ title: z.string() })).nullish()

const Push = z.looseObject({
  ref: z.string().regex(/^refs\//),
  before: Sha,
  after: Sha,
  checkout_sha: Sha.nullish(),
  commits: z.array(z.looseObject({ timestamp: Time })).nullish(),
  project: z.looseObject({ default_branch: z.string() }),
})

/** How a webhook came. */
export type Arrival = {
  readonly at: Instant
  /** `Idempotency-Key`: the same whenever the same delivery is sent again (GitLab 17.4 and later). */
  readonly delivery: string | undefined
  /** Where a branch or tag was said to stand, the latest first. Undefined: gone. */
  stood(ref: string): Promise<readonly (string | undefined)[]>
}

type Kind = (payload: unknown, project: Project, arrival: Arrival) => readonly Told[] | Promise<readonly Told[]>

const kinds: Readonly<Record<string, Kind>> = {
  merge_request: kind({ object_attributes: MergeRequest }, ({ object_attributes }, project) =>
    tellMergeRequest(object_attributes, project),
  ),
  pipeline: kind({ object_attributes: Pipeline }, ({ object_attributes }, project) => tellPipeline(object_attributes, project)),
  build: (payload, project) => tellJob(read(Job, payload), project),
  deployment: (payload, project) => tellDeployment(read(Deployed, payload), project),
  push: (payload, project, arrival) => tellPush(read(Push, payload), project, arrival),
  tag_push: (payload, project, arrival) => tellPush(read(Push, payload), project, arrival),
  issue: kind({ object_attributes: HookIssue, labels: Labels }, ({ object_attributes, labels }, project) =>
    tellIssue(
      object_attributes,
      (labels ?? []).map(({ title }) => title),
      project,
    ),
  ),
}

/**
 * What a webhook says (GitLab 16 and later; each says its kind in `object_kind`).
 * @returns undefined: this kind is not used
 * @throws ThreewaysError `HOOK_INVALID` with the path of what is not as GitLab documents it
 */
export async function tellWebhook(payload: unknown, project: Project, arrival: Arrival): Promise<readonly Told[] | undefined> {
  const name = z.looseObject({ object_kind: z.string() }).safeParse(payload).data?.object_kind
  return name !== undefined && Object.hasOwn(kinds, name) ? kinds[name]!(payload, project, arrival) : undefined
}

/** `group/project` that a payload is about. */
export const projectOf = (payload: unknown): string | undefined =>
  z.looseObject({ project: z.looseObject({ path_with_namespace: z.string() }) }).safeParse(payload).data?.project.path_with_namespace

function tellMergeRequest(request: z.infer<typeof MergeRequest>, { name }: Project): readonly Told[] {
  const {
    iid: number,
    state,
    action,
    title,
    target_branch: base,
    draft,
    created_at,
    updated_at,
    merge_commit_sha,
    squash_commit_sha,
    last_commit,
  } = request
  const change = { kind: 'change', repository: name, number } as const
  const head = last_commit ? { head: last_commit.id } : {}
  const then = { ...change, at: updated_at }
  const created = identified(`merge-request-${number}-created`, { ...change, phase: 'created', at: created_at })
  // `approval`: one person's. `approved`: all that it takes.
  if (action === 'approval' || action === 'approved')
    return [created, identified(`merge-request-${number}-${action}`, { ...then, phase: 'reviewed', approved: action === 'approved' })]
  if (state === 'merged') {
    // Without a merge commit it is the branch's own newest that the target branch came to.
    const brought = merge_commit_sha ?? squash_commit_sha ?? last_commit?.id
    const merge = brought ? { merge: brought } : {}
    // What is edited after it was merged is not merged again.
    if (action !== undefined && action !== null && action !== 'merge') return [created]
    return [created, identified(`merge-request-${number}-merged`, { ...then, phase: 'merged', base, ...head, ...merge })]
  }
  if (state === 'closed')
    return action === 'close' ? [created, identified(`merge-request-${number}-abandoned`, { ...then, phase: 'abandoned' })] : [created]
  return [
    created,
    identified(`merge-request-${number}-updated`, {
      ...then,
      phase: 'updated',
      title: title.slice(0, 200),
      base,
      draft: draft === true,
      ...head,
    }),
  ]
}

function tellPipeline(pipeline: z.infer<typeof Pipeline>, { name, stream }: Project): readonly Told[] {
  const { id, sha, status, created_at, finished_at, queued_duration, url } = pipeline
  const run = {
    kind: 'run',
    run: String(id),
    name: pipeline.name ?? 'pipeline',
    repository: name,
    stream,
    commit: sha,
    ...urlOf(url),
  } as const
  const began = queued_duration !== null && queued_duration !== undefined && (status === 'running' || over[status] !== undefined)
  return [
    identified(`pipeline-${id}-queued`, { ...run, phase: 'queued', at: created_at }),
    ...(began
      ? [identified(`pipeline-${id}-started`, { ...run, phase: 'started', at: instantOf(Date.parse(created_at) + queued_duration * 1000) })]
      : []),
    ...(over[status] !== undefined && finished_at
      ? [identified(`pipeline-${id}-finished`, { ...run, phase: 'finished', at: finished_at, outcome: over[status] })]
      : []),
  ]
}

function tellJob(job: z.infer<typeof Job>, { name, stream }: Project): readonly Told[] {
  const {
    build_id,
    build_name,
    build_status,
    build_created_at,
    build_started_at,
    build_finished_at,
    build_queued_duration,
    pipeline_id,
    sha,
  } = job
  const task = {
    kind: 'task',
    run: String(pipeline_id),
    task: String(build_id),
    name: build_name,
    repository: name,
    stream,
    commit: sha,
  } as const
  const queued = build_started_at ? queuedOf(build_created_at, build_started_at, build_queued_duration) : {}
  return [
    ...(build_started_at ? [identified(`job-${build_id}-started`, { ...task, phase: 'started', at: build_started_at, ...queued })] : []),
    ...(over[build_status] !== undefined && build_finished_at
      ? [identified(`job-${build_id}-finished`, { ...task, phase: 'finished', at: build_finished_at, outcome: over[build_status] })]
      : []),
  ]
}

function tellDeployment(
  { deployment_id, status, status_changed_at, environment, commit_url }: z.infer<typeof Deployed>,
  { stream }: Project,
): readonly Told[] {
  if (status !== 'success' && status !== 'failed') return []
  const commit = /\/([0-9a-f]{40,64})$/.exec(commit_url)?.[1]
  if (commit === undefined) throw notAsDocumented([{ path: '/commit_url', message: 'does not end in the full name of a commit' }])
  const failed = status === 'failed' ? { failed: true } : {}
  const deployment = `deployment-${deployment_id}`
  const one = { kind: 'deployment', deployment, at: status_changed_at, stream, environment, version: commit, commit, ...failed } as const
  return [identified(`deployment-${deployment_id}-${status}`, one)]
}

/**
 * Where the branch or tag came to stand, or that it is gone. GitLab does not say when: it was so when it was told. Only what leads from or to
 * where it stood earlier comes late, and goes below what is known since, by the newest of its commits; without one it is of no use any more.
 * Its commits come when the repository is imported.
 */
async function tellPush(push: z.infer<typeof Push>, { name }: Project, { at, delivery, stood }: Arrival): Promise<readonly Told[]> {
  const { ref, before, after, commits, project } = push
  const isGone = isNothing(after)
  // Of a tag with words of its own, `after` is the tag and not the commit.
  const now = isGone ? undefined : ref.startsWith('refs/tags/') ? push.checkout_sha : after
  if (now === null || (now === undefined && !isGone)) return []
  const [latest, ...earlier] = await stood(ref)
  if (latest === now) return []
  const was = isNothing(before) ? undefined : before
  // Before anybody said anything of it, it was not there.
  const isLate = latest !== was && ([...earlier, undefined].includes(was) || (now !== undefined && earlier.includes(now)))
  const newest = (commits ?? [])
    .map(({ timestamp }) => timestamp)
    .toSorted()
    .at(-1)
  // Nor is it when it goes by a clock that is ahead: nothing would be above it.
  if (isLate && (isGone || newest === undefined || newest >= at)) return []
  const one = {
    kind: 'refs',
    repository: name,
    at: isLate ? newest! : at,
    trunk: `refs/heads/${project.default_branch}`,
    ...(now === undefined ? { refs: {}, gone: [ref] } : { refs: { [ref]: now } }),
  } as const
  const told = identified(`push-${ref.slice(0, 200)}`, one)
  return [delivery === undefined ? told : { ...told, id: `push-${ref.slice(0, 200)}-${sha256(delivery).slice(7, 23)}` }]
}

const isNothing = (sha: string) => /^0+$/.test(sha)

function tellIssue(issue: z.infer<typeof HookIssue>, labels: readonly string[], project: Project): readonly Told[] {
  const { type, action } = issue
  const isLabelled = labels.some((label) => label.toLowerCase() === project.incidentLabel.toLowerCase())
  return isLabelled || type?.toLowerCase() === 'incident' ? tellIncident(issue, project, action === 'reopen') : []
}

function kind<Shape extends z.ZodRawShape>(
  shape: Shape,
  tell: (found: z.infer<z.ZodObject<Shape>>, project: Project) => readonly Told[],
): Kind {
  const schema = z.object(shape)
  return (payload, project) => tell(read(schema, payload) as z.infer<z.ZodObject<Shape>>, project)
}

function read<Schema extends z.ZodType>(schema: Schema, payload: unknown): z.infer<Schema> {
  const result = schema.safeParse(payload)
  if (result.success) return result.data
  throw notAsDocumented(result.error.issues.slice(0, 20).map(({ path, message }) => ({ path: `/${path.join('/')}`, message })))
}

const notAsDocumented = (faults: readonly { path: string; message: string }[]) =>
  invalid('HOOK_INVALID', { message: `the payload is not as GitLab documents it: ${faults[0]!.path} ${faults[0]!.message}`, faults })
