import { askGit, git } from './command.ts'

/** So far back from a commit its reverts are looked for. */
const commitsLookedAt = 200
const says = /^This reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/gm
const emptyTrees = {
  40: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  64: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
}
const options = { outputBytesMax: 64 * 1024 * 1024 }

/**
 * Commits that are undone in `sha`: a commit of its late history says so in git's words, and its difference is exactly the other
 * way round. What a later revert brought back is not undone.
 */
export async function revertedIn(root: string, sha: string): Promise<readonly string[]> {
  const log = await git(
    root,
    ['log', '-z', `--max-count=${commitsLookedAt}`, '--no-notes', '--format=tformat:%H%x00%B', sha, '--'],
    options,
  )
  const parts = log.split('\0')
  const undone = new Map<string, string>()
  for (let at = 0; at + 1 < parts.length; at += 2) {
    for (const [, named] of parts[at + 1]!.matchAll(says)) {
      if (!undone.has(named!) && (await undoes(root, parts[at]!, named!))) undone.set(named!, parts[at]!)
    }
  }
  return [...undone].filter(([, by]) => !undone.has(by)).map(([commit]) => commit)
}

async function undoes(root: string, revert: string, commit: string): Promise<boolean> {
  const [parent, before] = await Promise.all([parentOf(root, revert), parentOf(root, commit)])
  if (parent === undefined || before === undefined) return false
  const [done, wanted] = await Promise.all([difference(root, parent, revert), difference(root, commit, before)])
  return done !== '' && done === wanted
}

/** The first parent, or the tree that is empty; undefined: no such commit here. */
async function parentOf(root: string, commit: string): Promise<string | undefined> {
  const { code, stdout } = await askGit(root, ['rev-list', '--max-count=1', '--parents', '--end-of-options', commit, '--'])
  const [, parent] = stdout.trim().split(' ')
  return code === 0 ? (parent ?? emptyTrees[commit.length as 40 | 64]) : undefined
}

/** What is taken out and put in, file by file. Where in a file it stands may have moved since. */
async function difference(root: string, from: string, to: string): Promise<string> {
  const words = ['diff-tree', '-r', '-p', '-U0', '--binary', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color']
  const text = await git(root, [...words, from, to, '--'], options)
  return text
    .split('\n')
    .filter((line) => !line.startsWith('@@ ') && !line.startsWith('index '))
    .join('\n')
}
