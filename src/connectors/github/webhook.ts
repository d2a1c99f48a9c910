import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import type { Told } from '../../flow/history/history.port.ts'
import { Deployment, DeploymentStatus, Issue, Pull, Push, Release, Review, WorkflowJob, WorkflowRun } from './objects.ts'
import { tellDeployment, tellIssue, tellJob, tellPull, tellPush, tellRelease, tellReview, tellRun, type Repository } from './tell.ts'

/** Whether the body was signed with the secret: `X-Hub-Signature-256`, compared in a time that tells nothing. */
export function isSigned(body: Uint8Array, signature: string | undefined, secret: string): boolean {
  const shown = /^sha256=([0-9a-f]{64})$/i.exec(signature ?? '')?.[1]
  if (shown === undefined) return false
  return timingSafeEqual(Buffer.from(shown, 'hex'), createHmac('sha256', secret).update(body).digest())
}

type Kind = (payload: unknown, repository: Repository) => readonly Told[]

const kinds: Readonly<Record<string, Kind>> = {
  pull_request: kind({ pull_request: Pull }, ({ pull_request }, repository) => tellPull(pull_request, repository)),
  pull_request_review: kind({ review: Review, pull_request: z.looseObject({ number: z.int() }) }, ({ review, pull_request }, repository) =>
    tellReview(review, pull_request.number, repository),
  ),
  workflow_run: kind({ workflow_run: WorkflowRun }, ({ workflow_run }, repository) => tellRun(workflow_run, repository)),
  workflow_job: kind({ workflow_job: WorkflowJob }, ({ workflow_job }, repository) => tellJob(workflow_job, repository)),
  deployment_status: kind(
    { deployment: Deployment, deployment_status: DeploymentStatus },
    ({ deployment, deployment_status }, repository) => tellDeployment(deployment, deployment_status, repository),
  ),
  push: (payload, repository) => tellPush(read(Push, payload), repository),
  // A release that is taken back was published once.
  release: kind({ release: Release }, ({ release }, repository) => tellRelease(release, repository)),
  issues: kind({ issue: Issue }, ({ issue }, repository) => tellIssue(issue, repository)),
}

/**
 * What a webhook says.
 * @param event - `X-GitHub-Event`
 * @returns undefined: this kind is not used
 * @throws ThreewaysError `HOOK_INVALID` with the path of what is not as GitHub documents it
 */
export function tellWebhook(event: string, payload: unknown, repository: Repository): readonly Told[] | undefined {
  return Object.hasOwn(kinds, event) ? kinds[event]!(payload, repository) : undefined
}

/** `owner/name` of the repository that a payload is about. */
export const repositoryOf = (payload: unknown): string | undefined =>
  z.looseObject({ repository: z.looseObject({ full_name: z.string() }) }).safeParse(payload).data?.repository.full_name

function kind<Shape extends z.ZodRawShape>(
  shape: Shape,
  tell: (read: z.infer<z.ZodObject<Shape>>, repository: Repository) => readonly Told[],
): Kind {
  const schema = z.object(shape)
  return (payload, repository) => tell(read(schema, payload) as z.infer<z.ZodObject<Shape>>, repository)
}

function read<Schema extends z.ZodType>(schema: Schema, payload: unknown): z.infer<Schema> {
  const result = schema.safeParse(payload)
  if (result.success) return result.data
  const faults = result.error.issues.slice(0, 20).map(({ path, message }) => ({ path: `/${path.join('/')}`, message }))
  throw invalid('HOOK_INVALID', { message: `the payload is not as GitHub documents it: ${faults[0]!.path} ${faults[0]!.message}`, faults })
}
