import { z } from 'zod'
import { instantOf } from '../../kernel/clock.ts'

const Time = z.iso.datetime({ offset: true }).transform((text) => instantOf(Date.parse(text)))
const Sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/)
const Id = z.int().nonnegative()

/** What we read of GitHub's objects (REST API 2022-11-28). Webhooks and the API give the same ones, so both are told the same way. */
export const Pull = z.looseObject({
  number: Id,
  title: z.string().max(2000),
  state: z.enum(['open', 'closed']),
  draft: z.boolean().nullish(),
  created_at: Time,
  updated_at: Time,
  merged_at: Time.nullish(),
  closed_at: Time.nullish(),
  merge_commit_sha: Sha.nullish(),
  head: z.looseObject({ sha: Sha }),
  base: z.looseObject({ ref: z.string() }),
})
export type Pull = z.infer<typeof Pull>

export const Review = z.looseObject({ id: Id, state: z.string(), submitted_at: Time.nullish() })
export type Review = z.infer<typeof Review>

export const WorkflowRun = z.looseObject({
  id: Id,
  name: z.string().nullish(),
  head_sha: Sha,
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  created_at: Time,
  updated_at: Time,
  run_started_at: Time.nullish(),
  run_attempt: z.int().nullish(),
  html_url: z.string().nullish(),
})
export type WorkflowRun = z.infer<typeof WorkflowRun>

export const WorkflowJob = z.looseObject({
  id: Id,
  run_id: Id,
  run_attempt: z.int().nullish(),
  name: z.string(),
  head_sha: Sha,
  status: z.string(),
  conclusion: z.string().nullish(),
  created_at: Time.nullish(),
  started_at: Time.nullish(),
  completed_at: Time.nullish(),
  html_url: z.string().nullish(),
})
export type WorkflowJob = z.infer<typeof WorkflowJob>

export const Deployment = z.looseObject({ id: Id, sha: Sha, ref: z.string(), environment: z.string() })
export type Deployment = z.infer<typeof Deployment>

export const DeploymentStatus = z.looseObject({
  id: Id,
  state: z.string(),
  environment: z.string().nullish(),
  created_at: Time,
})
export type DeploymentStatus = z.infer<typeof DeploymentStatus>

export const Push = z.looseObject({
  ref: z.string().regex(/^refs\//),
  after: Sha,
  deleted: z.boolean(),
  repository: z.looseObject({
    default_branch: z.string(),
    pushed_at: z.union([z.int().transform((seconds) => instantOf(seconds * 1000)), Time]),
  }),
})
export type Push = z.infer<typeof Push>

export const Release = z.looseObject({
  tag_name: z.string().min(1).max(300),
  draft: z.boolean(),
  prerelease: z.boolean(),
  published_at: Time.nullish(),
})
export type Release = z.infer<typeof Release>

export const Issue = z.looseObject({
  number: Id,
  title: z.string(),
  // GitHub leaves it out where an issue is only pinned.
  state: z.enum(['open', 'closed']).nullish(),
  state_reason: z.string().nullish(),
  created_at: Time,
  updated_at: Time,
  closed_at: Time.nullish(),
  labels: z.array(z.union([z.string(), z.looseObject({ name: z.string() })])).nullish(),
  pull_request: z.looseObject({}).nullish(),
})
export type Issue = z.infer<typeof Issue>
