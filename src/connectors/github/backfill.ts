import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import type { Told } from '../../flow/history/history.port.ts'
import type { Api } from './api.ts'
import { Deployment, DeploymentStatus, Issue, Pull, Review, WorkflowJob, WorkflowRun } from './objects.ts'
import { tellDeployment, tellIssue, tellJob, tellPull, tellReview, tellRun, type Repository } from './tell.ts'

/** The lists that are read, in this order. */
export const lists = ['pulls', 'issues', 'deployments', 'runs'] as const
export type List = (typeof lists)[number]

/** How far a list was read. Kept by whoever asks, so that it goes on after a kill and reads only what is new the next time. */
export type Mark = {
  /** The pass that is under way: when it began, and the page that it comes to next. */
  readonly under?: { readonly began: string; readonly next: string }
  /** All that was altered before was read. */
  readonly whole?: string
}

/** A page's worth; `mark` holds once it is recorded. */
export type Piece = { readonly list: List; readonly told: readonly Told[]; readonly mark: Mark }

/** Asked at once of the same host. */
const atOnce = 6
/** What was begun so long before may still get reviews, attempts or statuses. */
const overlapMs = 7 * 86_400_000

/**
 * What a repository's host knows of the past, the newest first. Told the same as by webhooks.
 * @param since - nothing that was altered before, RFC 3339
 * @throws ThreewaysError as the API does, and `HOST_STRANGE` for what is not as GitHub documents it
 */
export async function* backfill(
  api: Api,
  repository: Repository,
  marks: Readonly<Partial<Record<List, Mark>>>,
  since: string | undefined,
  now: string,
): AsyncGenerator<Piece> {
  for (const list of lists) {
    const mark = marks[list] ?? {}
    const from = mark.whole === undefined ? since : later(since, earlier(mark.whole))
    const began = mark.under?.began ?? now
    const { within, path, tell, query } = reader(list, api, repository, from)
    for (let url: string | undefined = mark.under?.next ?? api.first(path, query); url !== undefined;) {
      const page: { readonly items: readonly unknown[]; readonly next: string | undefined } = await api.page(url, within)
      const { told, reached } = await tell(page.items)
      url = reached ? undefined : page.next
      yield { list, told, mark: url === undefined ? { whole: began } : { ...mark, under: { began, next: url } } }
    }
  }
}

type Reader = {
  readonly path: string
  readonly within?: string
  readonly query: Readonly<Record<string, string>>
  /** `reached`: what follows is older than what is asked for. */
  tell(items: readonly unknown[]): Promise<{ readonly told: readonly Told[]; readonly reached: boolean }>
}

function reader(list: List, api: Api, repository: Repository, from: string | undefined): Reader {
  const place = `/repos/${repository.name.split('/').map(encodeURIComponent).join('/')}`
  const isOld = (at: string) => from !== undefined && at < from
  switch (list) {
    case 'pulls':
      return {
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
    case 'runs':
      return {
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

async function gather<One>(
  items: readonly One[],
  isOld: (one: One) => boolean,
  tell: (one: One) => Promise<readonly Told[]>,
): Promise<{ readonly told: readonly Told[]; readonly reached: boolean }> {
  const fresh = items.filter((one) => !isOld(one))
  const told: (readonly Told[])[] = []
  for (let at = 0; at < fresh.length; at += atOnce) told.push(...(await Promise.all(fresh.slice(at, at + atOnce).map(tell))))
  return { told: told.flat(), reached: fresh.length < items.length }
}

function read<Shape extends z.ZodType>(shape: Shape, items: readonly unknown[]): readonly z.infer<Shape>[] {
  const result = z.array(shape).safeParse(items)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  throw invalid('HOST_STRANGE', { message: `an answer is not as GitHub documents it: /${path.join('/')} ${message}` })
}

const earlier = (time: string) => new Date(Date.parse(time) - overlapMs).toISOString()
const later = (a: string | undefined, b: string) => (a === undefined || a < b ? b : a)
