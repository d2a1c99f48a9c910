import type { CommitStatus, TellStatus } from '../../flow/commit-status/commit-status.port.ts'
import { cut, post, type Host } from './ask.ts'

const descriptionCharsMax = 255
const states = {
  pending: 'pending',
  running: 'running',
  success: 'success',
  failure: 'failed',
  error: 'canceled',
} as const satisfies Record<CommitStatus['state'], string>

/**
 * GitLab, also self-hosted (`https://<host>/api/v4`): docs.gitlab.com/api/commits, "Set commit pipeline status".
 * @param repository - the project's number, or its path with its groups
 */
export function gitlabStatus({ api, token }: Host, repository: string): TellStatus {
  return async ({ commit, context, state, description, url }, signal) => {
    const body = {
      state: states[state],
      name: context,
      description: cut(description, descriptionCharsMax),
      ...(url === undefined ? {} : { target_url: url }),
    }
    const told = await post(
      `${api}/projects/${encodeURIComponent(repository)}/statuses/${commit}`,
      { 'private-token': token },
      body,
      signal,
    )
    // It refuses to be told a second time what it shows already.
    if (told.told === 'later' && told.status === 400 && /cannot transition status/i.test(told.why)) return { told: true }
    return told
  }
}
