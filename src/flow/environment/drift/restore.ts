import { chmod, copyFile, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '../../../kernel/digest.ts'
import { refused } from '../../../kernel/errors.ts'
import { makeTurns } from '../../../kernel/turns.ts'
import { receiveArtifact } from '../../candidate/artifact.ts'
import { exists, removeTree, setFolderModes } from '../../candidate/folders.ts'
import { compareTrees, digestOfTree, listTree, type TreeEntry } from '../../candidate/tree.ts'

/** Another copy of the artifact, unpacked into a folder that is not there yet. @returns false: there is none */
export type Spare = (digest: Digest, folder: string) => Promise<boolean>

// Environments share artifacts.
const inTurn = makeTurns<string>()

/**
 * Makes an artifact's folder what it was, file by file, so that what stands in it goes on standing there.
 * @param folder - `<store>/<hex>/tree`
 * @throws ThreewaysError `ARTIFACT_WITHOUT_SPARE`, `ARTIFACT_DAMAGED`
 */
export function restoreArtifact(folder: string, digest: Digest, spare: Spare): Promise<void> {
  return inTurn(folder, async () => {
    const isRight = (await exists(folder)) && (await digestOfTree(folder)) === digest
    return isRight ? setFolderModes(folder, 0o555) : restore(folder, digest, spare)
  })
}

async function restore(folder: string, digest: Digest, spare: Spare): Promise<void> {
  const store = path.dirname(path.dirname(folder))
  const place = await mkdtemp(path.join(path.dirname(store), 'healing-'))
  try {
    const right = path.join(place, 'tree')
    if (!(await spare(digest, right))) {
      throw refused('ARTIFACT_WITHOUT_SPARE', {
        message: `there is no other copy of artifact ${digest} to put its files right from`,
        help: 'build the candidate again, or deliver another',
      })
    }
    if (await exists(folder)) await copyWhatDiffers(right, folder)
    else await receiveArtifact({ from: right, store, digest })
    const found = await digestOfTree(folder)
    if (found === digest) return
    throw refused('ARTIFACT_DAMAGED', { message: `artifact ${digest} was put right and is ${found}`, help: 'see who writes into it' })
  } finally {
    await removeTree(place)
  }
}

async function copyWhatDiffers(right: string, folder: string): Promise<void> {
  await setFolderModes(folder, 0o755)
  const entries = await listTree(right)
  const wanted = new Map(entries.map((entry) => [entry.path, entry]))
  for (const { path: at } of await compareTrees(right, folder)) {
    const entry = wanted.get(at)
    if (entry === undefined) await removeTree(path.join(folder, at))
    else await replace(path.join(right, at), path.join(folder, at), entry)
  }
  for (const { path: at, kind } of entries) {
    if (kind === 'file' || kind === 'executable') await chmod(path.join(folder, at), kind === 'executable' ? 0o555 : 0o444)
  }
  await setFolderModes(folder, 0o555)
}

async function replace(from: string, to: string, { kind, target }: TreeEntry): Promise<void> {
  if (kind === 'folder') return void (await mkdir(to, { recursive: true }))
  await mkdir(path.dirname(to), { recursive: true })
  const beside = `${to}.healing`
  await rm(beside, { force: true })
  if (kind === 'link') await symlink(target, beside)
  else await copyFile(from, beside)
  if (await exists(to)) await removeTree(to)
  await rename(beside, to)
}
