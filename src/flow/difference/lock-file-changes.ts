import type { CandidateRow } from '../candidate/projection.ts'
import type { Repository } from '../candidate/repository.port.ts'
import { comparePackages, type Pinned } from './compare.ts'
import type { ReadPackages } from './packages.port.ts'
import type { Difference } from './schemas.ts'

const changesMax = 1000

type LockFiles = Readonly<Record<string, string>>

/** Reads only lock files whose digests differ: the others say the same. @throws ThreewaysError as `Repository.readFile` */
export async function packagesBetween(
  read: ReadPackages,
  repository: Pick<Repository, 'readFile'>,
  from: CandidateRow,
  to: CandidateRow,
): Promise<NonNullable<Difference['packages']>> {
  const [old, next] = [(from.lockFiles ?? {}) as LockFiles, (to.lockFiles ?? {}) as LockFiles]
  const pinned = async (files: LockFiles, commit: string, path: string): Promise<Pinned | 'unread' | undefined> => {
    if (files[path] === undefined) return undefined
    const text = await repository.readFile(commit, path)
    return (text === undefined ? undefined : read(path, text)) ?? 'unread'
  }
  const unread: string[] = []
  const changes: NonNullable<Difference['packages']>['changes'] = []
  let same = 0
  for (const path of [...new Set([...Object.keys(old), ...Object.keys(next)])].toSorted()) {
    if (old[path] === next[path]) continue
    const [a, b] = await Promise.all([pinned(old, from.commit!, path), pinned(next, to.commit!, path)])
    if (a === 'unread' || b === 'unread') {
      unread.push(path)
      continue
    }
    const compared = comparePackages(path, a, b)
    changes.push(...compared.changes)
    same += compared.same
  }
  return { changes: changes.slice(0, changesMax), total: changes.length, same, unread }
}
