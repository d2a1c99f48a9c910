import type { Instant } from '../../kernel/clock.ts'
import { identified, type Outcome, type Told } from '../../flow/history/history.port.ts'
import type { Deployment, DeploymentStatus, Issue, Pull, Push, Release, Review, WorkflowJob, WorkflowRun } from './objects.ts'

/** What whoever connects a repository says of it. */
export type Repository = {
  /** `owner/name`. */
  readonly name: string
  readonly stream: string
  /** Issues with this label are incidents. */
  readonly incidentLabel: string
  /** Where they happen, for GitHub does not say it. */
  readonly incidentEnvironment: string
}

export function tellPull(pull: Pull, { name }: Repository): readonly Told[] {
  const { number, title, state, draft, created_at, updated_at, merged_at, closed_at, merge_commit_sha, head, base } = pull
  const change = { kind: 'change', repository: name, number } as const
  const id = (phase: string) => `pull-${number}-${phase}`
  const now = { title: title.slice(0, 200), head: head.sha, base: base.ref, draft: draft === true }
  const updated = (at: Instant) => identified(id('updated'), { ...change, ...now, phase: 'updated', at })
  const created = identified(id('created'), { ...change, phase: 'created', at: created_at })
  if (merged_at) {
    const merge = merge_commit_sha ? { merge: merge_commit_sha } : {}
    return [
      created,
      updated(merged_at),
      identified(id('merged'), { ...change, phase: 'merged', at: merged_at, head: head.sha, base: base.ref, ...merge }),
    ]
  }
  if (state === 'closed' && closed_at)
    return [created, updated(closed_at), identified(id('abandoned'), { ...change, phase: 'abandoned', at: closed_at })]
  return [created, updated(updated_at)]
}

/** A review that was dismissed had been given, but says yes no more; nothing is told of one that is not submitted. */
export function tellReview({ id, state, submitted_at }: Review, number: number, { name }: Repository): readonly Told[] {
  const given = state.toLowerCase()
  if (!submitted_at || !['approved', 'changes_requested', 'commented', 'dismissed'].includes(given)) return []
  const approved = given === 'approved'
  return [identified(`review-${id}`, { kind: 'change', phase: 'reviewed', repository: name, number, at: submitted_at, approved })]
}

export function tellRun(run: WorkflowRun, { name, stream }: Repository): readonly Told[] {
  const { id, status, conclusion, created_at, updated_at, run_started_at, html_url } = run
  const attempt = run.run_attempt ?? 1
  const common = {
    kind: 'run',
    run: runName(id, attempt),
    name: run.name ?? 'workflow',
    repository: name,
    stream,
    commit: run.head_sha,
    attempt,
    ...urlOf(html_url),
  } as const
  const key = (phase: string) => `run-${common.run}-${phase}`
  // A later attempt waits from when it was asked for, which is when it is said to have started.
  const asked = attempt === 1 ? created_at : (run_started_at ?? created_at)
  return [
    identified(key('queued'), { ...common, phase: 'queued', at: asked }),
    ...(status !== 'queued' && status !== 'waiting' && status !== 'pending' && status !== 'requested' && run_started_at
      ? [identified(key('started'), { ...common, phase: 'started', at: run_started_at })]
      : []),
    ...(status === 'completed'
      ? [identified(key('finished'), { ...common, phase: 'finished', at: updated_at, outcome: outcomeOf(conclusion) })]
      : []),
  ]
}

export function tellJob(job: WorkflowJob, { name, stream }: Repository): readonly Told[] {
  const { id, run_id, status, conclusion, created_at, started_at, completed_at, html_url } = job
  const attempt = job.run_attempt ?? 1
  const common = {
    kind: 'task',
    run: runName(run_id, attempt),
    task: String(id),
    name: job.name,
    repository: name,
    stream,
    commit: job.head_sha,
    attempt,
    ...urlOf(html_url),
  } as const
  const key = (phase: string) => `job-${id}-${phase}`
  const began = started_at && (status === 'in_progress' || status === 'completed') && conclusion !== 'skipped'
  return [
    ...(began
      ? [identified(key('started'), { ...common, phase: 'started', at: started_at, ...queuedBefore(created_at, started_at) })]
      : []),
    ...(status === 'completed' && completed_at
      ? [identified(key('finished'), { ...common, phase: 'finished', at: completed_at, outcome: outcomeOf(conclusion) })]
      : []),
  ]
}

/** A status of a deployment: that it runs, or failed. What is under way says nothing yet. */
export function tellDeployment(deployment: Deployment, status: DeploymentStatus, { stream }: Repository): readonly Told[] {
  const { sha } = deployment
  const failed = status.state === 'failure' || status.state === 'error'
  if (status.state !== 'success' && !failed) return []
  const environment = status.environment || deployment.environment
  const at = status.created_at
  return [
    identified(`deployment-${status.id}`, {
      kind: 'deployment',
      at,
      stream,
      environment,
      version: sha,
      commit: sha,
      ...(failed ? { failed } : {}),
    }),
  ]
}

export function tellIssue(issue: Issue, { name, stream, incidentLabel, incidentEnvironment }: Repository): readonly Told[] {
  const { number, title, state, state_reason, created_at, updated_at, closed_at, labels, pull_request } = issue
  const named = (labels ?? []).map((label) => (typeof label === 'string' ? label : label.name).toLowerCase())
  if (pull_request || !named.includes(incidentLabel.toLowerCase())) return []
  const incident = { kind: 'incident', incident: `${name}#${number}`, stream, environment: incidentEnvironment } as const
  return [
    identified(`issue-${number}-detected`, { ...incident, phase: 'detected', at: created_at, summary: title.slice(0, 200) }),
    // It began anew: what was resolved before is not.
    ...(state === 'open' && state_reason === 'reopened'
      ? [identified(`issue-${number}-reopened`, { ...incident, phase: 'detected', at: updated_at })]
      : []),
    ...(state === 'closed' && closed_at ? [identified(`issue-${number}-resolved`, { ...incident, phase: 'resolved', at: closed_at })] : []),
  ]
}

/** Where the branch or tag came to stand. Its commits come when the repository is imported. */
export function tellPush({ ref, after, deleted, repository }: Push, { name }: Repository): readonly Told[] {
  const trunk = `refs/heads/${repository.default_branch}`
  const moved = deleted ? { refs: {}, gone: [ref] } : { refs: { [ref]: after } }
  return [identified(`push-${ref.slice(0, 200)}`, { kind: 'refs', repository: name, at: repository.pushed_at, trunk, ...moved })]
}

export function tellRelease({ tag_name: tag, draft, prerelease, published_at }: Release, { name, stream }: Repository): readonly Told[] {
  if (draft || !published_at) return []
  const early = prerelease ? { preliminary: true } : {}
  return [identified(`release-${tag.slice(0, 200)}`, { kind: 'release', repository: name, stream, tag, at: published_at, ...early })]
}

const runName = (id: number, attempt: number) => (attempt === 1 ? String(id) : `${id}.${attempt}`)
const urlOf = (url: string | null | undefined) => (url && URL.canParse(url) ? { url } : {})
const queuedBefore = (created: Instant | null | undefined, started: Instant) => (created && created <= started ? { queued: created } : {})

/** Conclusions of checks, as CDEvents has outcomes. What was skipped or stopped did not succeed. */
function outcomeOf(conclusion: string | null | undefined): Outcome {
  switch (conclusion) {
    case 'success':
    case 'neutral':
      return 'success'
    case 'failure':
      return 'failure'
    case 'cancelled':
    case 'skipped':
    case 'stale':
      return 'cancel'
    default:
      return 'error'
  }
}
