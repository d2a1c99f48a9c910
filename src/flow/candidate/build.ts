import { chmod, mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instant } from '../../kernel/clock.ts'
import { concurrently } from '../../kernel/concurrently.ts'
import type { Digest } from '../../kernel/digest.ts'
import type { Definition, Positions } from '../definition/definition.ts'
import { packArtifact } from './artifact.ts'
import { candidateDigest, environmentDigest } from './environment-digest.ts'
import { removeTree } from './folders.ts'
import { lockFilesOf } from './lock-files.ts'
import type { Commit, Repository } from './repository.port.ts'
import { listTree } from './tree.ts'

/** A clean checkout and what was read from it before the build. Plain JSON: the pipeline keeps it with its step. */
export type Checkout = {
  readonly commit: string
  readonly committedAt: Instant
  /** Commands of the build run here. Its last part is always `source`: some tools write the folder's name into what they make. */
  readonly folder: string
  /** TMPDIR of the build, beside the checkout. */
  readonly temporary: string
  readonly lockFiles: Readonly<Record<string, Digest>>
}

/** Everything a candidate is, and where its artifact stands. Plain JSON. */
export type Candidate = {
  readonly digest: Digest
  readonly commit: string
  readonly artifact: Digest
  readonly environment: Digest
  /** Of the unpacked artifact, read-only. */
  readonly folder: string
  readonly files: number
  readonly bytes: number
  readonly tools: Readonly<Record<string, string>>
  readonly lockFiles: Readonly<Record<string, Digest>>
}

/**
 * Writes the commit's tree to `<folder>/source`. The folder is ours: whatever an earlier try left there is removed first,
 * and `source` appears complete.
 * @throws what `Repository.checkout` throws, `FILE_NAME_INVALID`
 */
export async function prepareCheckout(request: {
  readonly repository: Repository
  readonly commit: Pick<Commit, 'sha' | 'committedAt'>
  readonly folder: string
}): Promise<Checkout> {
  const { repository, commit, folder } = request
  await removeTree(folder)
  const [unfinished, finished, temporary] = [join(folder, 'unfinished'), join(folder, 'source'), join(folder, 'tmp')]
  await mkdir(temporary, { recursive: true })
  await repository.checkout(commit.sha, unfinished)
  const entries = await listTree(unfinished)
  // Git follows the umask; a build may copy modes into what it makes.
  if (((await stat(unfinished)).mode & 0o777) !== 0o755) {
    await chmod(unfinished, 0o755)
    const folders = new Set(entries.flatMap((entry) => foldersAbove(entry.path)))
    await concurrently(16, [...folders], (path) => chmod(join(unfinished, path), 0o755))
    const files = entries.filter((entry) => entry.kind === 'file' || entry.kind === 'executable')
    await concurrently(16, files, (entry) => chmod(join(unfinished, entry.path), entry.kind === 'executable' ? 0o755 : 0o644))
  }
  const lockFiles = await lockFilesOf(unfinished, entries)
  await rename(unfinished, finished)
  return { commit: commit.sha, committedAt: commit.committedAt, folder: finished, temporary, lockFiles }
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/**
 * Packs what the build made and names the candidate. Safe to repeat: the same checkout gives the same candidate.
 * @param request.tools - what `readTools` found
 * @throws what `packArtifact` throws
 */
export async function finishCandidate(request: {
  readonly checkout: Checkout
  readonly definition: Definition
  readonly positions?: Positions | undefined
  readonly tools: Readonly<Record<string, string>>
  readonly store: string
}): Promise<Candidate> {
  const { checkout, definition, positions, tools, store } = request
  const artifact = await packArtifact({ from: checkout.folder, pack: definition.artifact.pack, store, positions })
  const environment = environmentDigest({ definition, lockFiles: checkout.lockFiles, tools })
  return {
    digest: candidateDigest({ commit: checkout.commit, artifact: artifact.digest, environment }),
    commit: checkout.commit,
    artifact: artifact.digest,
    environment,
    folder: artifact.folder,
    files: artifact.files,
    bytes: artifact.bytes,
    tools,
    lockFiles: checkout.lockFiles,
  }
}
