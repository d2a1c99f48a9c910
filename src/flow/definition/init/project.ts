import { open, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { hasCode, notFound } from '../../../kernel/errors.ts'
import { run } from '../../../kernel/process.ts'
import type { ProjectFiles } from './clues.port.ts'

/** Deep enough for the packages of a monorepo; more would be reading, not looking. */
const depthMax = 3
const pathsMax = 10_000
const filesMax = 200
const bytesMax = 256 * 1024

const skipped = new Set(['node_modules', 'dist', 'build', 'target', 'vendor', 'coverage', '__pycache__', 'venv'])

/**
 * Looks at a folder: the text of files with these names, and the paths of others. Links are not followed, folders that begin
 * with a dot are not entered, files over 256 KiB are not read.
 *
 * @throws ThreewaysError `FOLDER_NOT_FOUND`
 */
export async function readProject(folder: string, names: readonly string[]): Promise<ProjectFiles> {
  const files: Record<string, string> = {}
  const paths: string[] = []
  const wanted = new Set(names)
  // Level by level, so that a limit cuts off what is deepest.
  let level = ['']
  for (let depth = 0; depth < depthMax && level.length > 0; depth++) {
    const next: string[] = []
    for (const path of level) {
      for (const entry of await list(folder, path)) {
        const inside = path === '' ? entry.name : `${path}/${entry.name}`
        if (paths.length >= pathsMax) break
        if (entry.isDirectory()) {
          if (!entry.name.startsWith('.') && !skipped.has(entry.name)) next.push(inside)
        } else if (entry.isFile()) {
          paths.push(inside)
          const text = wanted.has(entry.name) && Object.keys(files).length < filesMax ? await readText(join(folder, inside)) : undefined
          if (text !== undefined) files[inside] = text
        }
      }
    }
    level = next
  }
  return { folder: basename(resolve(folder)), files, paths, node: await nodeOnPath() }
}

/** The one that a build will find, which need not be the one that runs us. */
async function nodeOnPath(): Promise<string> {
  const asked = await run('node', ['--version']).catch(() => undefined)
  return /^v(\d+\.\d+\.\d+)/.exec(asked?.stdout ?? '')?.[1] ?? process.versions.node
}

async function list(folder: string, path: string) {
  try {
    const entries = await readdir(join(folder, path), { withFileTypes: true })
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if (path !== '') return [] // Not readable, or gone meanwhile: it says nothing.
    throw hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')
      ? notFound('FOLDER_NOT_FOUND', { message: `there is no folder "${folder}"`, help: 'run it in the folder of a project', cause: error })
      : error
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, 'r')
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1)
    return bytesRead > bytesMax ? undefined : buffer.toString('utf8', 0, bytesRead)
  } catch {
    return undefined // Not readable: it says nothing.
  }
}
