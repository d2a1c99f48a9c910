import { instantOf } from '../../kernel/clock.ts'
import type { CommitLine, Comparison, FileLine } from '../../flow/candidate/repository.port.ts'
import { git } from './command.ts'

const commitsMax = 200
const filesMax = 1000
const patchBytesMax = 256 * 1024
/** A path is a path, whatever signs are in it. */
const options = { outputBytesMax: 64 * 1024 * 1024, env: { GIT_LITERAL_PATHSPECS: '1' } }
// Plumbing: the user's settings for diffs (colours, prefixes, external programs) do not count.
const trees = ['diff-tree', '-r', '-M', '--no-ext-diff', '--no-textconv']

export async function compare(root: string, from: string, to: string): Promise<Comparison> {
  const [commits, lost, files] = await Promise.all([
    commitsBetween(root, from, to),
    commitsBetween(root, to, from),
    filesBetween(root, from, to),
  ])
  const sum = (of: 'added' | 'removed') => files.reduce((total, file) => total + (file[of] ?? 0), 0)
  return {
    commits: commits.lines,
    commitsTotal: commits.total,
    lost: lost.lines,
    lostTotal: lost.total,
    files: files.slice(0, filesMax),
    filesTotal: files.length,
    added: sum('added'),
    removed: sum('removed'),
  }
}

async function commitsBetween(root: string, from: string, to: string): Promise<{ lines: CommitLine[]; total: number }> {
  const range = `${from}..${to}`
  const total = Number(await git(root, ['rev-list', '--count', range, '--']))
  if (total === 0) return { lines: [], total }
  const format = ['%H', '%an', '%ct', '%s'].join('%x00')
  const log = await git(root, ['log', '-z', `--max-count=${commitsMax}`, '--no-notes', `--format=tformat:${format}`, range, '--'])
  const parts = log.split('\0')
  const lines = Array.from({ length: Math.floor(parts.length / 4) }, (_, at) => {
    const [commit = '', author = '', seconds = '', summary = ''] = parts.slice(at * 4, at * 4 + 4)
    return { commit, author: plain(author), summary: plain(summary), committedAt: instantOf(Number(seconds) * 1000 || 0) }
  })
  return { lines, total }
}

async function filesBetween(root: string, from: string, to: string): Promise<FileLine[]> {
  const [kinds, counts] = await Promise.all([
    git(root, [...trees, '-z', '--name-status', from, to, '--'], options),
    git(root, [...trees, '-z', '--numstat', from, to, '--'], options),
  ])
  const lines = linesByPath(counts)
  const parts = kinds.split('\0')
  const files: FileLine[] = []
  for (let at = 0; at + 1 < parts.length;) {
    const letter = parts[at]![0]!
    const moved = letter === 'R' || letter === 'C'
    const path = parts[at + (moved ? 2 : 1)]!
    const kind = letter === 'A' || letter === 'C' ? 'added' : letter === 'D' ? 'removed' : letter === 'R' ? 'renamed' : 'changed'
    files.push({ path, previous: letter === 'R' ? parts[at + 1]! : null, kind, ...(lines.get(path) ?? { added: null, removed: null }) })
    at += moved ? 3 : 2
  }
  return files
}

/** `3\t1\tpath\0`; of a moved file `3\t1\t\0old\0new\0`; `-` where it is not a text. */
function linesByPath(numstat: string): ReadonlyMap<string, { added: number | null; removed: number | null }> {
  const found = new Map<string, { added: number | null; removed: number | null }>()
  const count = (text: string | undefined) => (text === undefined || text === '-' ? null : Number(text))
  const parts = numstat.split('\0')
  for (let at = 0; at < parts.length - 1;) {
    const [added, removed, ...name] = parts[at]!.split('\t')
    const path = name.join('\t')
    found.set(path === '' ? parts[at + 2]! : path, { added: count(added), removed: count(removed) })
    at += path === '' ? 3 : 1
  }
  return found
}

/** @param paths - one, or old and new of a file that was moved */
export async function patch(
  root: string,
  from: string,
  to: string,
  paths: readonly string[],
): Promise<{ text: string; complete: boolean }> {
  const text = await git(root, [...trees, '-p', '--no-color', from, to, '--', ...paths], options)
  if (text.length <= patchBytesMax) return { text, complete: true }
  // What was longer than could be kept has lost its beginning: of that, nothing is shown.
  const head = text.startsWith('diff --git') ? text.slice(0, patchBytesMax) : ''
  return { text: head.slice(0, head.lastIndexOf('\n') + 1), complete: false }
}

/** One line without control characters. */
const plain = (text: string) =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, 500)
    .toWellFormed()
