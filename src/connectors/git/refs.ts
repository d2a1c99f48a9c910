import type { ToldRefs } from '../../flow/history/commits.port.ts'
import { askGit, git } from './command.ts'

const outputBytesMax = 256 * 1024 * 1024
/** A longer name is nobody's. */
const nameMax = 1000

/** Where branches and tags stand, of this repository and of those it was cloned from. */
export async function readRefs(root: string): Promise<ToldRefs> {
  const fields = ['%(refname)', '%(objecttype)', '%(objectname)', '%(*objecttype)', '%(*objectname)'].join(' ')
  const [listed, head, current, published, bare] = await Promise.all([
    git(root, ['for-each-ref', `--format=${fields}`, 'refs/heads', 'refs/remotes', 'refs/tags'], { outputBytesMax }),
    askGit(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', 'HEAD^{commit}']),
    askGit(root, ['symbolic-ref', '--quiet', 'HEAD']),
    askGit(root, ['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD']),
    git(root, ['rev-parse', '--is-bare-repository']),
  ])
  const refs = new Map<string, string>()
  for (const line of listed.split('\n')) {
    // A tag may stand for a tag, a file or a tree: only commits are told. No name holds a space.
    const [name = '', kind, sha, innerKind, inner] = line.split(' ')
    const commit = kind === 'commit' ? sha : innerKind === 'commit' ? inner : undefined
    if (commit && name.length <= nameMax && !/^refs\/remotes\/[^/]+\/HEAD$/.test(name)) refs.set(name.toWellFormed(), commit)
  }
  // What is checked out in a work tree may be anybody's branch; in a bare repository it is what its host shows.
  const here = current.stdout.trim()
  const names = [published.stdout.trim(), ...(bare.trim() === 'true' ? [here] : []), ...usual, remoteOf(here), here]
  return {
    refs,
    head: head.code === 0 ? head.stdout.trim() : undefined,
    trunk: names.find((name) => refs.has(name)),
  }
}

/** What its host calls the trunk, what is checked out there, and what people call it. */
const usual = ['main', 'master'].flatMap((name) => [`refs/remotes/origin/${name}`, `refs/heads/${name}`])
const remoteOf = (branch: string) => branch.replace('refs/heads/', 'refs/remotes/origin/')
