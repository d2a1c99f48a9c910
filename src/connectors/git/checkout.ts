import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { conflict, hasCode, refused } from '../../kernel/errors.ts'
import { askGit, git } from './command.ts'

/** A large tree on a slow disk. */
const timeoutMs = 15 * 60_000
/** A listing of some million files. */
const outputBytesMax = 256 * 1024 * 1024

/**
 * Git writes the tree itself, so that attributes and filters mean what they always mean, but through an index and a work tree
 * of our own: attributes are looked up there, not in the author's (perhaps changed) files.
 */
export async function checkout(gitFolder: string, sha: string, folder: string): Promise<void> {
  await refuseSubmodules(gitFolder, sha)
  await refuseLocalAttributes(gitFolder)
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) {
    throw conflict('FOLDER_NOT_EMPTY', { message: `cannot check out into "${folder}": it is not empty`, help: 'name a new folder' })
  }
  const index = `${folder}.index`
  const env = { GIT_DIR: gitFolder, GIT_WORK_TREE: folder, GIT_INDEX_FILE: index }
  await removeIndex(index)
  try {
    await git(folder, ['read-tree', sha], { env, timeoutMs })
    await refuseMissingLfs(folder, env)
    await git(folder, ['checkout-index', '--all', '--quiet'], { env, timeoutMs })
  } finally {
    await removeIndex(index)
  }
}

async function removeIndex(index: string): Promise<void> {
  await rm(index, { force: true })
  await rm(`${index}.lock`, { force: true }) // Of a git that was killed.
}

async function refuseSubmodules(gitFolder: string, sha: string): Promise<void> {
  const listing = await git(gitFolder, ['ls-tree', '-r', '-z', '--full-tree', sha], { timeoutMs, outputBytesMax })
  const paths = listing.split('\0').flatMap((line) => (line.startsWith('160000 ') ? [line.slice(line.indexOf('\t') + 1)] : []))
  if (paths.length === 0) return
  throw refused('SUBMODULES_UNSUPPORTED', {
    message: `commit ${sha.slice(0, 12)} has submodules, whose content it does not hold: ${quoted(paths)}`,
    help: 'bring the code into the repository (git subtree add) or depend on it as a package',
  })
}

/** `info/attributes` outranks the commit's own attributes and exists in this clone only. */
async function refuseLocalAttributes(gitFolder: string): Promise<void> {
  const common = (await git(gitFolder, ['rev-parse', '--git-common-dir'])).replace(/\n$/, '')
  const file = join(common.startsWith('/') ? '' : gitFolder, common, 'info/attributes')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return ''
    throw error
  })
  const line = text
    .split('\n')
    .findIndex((line) => /^\s*[^#\s].*\s-?!?(?:text|eol|crlf|ident|filter|working-tree-encoding|binary)\b/.test(line))
  if (line === -1) return
  throw refused('ATTRIBUTES_NOT_COMMITTED', {
    message: `"${file}" line ${line + 1} changes how files are written, in this clone only`,
    help: 'move the line to .gitattributes and commit it',
  })
}

async function refuseMissingLfs(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const stored = await git(folder, ['ls-files', '-z', '--', ':(attr:filter=lfs)'], { env, timeoutMs, outputBytesMax })
  const paths = stored.split('\0').filter((path) => path !== '')
  if (paths.length === 0) return
  const configured = await askGit(folder, ['config', '--get-regexp', '^filter\\.lfs\\.(process|smudge)$'], { env })
  if (configured.code === 0) return
  throw refused('LFS_NOT_INSTALLED', {
    message: `Git LFS holds the content of ${quoted(paths)}, and git knows no such filter here`,
    help: 'install git-lfs, then: git lfs install',
  })
}

function quoted(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map((path) => `"${path}"`)
  return `${shown.join(', ')}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`
}
