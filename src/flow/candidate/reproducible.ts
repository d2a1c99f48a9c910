import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { concurrently } from '../../kernel/concurrently.ts'
import { refused } from '../../kernel/errors.ts'
import type { Positions } from '../definition/definition.ts'
import { at, packRoots } from './pack-paths.ts'
import { compareTrees, type TreeDifference } from './tree.ts'

export type BuildDifference = TreeDifference & {
  /** Of the first byte that differs, from 0; undefined when the whole entry does. */
  readonly offset: number | undefined
  /** What makes builds differ, as far as the bytes around it tell. */
  readonly cause: 'a time' | 'the folder of the build' | 'a compression header with a time' | undefined
}

/** Two built checkouts of one commit, in different folders. */
export type TwoBuilds = {
  readonly first: string
  readonly second: string
  readonly pack: readonly string[]
  readonly positions?: Positions | undefined
}

const shown = 20

/**
 * Where two builds of one commit differ, sorted by path. Only what is packed counts. Empty: reproducible.
 * @throws ThreewaysError `PACK_MISSING`, `PACK_ESCAPES`
 */
export async function compareBuilds({ first, second, pack, positions }: TwoBuilds): Promise<readonly BuildDifference[]> {
  const roots = await packRoots(first, pack, positions)
  await packRoots(second, pack, positions)
  const found = await compareTrees(first, second, roots)
  const explained: BuildDifference[] = found.map((difference) => ({ ...difference, offset: undefined, cause: undefined }))
  await concurrently(4, explained.slice(0, shown), async (difference, index) => {
    if (difference.difference === 'content') explained[index] = { ...difference, ...(await explain(first, second, difference.path)) }
  })
  return explained
}

/** @throws ThreewaysError `BUILD_NOT_REPRODUCIBLE`, with a fault for each of the first files */
export async function requireReproducible(builds: TwoBuilds): Promise<void> {
  const differences = await compareBuilds(builds)
  if (differences.length === 0) return
  const listed = differences.slice(0, shown).map((difference) => ({ path: difference.path, message: sentence(difference) }))
  const more = differences.length > 3 ? ` and ${differences.length - 3} more` : ''
  const place = at(builds.positions, '/x-threeways/artifact/reproducible')
  throw refused('BUILD_NOT_REPRODUCIBLE', {
    message: `two builds of one commit differ in ${differences.length} files: ${listed
      .slice(0, 3)
      .map((fault) => fault.message)
      .join('; ')}${more}`,
    help: 'take times from $SOURCE_DATE_EPOCH and paths relative to the checkout, or set `reproducible: unchecked`',
    faults: [{ ...place, message: 'wants two builds to be the same' }, ...listed],
  })
}

function sentence({ path, difference, offset, cause }: BuildDifference): string {
  if (difference !== 'content') return `"${path}": ${difference === 'kind' ? 'not the same kind of file' : difference}`
  return `"${path}" from byte ${offset}${cause === undefined ? '' : `: ${cause}`}`
}

const windowBytes = 256

async function explain(first: string, second: string, path: string): Promise<Pick<BuildDifference, 'offset' | 'cause'>> {
  const [a, b] = [await open(join(first, path)), await open(join(second, path))]
  try {
    const offset = await firstDifference(a, b)
    const start = Math.max(0, offset - windowBytes)
    const [ours, theirs] = await Promise.all([around(a, start), around(b, start)])
    return { offset, cause: causeOf(ours, theirs, offset - start, offset, [first, second]) }
  } finally {
    await Promise.all([a.close(), b.close()])
  }
}

type File = Awaited<ReturnType<typeof open>>

async function firstDifference(a: File, b: File): Promise<number> {
  const size = 1024 * 1024
  const [ours, theirs] = [Buffer.alloc(size), Buffer.alloc(size)]
  for (let position = 0; ; position += size) {
    const [left, right] = await Promise.all([a.read(ours, 0, size, position), b.read(theirs, 0, size, position)])
    const length = Math.min(left.bytesRead, right.bytesRead)
    if (length === 0 || ours.compare(theirs, 0, length, 0, length) !== 0) {
      let index = 0
      while (index < length && ours[index] === theirs[index]) index++
      return position + index
    }
    if (left.bytesRead !== right.bytesRead) return position + length
  }
}

async function around(file: File, start: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * windowBytes), 0, 2 * windowBytes, start)
  return buffer.subarray(0, bytesRead)
}

const times = [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?/g, /\b1[5-9]\d{8}(?:\d{3})?(?:\.\d+)?\b/g, /\b\d{1,2}:\d\d:\d\d\b/g]

function causeOf(
  ours: Buffer,
  theirs: Buffer,
  index: number,
  offset: number,
  folders: readonly [string, string],
): BuildDifference['cause'] {
  if (offset >= 4 && offset < 8 && offset === index && ours.readUInt16BE(0) === 0x1f8b) return 'a compression header with a time'
  const [left, right] = [ours.toString('latin1'), theirs.toString('latin1')]
  if (spans(left, index, literal(folders[0])) && spans(right, index, literal(folders[1]))) return 'the folder of the build'
  return times.some((time) => spans(left, index, time) && spans(right, index, time)) ? 'a time' : undefined
}

/** Whether a match of the pattern covers this place of the text. */
function spans(text: string, index: number, pattern: RegExp): boolean {
  return [...text.matchAll(pattern)].some((match) => match.index <= index && index < match.index + match[0].length)
}

function literal(folder: string): RegExp {
  return new RegExp(
    Buffer.from(folder, 'utf8')
      .toString('latin1')
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    'g',
  )
}
