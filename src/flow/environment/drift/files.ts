import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../../kernel/digest.ts'
import { shortDigest } from '../../../kernel/digest.ts'
import { messageOf } from '../../../kernel/errors.ts'
import { readManifest, type Manifest } from '../../candidate/artifact.ts'
import { contentOf, contentsOf, digestOfContents, listTree, type TreeEntry } from '../../candidate/tree.ts'
import type { Drift } from './facts.port.ts'
import { watchFolders, type FolderWatch } from './folder-watch.ts'
import { outlineOf, type Outlined } from './outline.ts'

/** Named one by one; of more only their number is told. */
const namedMax = 10

/** A folder as it was when its digest was the one it should have. */
type Baseline = {
  readonly entries: ReadonlyMap<string, TreeEntry & { readonly content: string }>
  readonly outline: ReadonlyMap<string, Outlined>
}

type Known = {
  /** Undefined: it was never seen as it should be. */
  readonly baseline: Baseline | undefined
  outline: ReadonlyMap<string, Outlined>
  drifts: readonly Drift[]
  dirty: boolean
  nextSweepMs: number
}

export type Files = ReturnType<typeof makeFiles>

/**
 * Sees which files of artifacts are not as they were packed. A change is told by the system where it can (inotify); a walk over
 * sizes, times and modes every few seconds finds what was not told. Only files that look different are read.
 *
 * @param changed - something may be different: look now
 */
export function makeFiles(changed: () => void) {
  const known = new Map<string, Known>()
  const watches = new Map<string, FolderWatch>()

  async function firstLook(folder: string, digest: Digest): Promise<Known> {
    const outline = await outlineOf(folder)
    const entries = await listTree(folder)
    const contents = await contentsOf(folder, entries)
    const found = digestOfContents(entries, contents)
    const state = { outline, dirty: false, nextSweepMs: 0 }
    if (found === digest) return { ...state, baseline: { entries: withContents(entries, contents), outline }, drifts: [] }
    const manifest = await readManifest(folder, digest)
    const baseline = manifest && asPacked(manifest)
    const whole: Drift = { kind: 'file-changed', subject: 'artifact', expected: shortDigest(digest), observed: shortDigest(found) }
    return { ...state, baseline, drifts: baseline ? named(await differences(folder, baseline, outline)) : [whole] }
  }

  async function lookAgain(folder: string, before: Known): Promise<void> {
    before.dirty = false
    const outline = await outlineOf(folder)
    const isSame =
      outline.size === before.outline.size && [...outline].every(([at, { signature }]) => before.outline.get(at)?.signature === signature)
    if (isSame) return
    before.outline = outline
    before.drifts = named(await differences(folder, before.baseline!, outline))
  }

  async function look(folder: string, digest: Digest): Promise<readonly Drift[]> {
    if (!existsSync(folder)) return gone(folder)
    const before = known.get(folder)
    const began = performance.now()
    if (before && !before.dirty && began < before.nextSweepMs) return before.drifts
    if (before?.baseline) await lookAgain(folder, before)
    // Never seen as it should be: nothing to compare with but the whole.
    else known.set(folder, await firstLook(folder, digest))
    const now = known.get(folder)!
    const cost = performance.now() - began
    now.nextSweepMs = performance.now() + Math.max(3_500, 20 * cost)
    watch(folder, now)
    return now.drifts
  }

  function watch(folder: string, { outline }: Known): void {
    const folders = ['', ...[...outline].flatMap(([at, { folder: isFolder }]) => (isFolder ? [at] : []))]
    const said = () => {
      const now = known.get(folder)
      if (now) now.dirty = true
      changed()
    }
    const watch = watches.get(folder) ?? watchFolders(folder, said)
    watches.set(folder, watch)
    watch.keep(folders)
  }

  return {
    /** Cheap when nothing changed. */
    async look(folder: string, digest: Digest): Promise<readonly Drift[]> {
      try {
        return await look(folder, digest)
      } catch (error) {
        // Something vanished while we walked: the next look tells what.
        const before = known.get(folder)
        if (before) before.dirty = true
        return before?.drifts ?? [unreadable(error)]
      }
    },
    /** They were put right: read them anew. */
    forget(folder: string): void {
      known.delete(folder)
    },
    /** Of all others nothing is needed any more. */
    keepOnly(folders: ReadonlySet<string>): void {
      for (const folder of known.keys()) if (!folders.has(folder)) known.delete(folder)
      for (const [folder, watch] of watches) {
        if (folders.has(folder)) continue
        watch.close()
        watches.delete(folder)
      }
    },
    close(): void {
      this.keepOnly(new Set())
    },
  }
}

