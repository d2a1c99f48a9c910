import { posix } from 'node:path'
import { concurrently } from '../../kernel/concurrently.ts'
import type { Digest } from '../../kernel/digest.ts'
import { contentOf, type TreeEntry } from './tree.ts'

/** Files by which package managers pin what they install. */
const names = new Set([
  '.terraform.lock.hcl',
  'Cargo.lock',
  'Gemfile.lock',
  'Package.resolved',
  'Pipfile.lock',
  'Podfile.lock',
  'bun.lock',
  'bun.lockb',
  'composer.lock',
  'deno.lock',
  'flake.lock',
  'go.sum',
  'gradle.lockfile',
  'mix.lock',
  'npm-shrinkwrap.json',
  'package-lock.json',
  'packages.lock.json',
  'pdm.lock',
  'pnpm-lock.yaml',
  'poetry.lock',
  'pubspec.lock',
  'uv.lock',
  'yarn.lock',
])

/**
 * The lock files of a clean checkout, in every folder of it: a part of a larger repository pins its own. Taken before the
 * build, so that nothing a build installs or rewrites is among them.
 */
export async function lockFilesOf(folder: string, entries: readonly TreeEntry[]): Promise<Readonly<Record<string, Digest>>> {
  const found = entries.filter((entry) => names.has(posix.basename(entry.path)) && (entry.kind === 'file' || entry.kind === 'executable'))
  const digests = new Map<string, Digest>()
  await concurrently(16, found, async (entry) => {
    digests.set(entry.path, `sha256:${await contentOf(folder, entry)}`)
  })
  return Object.fromEntries([...digests].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
