import path from 'node:path'
import { openHistory } from '../../src/connectors/git/history.ts'
import { Repository } from '../../src/flow/lineage/repository.ts'

/** Everything that is known of a repository in a folder, without a ledger. */
export async function openRepository(folder: string): Promise<Repository> {
  const repository = new Repository(path.basename(folder))
  const history = await openHistory(folder)
  for await (const commits of history.commits({ tips: [], cut: [], all: async () => new Set() })) repository.addCommits(commits as never)
  const { refs, head, trunk } = history.refs
  repository.addRefs({ repository: repository.name, refs: Object.fromEntries(refs), head: head!, trunk: trunk! }, { time: '', id: '' })
  return repository
}