const withContents = (entries: readonly TreeEntry[], contents: readonly string[]) =>
  new Map(entries.map((entry, index) => [entry.path, { ...entry, content: contents[index]! }]))

/** Of a folder that was changed before anybody looked: everything in it has to be read once. */
function asPacked({ entries, contents }: Manifest): Baseline {
  const outline = new Map<string, Outlined>()
  const unread = { signature: 'never seen' }
  for (const { path: at, kind } of entries) {
    const mode = kind === 'file' ? 0o444 : kind === 'link' ? 0o777 : 0o555
    outline.set(at, { ...unread, folder: kind === 'folder', mode })
    for (let above = path.dirname(at); above !== '.'; above = path.dirname(above))
      outline.set(above, { ...unread, folder: true, mode: 0o555 })
  }
  return { entries: withContents(entries, contents), outline }
}

const gone = (folder: string): readonly Drift[] => [
  { kind: 'file-removed', subject: 'artifact', expected: `the artifact's folder ${folder}`, observed: 'it is gone' },
]

const unreadable = (error: unknown): Drift => ({
  kind: 'file-changed',
  subject: 'artifact',
  expected: 'a folder that can be read',
  observed: messageOf(error),
})

/** Of paths that look different now. Sorted by path. */
async function differences(folder: string, baseline: Baseline, outline: ReadonlyMap<string, Outlined>): Promise<readonly Drift[]> {
  const found: Drift[] = []
  for (const [at, before] of baseline.outline) {
    const now = outline.get(at)
    if (now === undefined) found.push({ kind: 'file-removed', subject: at, expected: 'as packed', observed: 'it is gone' })
    else if (now.signature !== before.signature) found.push(...(await difference(folder, at, { before, now, baseline })))
  }
  for (const [at, { folder: isFolder }] of outline) {
    if (baseline.outline.has(at)) continue
    found.push({ kind: 'file-added', subject: at, expected: 'nothing', observed: isFolder ? 'a folder' : 'a file' })
  }
  return found.toSorted((a, b) => (a.subject < b.subject ? -1 : 1))
}

type Looks = { readonly before: Outlined; readonly now: Outlined; readonly baseline: Baseline }

async function difference(folder: string, at: string, { before, now, baseline }: Looks): Promise<readonly Drift[]> {
  const packed = baseline.entries.get(at)
  if (packed !== undefined && !now.folder) {
    const [entry] = await listTree(folder, [at])
    const content = entry === undefined ? undefined : await contentOf(folder, entry)
    if (content !== packed.content)
      return [{ kind: 'file-changed', subject: at, expected: told(packed.content), observed: told(content ?? 'unreadable') }]
  }
  if (now.mode === before.mode) return []
  return [{ kind: 'file-mode', subject: at, expected: octal(before.mode), observed: octal(now.mode) }]
}

const octal = (mode: number) => mode.toString(8).padStart(4, '0')
const told = (content: string) => (/^[0-9a-f]{64}$/.test(content) ? `sha256 ${content.slice(0, 12)}` : content)

function named(all: readonly Drift[]): readonly Drift[] {
  if (all.length <= namedMax) return all
  const others: Drift = {
    ...all[namedMax]!,
    subject: 'other files',
    expected: 'as packed',
    observed: `${all.length - namedMax} more differ`,
  }
  return [...all.slice(0, namedMax), others]
}
