import type { CommitStatus, TellStatus } from '../../flow/commit-status/commit-status.port.ts'
import { cut, post, type Host } from './ask.ts'

const descriptionCharsMax = 140
const states = { pending: 'pending', running: 'pending', success: 'success', failure: 'failure', error: 'error' } as const satisfies Record<
  CommitStatus['state'],
  string
>

/**
 * GitHub, also Enterprise (`https://<host>/api/v3`): docs.github.com/rest/commits/statuses.
 * @param repository - `owner/name`
 */
export function githubStatus({ api, token }: Host, repository: string): TellStatus {
  const headers = { accept: 'application/vnd.github+json', authorization: `Bearer ${token}`, 'x-github-api-version': '2022-11-28' }
  const place = repository.split('/').map(encodeURIComponent).join('/')
  return ({ commit, context, state, description, url }, signal) =>
    post(
      `${api}/repos/${place}/statuses/${commit}`,
      headers,
      {
        state: states[state],
        context,
        description: cut(description, descriptionCharsMax),
        ...(url === undefined ? {} : { target_url: url }),
      },
      signal,
    )
}
