import { chmod, constants, copyFile, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { concurrently } from '../../kernel/concurrently.ts'
import type { Digest } from '../../kernel/digest.ts'
import { hasCode, internal, notFound, unavailable } from '../../kernel/errors.ts'
import { identify, isAlive, run } from '../../kernel/process.ts'
import type { Positions } from '../definition/definition.ts'
import { packRoots, refuseEscapingLinks } from './pack-paths.ts'
import { exists, removeTree, setFolderModes } from './folders.ts'
import { contentsOf, digestOfContents, digestOfEntries, digestOfTree, listTree, type TreeEntry } from './tree.ts'

export type Artifact = {
  readonly digest: Digest
  /** `<store>/<hex>/tree`, read-only. */
  readonly folder: string
  readonly files: number
  readonly bytes: number
}

/** What each file held when it was packed; proven by the artifact's digest. Beside `tree`, so that a change can be named. */
export type Manifest = { readonly entries: readonly TreeEntry[]; readonly contents: readonly string[] }

const manifestFile = 'manifest.json'

/**
 * @param folder - `<store>/<hex>/tree`
 * @returns undefined: there is none, or none that gives this digest
 */
export async function readManifest(folder: string, digest: Digest): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(dirname(folder), manifestFile), 'utf8')) as Manifest
    return digestOfContents(manifest.entries, manifest.contents) === digest ? manifest : undefined
  } catch {
    return undefined
  }
}

export type Packing = {
  /** The checkout after the build. */
  readonly from: string
  readonly pack: readonly string[]
  readonly store: string
  readonly positions?: Positions | undefined
}

let packings = 0

/**
 * Puts a folder that came from elsewhere into the store, if it is what it should be.
 * @throws ThreewaysError `ARTIFACT_DAMAGED`, and as `packArtifact`
 */
export async function receiveArtifact(request: {
  readonly from: string
  readonly store: string
  readonly digest: Digest
}): Promise<Artifact> {
  const { from, store, digest } = request
  const entries = await listTree(from)
  const found = await digestOfEntries(from, entries)
  if (found !== digest) {
    throw internal('ARTIFACT_DAMAGED', {
      message: `artifact ${digest} arrived as ${found}`,
      help: 'run the step again; if it stays so, look after the disks and the network',
    })
  }
  await refuseEscapingLinks(from, entries)
  return keep(from, entries, store)
}

/**
 * Copies what is to be packed into the store, under the digest of what was copied. The artifact appears whole, on disk and
 * read-only, or not at all; asking again, or from several processes at once, gives the same one.
 * @throws ThreewaysError `PACK_MISSING`, `PACK_ESCAPES`, `FILE_SPECIAL`, `FILE_NAME_INVALID`, `DISK_FULL`
 */
export async function packArtifact({ from, pack, store, positions }: Packing): Promise<Artifact> {
  const entries = await listTree(from, await packRoots(from, pack, positions))
  await refuseEscapingLinks(from, entries)
  return keep(from, entries, store)
}

async function keep(from: string, entries: readonly TreeEntry[], store: string): Promise<Artifact> {
  await removeLeftovers(store)
  const self = await identify(process.pid)
  const place = join(store, `${++packings}.new.${process.pid}.${encodeURIComponent(self?.startedAt ?? '')}`)
  const tree = join(place, 'tree')
  try {
    await copyEntries(from, tree, entries)
    const contents = await contentsOf(tree, entries)
    const digest = digestOfContents(entries, contents)
    await writeFile(join(place, manifestFile), JSON.stringify({ entries, contents } satisfies Manifest))
    await flush(place)
    await appear(place, join(store, hexOf(digest)))
    const files = entries.filter((entry) => entry.kind === 'file' || entry.kind === 'executable')
    return { digest, folder: artifactFolder(store, digest), files: files.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0) }
  } catch (error) {
    await removeTree(place)
    if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT')) throw error
    throw unavailable('DISK_FULL', {
      message: `no space is left in "${store}" for an artifact of ${entries.length} files`,
      help: 'free some space and run the step again; nothing half-written was kept',
      cause: error,
    })
  }
}

