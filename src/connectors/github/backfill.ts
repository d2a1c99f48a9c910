import { z } from 'zod'
import { pagedApi, type Api, type Asking, type Host } from '../paged/api.ts'
import { gather, read, walk, type List, type Marks, type Piece } from '../paged/walk.ts'
import { Deployment, DeploymentStatus, Issue, Pull, Review, WorkflowJob, WorkflowRun } from './objects.ts'
import { tellDeployment, tellIssue, tellJob, tellPull, tellReview, tellRun, type Repository } from './tell.ts'

const github: Host = {
  name: 'GitHub',
  example: 'https://api.github.com, or https://<host>/api/v3 of GitHub Enterprise',
  headers: (token) => ({
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }),
  help: (hasToken) =>
    hasToken
      ? 'the token needs the rights to read pull requests, actions, deployments and issues of it'
      : 'set GITHUB_TOKEN: without one only public repositories can be read, and few times an hour',
}

/**
 * What GitHub knows of a repository's past (REST API 2022-11-28), the newest first. Told the same as by webhooks.
 * @param since - nothing that was altered before, RFC 3339
 */
export function backfill(
  asking: Asking,
  repository: Repository,
  marks: Marks,
  since: string | undefined,
  now: string,
): AsyncGenerator<Piece> {
  const api = pagedApi(github, asking)
  return walk(api, ['pulls', 'issues', 'deployments', 'runs'], (name, from) => listOf(name, api, repository, from), marks, since, now)
}

function listOf(name: string, api: Api, repository: Repository, from: string | undefined): List {
  const place = `/repos/${repository.name.split('/').map(encodeURIComponent).join('/')}`
  const isOld = (at: string) => from !== undefined && at < from
  switch (name) {
    case 'pulls':
      return {
        name,
        path: `${place}/pulls`,
        query: { state: 'all', sort: 'updated', direction: 'desc' },
        tell: (items) =>
          gather(
            read(Pull, items),
            ({ updated_at }) => isOld(updated_at),
            async (pull) => {
              const reviews = read(Review, await api.all(`${place}/pulls/${pull.number}/reviews`))
              return [...tellPull(pull, repository), ...reviews.flatMap((review) => tellReview(review, pull.number, repository))]
            },
          ),
      }
    case 'issues':
      return {
        name,
        path: `${place}/issues`,
        query: { state: 'all', labels: repository.incidentLabel, ...(from === undefined ? {} : { since: from }) },
        tell: (items) =>
          gather(
            read(Issue, items),
            () => false,
            async (issue) => tellIssue(issue, repository),
          ),
      }
    case 'deployments':
      return {
        name,
        path: `${place}/deployments`,
        query: {},
        tell: (items) =>
          gather(
            read(Deployment.extend({ created_at: z.string() }), items),
            ({ created_at }) => isOld(created_at),
            async (deployment) => {
              const statuses = read(DeploymentStatus, await api.all(`${place}/deployments/${deployment.id}/statuses`))
              return statuses.flatMap((status) => tellDeployment(deployment, status, repository))
            },
          ),
      }
    default:
      return {
        name,
        path: `${place}/actions/runs`,
        within: 'workflow_runs',
        // Not by when they were made: GitHub tells no more than a thousand of those that are asked for so.
        query: {},
        tell: (items) =>
          gather(
            read(WorkflowRun, items),
            ({ created_at }) => isOld(created_at),
            async (run) => {
              const jobs = read(WorkflowJob, await api.all(`${place}/actions/runs/${run.id}/jobs`, 'jobs', { filter: 'all' }))
              return [...tellRun(run, repository), ...jobs.flatMap((job) => tellJob(job, repository))]
            },
          ),
      }
  }
}
