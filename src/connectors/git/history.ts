import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { KnownRepository, ToldCommit, ToldRefs } from '../../flow/history/commits.port.ts'
import { hasCode, notFound, refused, unavailable } from '../../kernel/errors.ts'
import { askGit, git, readGit } from './command.ts'
import { LogReader, logFormat } from './log-reader.ts'
import { readRefs } from './refs.ts'

/** A repository's history, to be read once from its beginning. */
export type History = {
  readonly refs: ToldRefs
  /** What of it cannot be known from here, in sentences. */
  readonly doubts: readonly string[]
  /**
   * Commits of all branches and tags that are not known yet, parents before children.
   * @throws ThreewaysError `REPOSITORY_BROKEN`, after those that could be read
   */
  commits(known: Knowledge): AsyncGenerator<readonly ToldCommit[]>
}

/** What somebody knows of a repository. @param all - every commit known, asked for only when the tips do not say it */
export type Knowledge = Pick<KnownRepository, 'tips' | 'cut'> & { all(): Promise<ReadonlySet<string>> }

/** A work tree or bare repository on this machine. @param signal - ends the reading. @throws ThreewaysError as `openRepository`, and `REPOSITORY_EMPTY` */
export async function openHistory(folder: string, signal?: AbortSignal): Promise<History> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw notFound('FOLDER_NOT_FOUND', {
      message: `there is no folder "${folder}"`,
      help: 'name the folder of a git repository, or its URL',
    })
  const root = (await git(folder, ['rev-parse', '--absolute-git-dir'])).replace(/\n$/, '')
  const refs = await readRefs(root)
  if (refs.refs.size === 0 && refs.head === undefined)
    throw refused('REPOSITORY_EMPTY', {
      message: `the repository "${folder}" has no commit yet`,
      help: 'make the first: git add . && git commit -m "first"',
    })
  const [cut, hasFiles, doctored] = await Promise.all([cutOff(root), isWhole(root), hasOtherParents(root)])
  const doubts = [
    ...(cut.size > 0
      ? [`it is a shallow clone: history is cut off before ${cut.size} commits; fetch the rest with git fetch --unshallow and import again`]
      : []),
    ...(hasFiles ? [] : ['the contents of its files are not all here: how many lines a commit changed is not known']),
    ...(doctored ? ['it replaces commits or gives them other parents (git replace, grafts): history is read as it was committed'] : []),
    ...(refs.trunk === undefined
      ? ['no branch is checked out and none is named main or master: nobody can tell which goes to production']
      : []),
    ...(refs.broken.length > 0
      ? [`git cannot read ${refs.broken.slice(0, 20).join(', ')}: history that only leads there is left out; see \`git fsck\``]
      : []),
  ]
  return { refs, doubts, commits: (known) => readCommits({ root, refs, cut, hasFiles, signal }, known) }
}

type Place = {
  readonly root: string
  readonly refs: ToldRefs
  readonly cut: ReadonlyMap<string, readonly string[]>
  readonly hasFiles: boolean
  readonly signal: AbortSignal | undefined
}

async function* readCommits({ root, refs, cut, hasFiles, signal }: Place, known: Knowledge): AsyncGenerator<readonly ToldCommit[]> {
  const { from, there } = await whereToBegin(root, cut, known)
  const tips = new Set([...refs.refs.values(), ...(refs.head === undefined ? [] : [refs.head])])
  const wanted = `${[...tips].join('\n')}\n${from.map((sha) => `^${sha}\n`).join('')}`
  const reader = new LogReader(new Set(cut.keys()))
  const asRecorded = (commits: readonly ToldCommit[]) =>
    commits.flatMap((commit) =>
      there.has(commit.sha) ? [] : [cut.has(commit.sha) ? { ...commit, parents: cut.get(commit.sha)! } : commit],
    )
  try {
    for await (const chunk of readGit(root, logArguments(hasFiles), { input: wanted, env: nothingFetched, signal })) {
      const commits = asRecorded(reader.push(chunk))
      if (commits.length > 0) yield commits
    }
  } catch (error) {
    throw brokenOr(error, root)
  }
  const last = reader.end()
  if (last !== undefined) yield asRecorded([last])
}