/** Where an artifact stands, whether or not it does. */
export function artifactFolder(store: string, digest: Digest): string {
  return join(store, hexOf(digest), 'tree')
}

/**
 * Reads a stored artifact back and compares.
 * @throws ThreewaysError `ARTIFACT_MISSING`, `ARTIFACT_DAMAGED`
 */
export async function verifyArtifact(store: string, digest: Digest): Promise<void> {
  const folder = artifactFolder(store, digest)
  const help = 'build the candidate again from its commit'
  if (!(await exists(folder))) throw notFound('ARTIFACT_MISSING', { message: `there is no artifact ${digest} in "${store}"`, help })
  const found = await digestOfTree(folder)
  if (found !== digest) throw internal('ARTIFACT_DAMAGED', { message: `artifact ${digest} was changed: it is now ${found}`, help })
}

/** Safe to repeat. A reader sees it whole or not at all. */
export async function removeArtifact(store: string, digest: Digest): Promise<void> {
  const place = join(store, hexOf(digest))
  const gone = `${place}.gone`
  await removeTree(gone)
  try {
    await rename(place, gone)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  await removeTree(gone)
}

/**
 * Removes every artifact but these, and what crashes left behind. Call it only when no candidate is being finished: an
 * artifact is packed before anything names it.
 * @returns the artifacts removed
 */
export async function pruneArtifacts(store: string, keep: ReadonlySet<Digest>): Promise<readonly Digest[]> {
  await removeLeftovers(store)
  const stored = (await namesIn(store)).filter((name) => /^[0-9a-f]{64}$/.test(name)).map((hex): Digest => `sha256:${hex}`)
  const removed = stored.filter((digest) => !keep.has(digest))
  for (const digest of removed) await removeArtifact(store, digest)
  return removed
}

async function copyEntries(from: string, tree: string, entries: readonly TreeEntry[]): Promise<void> {
  await mkdir(tree, { recursive: true })
  const folders = new Set(entries.map((entry) => (entry.kind === 'folder' ? entry.path : dirname(entry.path))))
  for (const folder of folders) await mkdir(join(tree, folder), { recursive: true })
  await concurrently(16, entries, async (entry) => {
    const target = join(tree, entry.path)
    if (entry.kind === 'folder') return
    if (entry.kind === 'link') return symlink(entry.target, target)
    // Shares the blocks where the file system can.
    await copyFile(join(from, entry.path), target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    await chmod(target, entry.kind === 'executable' ? 0o555 : 0o444)
  })
  await setFolderModes(tree, 0o555)
}

/** One call for all files: an fsync for each takes seven times as long. */
async function flush(folder: string): Promise<void> {
  const options = { timeoutMs: 10 * 60_000 }
  if (process.platform === 'linux' && (await run('sync', ['-f', folder], options)).code === 0) return
  await run('sync', [], options)
}

async function appear(place: string, final: string): Promise<void> {
  try {
    await rename(place, final)
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error
    await removeTree(place) // Another packed the same bytes first.
  }
}

/** What a killed process left half done. What a living one is doing stays. */
async function removeLeftovers(store: string): Promise<void> {
  for (const name of await namesIn(store)) {
    if (/^[0-9a-f]{64}\.gone$/.test(name)) await removeTree(join(store, name))
    const [, pid, startedAt] = /^\d+\.new\.(\d+)\.(.*)$/.exec(name) ?? []
    if (pid === undefined || startedAt === undefined) continue
    if (!(await isAlive({ pid: Number(pid), startedAt: decodeURIComponent(startedAt) }))) await removeTree(join(store, name))
  }
}

async function namesIn(store: string): Promise<readonly string[]> {
  await mkdir(store, { recursive: true })
  return readdir(store)
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}
