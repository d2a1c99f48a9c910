import type { ToldRefs } from '../../flow/history/commits.port.ts'
import { unavailable } from '../../kernel/errors.ts'
import { askGit, failureOf, git } from './command.ts'
import type { Ran } from '../../kernel/process.ts'

const outputBytesMax = 256 * 1024 * 1024
/** A longer name is nobody's. */
const nameMax = 1000

/** @param broken - full names of branches and tags whose files say nothing that git can read */
export type ReadRefs = ToldRefs & { readonly broken: readonly string[] }

/** Where branches and tags stand, of this repository and of those it was cloned from. @throws ThreewaysError `REPOSITORY_BROKEN` */
export async function readRefs(root: string): Promise<ReadRefs> {
  const fields = ['%(refname)', '%(objecttype)', '%(objectname)', '%(*objecttype)', '%(*objectname)'].join(' ')
  const list = ['for-each-ref', `--format=${fields}`, 'refs/heads', 'refs/remotes', 'refs/tags']
  const [listed, head, current, published, bare] = await Promise.all([
    askGit(root, list, { outputBytesMax }),
    askGit(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', 'HEAD^{commit}']),
    askGit(root, ['symbolic-ref', '--quiet', 'HEAD']),
    askGit(root, ['symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD']),
    git(root, ['rev-parse', '--is-bare-repository']),
  ])
  if (listed.code !== 0) throw brokenOr(root, list, listed)
  const refs = new Map<string, string>()
  for (const line of listed.stdout.split('\n')) {
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
    // Git leaves them out of its list.
    broken: [...listed.stderr.matchAll(/^warning: ignoring broken ref (.+)$/gm)].map(([, name]) => name!),
  }
}

/** A branch or tag stands for what is not there. */
function brokenOr(root: string, list: readonly string[], ran: Ran): Error {
  const [, sha, ref] = /missing object ([0-9a-f]+) for (\S+)/.exec(ran.stderr) ?? []
  if (sha === undefined) return failureOf(root, list, ran)
  return unavailable('REPOSITORY_BROKEN', {
    message: `"${root}" lacks the commit ${sha.slice(0, 12)}, where ${ref} stands, or it is damaged`,
    help: `nothing is recorded; see what is wrong with \`git fsck\`, then bring the commit back from another clone, or remove ${ref}, and import again`,
  })
}

/** What its host calls the trunk, what is checked out there, and what people call it. */
const usual = ['main', 'master'].flatMap((name) => [`refs/remotes/origin/${name}`, `refs/heads/${name}`])
const remoteOf = (branch: string) => branch.replace('refs/heads/', 'refs/remotes/origin/')