/** A partial clone would fetch what it lacks, one file at a time. */
const nothingFetched = { GIT_ALLOW_PROTOCOL: 'none' }

/** Nothing that anybody set counts: neither how differences are made nor how they are shown. */
export const logArguments = (hasFiles: boolean) => [
  'log',
  '-z',
  '--topo-order',
  '--reverse',
  '--no-notes',
  '--no-mailmap',
  '--no-color',
  '--no-renames',
  '--no-relative',
  '--no-ext-diff',
  '--no-textconv',
  '--ignore-submodules=none',
  '--diff-algorithm=default',
  '--diff-merges=off',
  ...(hasFiles ? ['--numstat'] : ['--raw', '--no-abbrev']),
  `--format=${logFormat}`,
  '--stdin',
]

/**
 * What is known ends the walk. Where it is not all here (a branch that was rewritten), or where somebody knew only a cut-off part of
 * what is here, the commits themselves are compared.
 */
async function whereToBegin(
  root: string,
  cut: Place['cut'],
  known: Knowledge,
): Promise<{ from: readonly string[]; there: ReadonlySet<string> }> {
  if (known.tips.length === 0) return { from: [], there: new Set() }
  const [tips, more] = await Promise.all([
    commitsHere(root, known.tips),
    commitsHere(
      root,
      known.cut.filter((sha) => !cut.has(sha)),
    ),
  ])
  const grew = more.length > 0
  if (tips.length === known.tips.length && !grew) return { from: tips, there: new Set() }
  const there = new Set(await known.all())
  // They were told without their lines, for what is before them was not there.
  for (const sha of more) there.delete(sha)
  return { from: grew ? [] : tips, there }
}

async function commitsHere(root: string, shas: readonly string[]): Promise<readonly string[]> {
  if (shas.length === 0) return []
  let told = ''
  const check = readGit(root, ['cat-file', '--batch-check=%(objecttype)'], { input: `${shas.join('\n')}\n`, env: nothingFetched })
  for await (const chunk of check) told += chunk.toString('latin1')
  const lines = told.split('\n')
  return shas.filter((_, at) => lines[at] === 'commit')
}

/** The commits at which a shallow clone is cut off, with the parents they really have. */
async function cutOff(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const file = path.join(await commonFolder(root), 'shallow')
  const text = await readFile(file, 'latin1').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return ''
    throw error
  })
  const cut = new Map<string, readonly string[]>()
  for (const sha of text.split('\n').filter((line) => /^[0-9a-f]{40,64}$/.test(line))) {
    const { code, stdout } = await askGit(root, ['cat-file', 'commit', sha])
    if (code === 0)
      cut.set(
        sha,
        [...(stdout.split('\n\n', 1)[0] ?? '').matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent]) => parent!),
      )
  }
  return cut
}

/** Not so in a partial clone: its files are fetched when somebody looks at them. */
async function isWhole(root: string): Promise<boolean> {
  return (await askGit(root, ['config', '--get-regexp', '^(remote\\..*\\.promisor|extensions\\.partialclone)$'])).code !== 0
}

async function hasOtherParents(root: string): Promise<boolean> {
  const [replaced, grafts] = await Promise.all([
    git(root, ['for-each-ref', '--count=1', 'refs/replace']),
    stat(path.join(await commonFolder(root), 'info/grafts')).catch(() => undefined),
  ])
  return replaced !== '' || (grafts?.size ?? 0) > 0
}

async function commonFolder(root: string): Promise<string> {
  return path.resolve(root, (await git(root, ['rev-parse', '--git-common-dir'])).replace(/\n$/, ''))
}

function brokenOr(error: unknown, root: string): unknown {
  const isBroken = hasCode(error, 'REVISION_UNKNOWN') || hasCode(error, 'GIT_FAILED')
  if (!isBroken) return error
  return unavailable('REPOSITORY_BROKEN', {
    message: `"${root}" cannot be read to the end: ${(error as Error).message}`,
    help: 'see what is missing or damaged with `git fsck`, bring it back from another clone, and import again: what came before is recorded',
    cause: error,
  })
}
