import { stat } from 'node:fs/promises'
import { invalid, notFound, refused, tooLarge } from '../../kernel/errors.ts'
import type { Commit, DirtyFile, Repository } from '../../flow/candidate/repository.port.ts'
import { authors } from './authors.ts'
import { checkout } from './checkout.ts'
import { compare, patch } from './compare.ts'
import { askGit, failureOf, git } from './command.ts'
import { commitFormat, parseCommit } from './commit.ts'
import { revertedIn } from './reverts.ts'

const fileBytesMax = 16 * 1024 * 1024

/**
 * Opens the repository that holds `folder`: a work tree or one of its folders, a linked work tree, or a bare repository.
 * @throws ThreewaysError `FOLDER_NOT_FOUND`, `NOT_A_REPOSITORY`, `REPOSITORY_NOT_TRUSTED`, `GIT_NOT_FOUND`
 */
export async function openRepository(folder: string): Promise<Repository> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw notFound('FOLDER_NOT_FOUND', { message: `there is no folder "${folder}"`, help: 'name the folder of a git repository' })
  }
  const line = async (...args: string[]) => (await git(folder, args)).replace(/\n$/, '')
  const gitFolder = await line('rev-parse', '--absolute-git-dir')
  const hasWorkTree = (await line('rev-parse', '--is-inside-work-tree')) === 'true'
  const root = hasWorkTree ? await line('rev-parse', '--show-toplevel') : gitFolder
  return {
    root,
    resolve: (revision) => resolve(root, revision),
    checkout: async (sha, target) => checkout(gitFolder, fullName(sha), target),
    branchesContaining: async (sha) => branchesContaining(root, fullName(sha), ['refs/heads', 'refs/remotes']),
    isOnBranch: async (sha, branch) =>
      (await branchesContaining(root, fullName(sha), [`refs/heads/${branch}`, `refs/remotes/*/${branch}`])).includes(branch),
    currentBranch: () => symbolic(root, 'HEAD', 'refs/heads/'),
    trunk: () => trunk(root, hasWorkTree),
    dirtyFiles: async () => (hasWorkTree ? dirtyFiles(root) : []),
    readFile: async (sha, path) => readFile(root, fullName(sha), path),
    authors: async (from, to) => {
      await Promise.all([from ?? to, to].map((sha) => resolve(root, fullName(sha))))
      return authors(root, from, to)
    },
    revertedIn: async (sha) => revertedIn(root, fullName(sha)),
    compare: async (from, to) => {
      await Promise.all([resolve(root, fullName(from)), resolve(root, fullName(to))])
      return compare(root, from, to)
    },
    patch: async (from, to, path, previous) =>
      patch(root, fullName(from), fullName(to), previous === undefined ? [path] : [previous, path]),
  }
}

function fullName(sha: string): string {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha)) return sha
  throw invalid('COMMIT_NAME_INVALID', { message: `"${sha}" is not the full name of a commit: 40 or 64 hex digits` })
}

async function resolve(root: string, revision: string): Promise<Commit> {
  // A leading dash would be an option to older gits; a NUL cannot be passed at all.
  if (/^-|\0|^$/.test(revision)) throw invalid('REVISION_UNKNOWN', { message: `"${revision.replaceAll('\0', '\\0')}" is not a revision` })
  const args = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]
  const found = await askGit(root, args)
  if (found.code !== 0) throw await unresolved(root, revision, found.stderr, () => failureOf(root, args, found))
  const sha = found.stdout.trim()
  return parseCommit(await git(root, ['show', '--no-patch', '--no-notes', `--format=${commitFormat}`, '--end-of-options', sha, '--']))
}

