import { lstat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { hasCode, refused, type Fault } from '../../kernel/errors.ts'
import type { Positions } from '../definition/definition.ts'
import type { TreeEntry } from './tree.ts'

/**
 * The paths of `artifact.pack`, normalised: without `./`, `/` at the end and doubles; `.` becomes the whole checkout, ''.
 * @throws ThreewaysError `PACK_ESCAPES`, `PACK_MISSING`; faults stand at the line of the definition
 */
export async function packRoots(from: string, pack: readonly string[], positions?: Positions): Promise<readonly string[]> {
  const missing: Fault[] = []
  const escaping: Fault[] = []
  const roots = new Set<string>()
  for (const [index, written] of pack.entries()) {
    const fault = (message: string, help: string): Fault => ({
      ...at(positions, `/x-threeways/artifact/pack/${index}`),
      value: written,
      message,
      help,
    })
    const path = posix.normalize(written).replace(/\/$/, '')
    if (written === '' || path.startsWith('/') || path === '..' || path.startsWith('../') || path.includes('\0')) {
      escaping.push(fault(`"${written}" is outside the checkout`, 'pack paths are relative and stay inside it'))
      continue
    }
    const root = path === '.' ? '' : path
    const standing = await stands(from, root)
    if (standing === 'missing')
      missing.push(fault(`"${written}" does not exist after the build`, 'correct the path, or the build that should write it'))
    else if (standing === 'behind a link')
      escaping.push(fault(`"${written}" lies behind a symbolic link`, 'pack the folder the link points to'))
    else roots.add(root)
  }
  if (escaping.length > 0) throw refused('PACK_ESCAPES', summary('the artifact would hold what is outside the checkout', escaping))
  if (missing.length > 0) throw refused('PACK_MISSING', summary('the build did not write what is to be packed', missing))
  return [...roots]
}

function summary(what: string, faults: readonly Fault[]) {
  return { message: `${what}: ${faults.map((fault) => fault.message).join('; ')}`, help: faults[0]!.help!, faults }
}

/** A fault's place in the definition, as far as it is known. */
export function at(positions: Positions | undefined, path: string): Pick<Fault, 'path' | 'file' | 'line' | 'column'> {
  return { path, ...positions?.at(path) }
}

async function stands(from: string, path: string): Promise<'there' | 'missing' | 'behind a link'> {
  const parts = path === '' ? [] : path.split('/')
  for (const index of parts.keys()) {
    try {
      const found = await lstat(join(from, ...parts.slice(0, index + 1)))
      if (found.isSymbolicLink() && index < parts.length - 1) return 'behind a link'
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return 'missing'
      throw error
    }
  }
  return 'there'
}

/**
 * Refuses links that would mean something else, or nothing, once the artifact stands elsewhere: to outside, and to parts of
 * the checkout that are not packed. A link to nothing at all stays as it is.
 * @throws ThreewaysError `PACK_ESCAPES`
 */
export async function refuseEscapingLinks(from: string, entries: readonly TreeEntry[]): Promise<void> {
  const links = new Map(entries.flatMap((entry) => (entry.kind === 'link' ? [[entry.path, entry.target] as const] : [])))
  if (links.size === 0) return
  const packed = new Set(entries.map((entry) => entry.path))
  for (const path of packed) for (let up = posix.dirname(path); up !== '.' && !packed.has(up); up = posix.dirname(up)) packed.add(up)
  const faults: Fault[] = []
  for (const [path, target] of links) {
    const end = follow(links, path)
    if (end === undefined) faults.push({ path, value: target, message: `"${path}" points outside, to "${target}"` })
    else if (end !== '' && !packed.has(end) && (await stands(from, end)) !== 'missing') {
      faults.push({ path, value: target, message: `"${path}" points to "${end}", which is not packed` })
    }
  }
  if (faults.length === 0) return
  const shown = faults.slice(0, 5).map((fault) => fault.message)
  throw refused('PACK_ESCAPES', {
    message: `symbolic links leave the artifact: ${shown.join('; ')}${faults.length > 5 ? `; and ${faults.length - 5} more` : ''}`,
    help: 'pack what they point to, or have the build copy it (npm: install-links=true)',
    faults: faults.slice(0, 100),
  })
}

/** Where a link ends inside the tree, through further links; undefined when it leaves the tree or goes round for ever. */
function follow(links: ReadonlyMap<string, string>, link: string): string | undefined {
  const done: string[] = []
  const todo = link.split('/').toReversed()
  for (let hops = 0; todo.length > 0;) {
    const part = todo.pop()!
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (done.pop() === undefined) return undefined
      continue
    }
    const target = links.get([...done, part].join('/'))
    if (target === undefined) done.push(part)
    else if (target.startsWith('/') || ++hops > 40) return undefined
    else todo.push(...target.split('/').toReversed())
  }
  return done.join('/')
}
