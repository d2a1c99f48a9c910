import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { authorGit } from '../../src/connectors/git/testing.ts'

/** A commit of a history that somebody measured: what it was made from, and what it touched. */
export type MadeCommit = {
  readonly sha: string
  readonly parents: readonly string[]
  readonly authored: number
  readonly committed: number
  readonly message: string
  readonly tags: readonly string[]
  readonly files: readonly (readonly [path: string, added: number, deleted: number])[]
}

/** Commits of shared data, oldest first. @returns undefined when they are not there */
export async function sharedCommits(data: string, service: string): Promise<MadeCommit[] | undefined> {
  const file = path.join(data, `${service}-commits.jsonl.gz`)
  if (!existsSync(file)) return undefined
  const commits: MadeCommit[] = []
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const { pr, revert, ...commit } = JSON.parse(line) as MadeCommit & { pr: number | null; revert: boolean }
    commits.push({ ...commit, message: `${revert ? 'Revert a change' : 'A change'}${pr === null ? '' : ` (#${pr})`}` })
  }
  return parentsFirst(commits)
}

function parentsFirst(commits: readonly MadeCommit[]): MadeCommit[] {
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]))
  const done = new Set<string>()
  const sorted: MadeCommit[] = []
  for (const { sha: root } of commits.toSorted((a, b) => a.committed - b.committed)) {
    const open = [root]
    while (open.length > 0) {
      const sha = open.at(-1)!
      const missing = bySha.get(sha)?.parents.filter((parent) => bySha.has(parent) && !done.has(parent)) ?? []
      if (done.has(sha) || missing.length === 0) {
        open.pop()
        if (!done.has(sha)) sorted.push(bySha.get(sha)!)
        done.add(sha)
      } else open.push(...missing)
    }
  }
  return sorted
}

/** So many commits of one trunk with small branches that are merged. */
export function* manyCommits(count: number): Generator<MadeCommit> {
  let trunk: string | undefined
  for (let n = 0; n < count; n++) {
    const time = 1_500_000_000 + n * 60
    // Three on the trunk, three beside it, and the merge.
    const place = n % 7
    const base = n - place - 1
    const isSide = place >= 3 && place < 6
    const parents: string[] =
      n === 0 ? [] : place === 3 ? [name(n - 1)] : place === 6 ? [name(base + 3), name(n - 1)] : isSide ? [name(n - 1)] : [trunk!]
    const files =
      place === 6 ? [] : [...Array(1 + (n % 3)).keys()].map((at) => [`src/part-${(n * 7 + at) % 200}/file-${n % 11}.ts`, 3, 1] as const)
    yield { sha: name(n), parents, authored: time - 3600, committed: time, message: `Change number ${n} of this and that`, tags: [], files }
    if (!isSide) trunk = name(n)
  }
}
const name = (n: number) => `n${n}`

/**
 * Writes them into a new bare repository with git fast-import: the same graph, times, tags and paths, under names of its own.
 * @returns the commits' new names
 */
export async function makeRepository(folder: string, commits: Iterable<MadeCommit>): Promise<ReadonlyMap<string, string>> {
  await mkdir(folder, { recursive: true })
  await authorGit(folder, 'init', '--quiet', '--bare', '--initial-branch=main')
  const marks = path.join(folder, 'marks')
  const program = spawn('git', ['fast-import', '--quiet', '--force', `--export-marks=${marks}`], {
    cwd: folder,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const ended = once(program, 'close')
  const numbers = new Map<string, number>()
  let text = ''
  const write = async (more: string) => {
    text += more
    if (text.length < 1 << 20) return
    if (!program.stdin.write(text)) await once(program.stdin, 'drain')
    text = ''
  }
  let last = 0
  for (const commit of commits) {
    last = numbers.size + 1
    numbers.set(commit.sha, last)
    await write(commitText(commit, last, numbers))
    for (const tag of commit.tags) await write(`reset refs/tags/${tag}\nfrom :${last}\n\n`)
  }
  await write(`reset refs/heads/main\nfrom :${last}\n\n`)
  program.stdin.end(text)
  const [code] = (await ended) as [number]
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
  const names = new Map<number, string>()
  for await (const line of createInterface({ input: createReadStream(marks) })) {
    const [mark, sha] = line.split(' ')
    names.set(Number(mark!.slice(1)), sha!)
  }
  return new Map([...numbers].map(([old, number]) => [old, names.get(number)!]))
}

function commitText(
  { parents, authored, committed, message, files }: MadeCommit,
  mark: number,
  numbers: ReadonlyMap<string, number>,
): string {
  const known = parents.flatMap((parent) => numbers.get(parent) ?? [])
  const from = known.map((number, at) => `${at === 0 ? 'from' : 'merge'} :${number}\n`).join('')
  // What a file holds is its own lines: another commit changes all of them.
  const changes = files.map(([file, added]) => {
    const content = Array.from({ length: Math.min(added, 20) }, (_, line) => `${mark} ${line}\n`).join('')
    return `M 100644 inline ${JSON.stringify(file)}\ndata ${Buffer.byteLength(content)}\n${content}\n`
  })
  const who = 'Somebody <somebody@example.org>'
  const head = `commit refs/heads/main\nmark :${mark}\nauthor ${who} ${authored} +0000\ncommitter ${who} ${committed} +0000\n`
  return `${head}data ${Buffer.byteLength(message)}\n${message}\n${from}${changes.join('')}\n`
}
