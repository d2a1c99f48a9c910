import { posix } from 'node:path'
import { z } from 'zod'

/** A package that a lock file pins. */
export type Component = {
  /** Unique in the document: the lock file and the place in it. */
  readonly ref: string
  readonly name: string
  readonly group: string | undefined
  readonly version: string
  readonly purl: string | undefined
  readonly sha: { readonly alg: string; readonly content: string } | undefined
  readonly license: string | undefined
  readonly development: boolean
  readonly optional: boolean
  /** The project itself asks for it. */
  readonly direct: boolean
  readonly dependsOn: readonly string[]
}

const Names = z.record(z.string(), z.string()).optional()
const Entry = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.unknown().optional(),
  dev: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  optional: z.boolean().optional(),
  link: z.boolean().optional(),
  dependencies: Names,
  devDependencies: Names,
  optionalDependencies: Names,
  peerDependencies: Names,
})
type Entry = z.infer<typeof Entry>
const LockFile = z.object({ packages: z.record(z.string(), Entry) })

export const isNpmLock = (path: string): boolean => ['package-lock.json', 'npm-shrinkwrap.json'].includes(posix.basename(path))

/** What an npm lock file pins (lockfileVersion 2 and 3). @returns undefined when it is another form, or none at all */
export function readNpmLock(text: string, path: string): readonly Component[] | undefined {
  const packages = packagesIn(text)
  if (packages === undefined) return undefined
  const refOf = (place: string) => `${path}#${place}`
  const asked = new Set(
    // The project, and the workspaces it is made of.
    Object.entries(packages).flatMap(([place, entry]) => (place.includes('node_modules/') ? [] : needsOf(packages, place, entry, true))),
  )
  return Object.entries(packages).flatMap(([place, entry]) => {
    if (entry.link === true || !place.includes('node_modules/') || entry.version === undefined) return []
    const full = entry.name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const [, group, name = full] = /^(@[^/]+)\/(.+)$/.exec(full) ?? []
    return [
      {
        ref: refOf(place),
        name,
        group,
        version: entry.version,
        purl: fromRegistry(entry)
          ? `pkg:npm/${group === undefined ? '' : `${encodeURIComponent(group)}/`}${name}@${encodeURIComponent(entry.version)}`
          : undefined,
        sha: hashOf(entry.integrity),
        license: typeof entry.license === 'string' ? entry.license : undefined,
        development: entry.dev === true,
        optional: entry.optional === true || entry.devOptional === true,
        direct: asked.has(place),
        dependsOn: needsOf(packages, place, entry, false).map(refOf),
      },
    ]
  })
}

function packagesIn(text: string): Readonly<Record<string, Entry>> | undefined {
  try {
    return LockFile.safeParse(JSON.parse(text)).data?.packages
  } catch {
    return undefined
  }
}

/** A tarball of elsewhere, or a folder, is no package of the registry. */
const fromRegistry = ({ resolved }: Entry) => resolved === undefined || /^https?:\/\/[^/]+\/.*\/-\/[^/]+\.tgz$/.test(resolved)

/** Places of what an entry needs, as Node would find them. */
function needsOf(packages: Readonly<Record<string, Entry>>, place: string, entry: Entry, withDev: boolean): readonly string[] {
  const needs = {
    ...entry.dependencies,
    ...entry.optionalDependencies,
    ...entry.peerDependencies,
    ...(withDev ? entry.devDependencies : {}),
  }
  const found = Object.keys(needs).flatMap((name) => {
    for (let folder = place; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
      const at = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
      if (packages[at] !== undefined) return packages[at].link === true ? [] : [at]
      if (folder === '') return []
    }
  })
  return [...new Set(found)].toSorted()
}

const algorithms: Readonly<Record<string, string>> = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' }

/** Subresource integrity, of which the strongest comes last. */
function hashOf(integrity: string | undefined): Component['sha'] {
  const [, algorithm = '', base64 = ''] = /^(sha\d+)-([A-Za-z0-9+/=]+)/.exec(integrity?.split(' ').at(-1) ?? '') ?? []
  const alg = algorithms[algorithm]
  return alg === undefined ? undefined : { alg, content: Buffer.from(base64, 'base64').toString('hex') }
}