async function unresolved(root: string, revision: string, said: string, otherwise: () => Error): Promise<Error> {
  if (/ambiguous/.test(said)) {
    return invalid('REVISION_AMBIGUOUS', { message: `more than one object of "${root}" is named "${revision}"`, help: 'give more digits' })
  }
  if (!/Needed a single revision|expected commit|not a valid object|bad object|unknown revision/i.test(said)) return otherwise()
  if (
    (await git(root, ['rev-list', '--all', '--max-count=1'])) === '' &&
    (await askGit(root, ['rev-parse', '--verify', 'HEAD'])).code !== 0
  ) {
    return refused('REPOSITORY_EMPTY', {
      message: `the repository "${root}" has no commit yet`,
      help: 'make the first: git add . && git commit -m "first"',
    })
  }
  const shallow = (await git(root, ['rev-parse', '--is-shallow-repository'])).trim() === 'true'
  return notFound('REVISION_UNKNOWN', {
    message: `no commit of "${root}" is named "${revision}"${shallow ? ', and it is a shallow clone' : ''}`,
    help: shallow ? 'fetch the rest: git fetch --unshallow' : 'list what there is: git log --oneline --all; or fetch it: git fetch',
  })
}

async function branchesContaining(root: string, sha: string, patterns: readonly string[]): Promise<readonly string[]> {
  return branchNames(await git(root, ['for-each-ref', `--contains=${sha}`, '--format=%(refname)', ...patterns]))
}

/** Names without `refs/heads/` or `refs/remotes/<remote>/`. */
function branchNames(refs: string): readonly string[] {
  const names = refs.split('\n').flatMap((ref) => {
    const [, kind, name] = /^refs\/(heads|remotes\/[^/]+)\/(.+)$/.exec(ref) ?? []
    return name === undefined || (kind !== 'heads' && name === 'HEAD') ? [] : [name]
  })
  return [...new Set(names)]
}

async function symbolic(root: string, ref: string, prefix: string): Promise<string | undefined> {
  const { code, stdout } = await askGit(root, ['symbolic-ref', '--quiet', ref])
  const target = stdout.replace(/\n$/, '')
  return code === 0 && target.startsWith(prefix) ? target.slice(prefix.length) : undefined
}

async function trunk(root: string, hasWorkTree: boolean): Promise<string> {
  const published = await symbolic(root, 'refs/remotes/origin/HEAD', 'refs/remotes/origin/')
  if (published !== undefined) return published
  const current = await symbolic(root, 'HEAD', 'refs/heads/')
  if (!hasWorkTree && current !== undefined) return current
  const configured = (await askGit(root, ['config', '--get', 'init.defaultBranch'])).stdout.trim()
  const names = branchNames(await git(root, ['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/remotes']))
  const usual = [configured, 'main', 'master'].find((name) => names.includes(name))
  if (usual !== undefined) return usual
  if (current !== undefined) return current
  throw notFound('TRUNK_UNKNOWN', {
    message: `cannot tell which branch of "${root}" goes to production: no branch is checked out, and none is named main or master`,
    help: 'name it: git remote set-head origin --auto, or git config init.defaultBranch <branch>',
  })
}

async function dirtyFiles(root: string): Promise<readonly DirtyFile[]> {
  const args = ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=normal', '--ignore-submodules=none']
  const status = await git(root, args, { timeoutMs: 5 * 60_000, outputBytesMax: 256 * 1024 * 1024 })
  return status.split('\0').flatMap((line) => {
    if (line === '') return []
    return [{ path: line.slice(3), kind: line.startsWith('??') ? 'untracked' : 'changed' }]
  })
}

async function readFile(root: string, sha: string, path: string): Promise<string | undefined> {
  if (path === '') return undefined
  const listed = await git(root, ['ls-tree', '-z', '-l', '--full-tree', sha, '--', path])
  const [, mode, kind, object, size] = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t/.exec(listed) ?? []
  if (object === undefined) return undefined
  if (kind !== 'blob' || mode === '120000') {
    throw invalid('FILE_NOT_REGULAR', {
      message: `"${path}" in commit ${sha.slice(0, 12)} is not a plain file`,
      help: 'commit it as a file',
    })
  }
  if (Number(size) > fileBytesMax) {
    throw tooLarge('FILE_TOO_LARGE', {
      message: `"${path}" in commit ${sha.slice(0, 12)} has ${size} bytes; at most ${fileBytesMax} are read`,
    })
  }
  return git(root, ['cat-file', 'blob', object], { outputBytesMax: fileBytesMax })
}
