import { parse } from 'yaml'
import type { ReadPackages } from '../../flow/difference/packages.port.ts'

type Found = Map<string, string[]>
type Reader = (text: string, found: Found) => void

/** Lock files by the name they always have: whose packages they pin, and how they are read. */
const readers: Readonly<Record<string, readonly [ecosystem: string, Reader]>> = {
  'package-lock.json': ['npm', readNpm],
  'npm-shrinkwrap.json': ['npm', readNpm],
  'pnpm-lock.yaml': ['npm', readPnpm],
  'yarn.lock': ['npm', readYarn],
  'composer.lock': ['composer', readComposer],
  'Cargo.lock': ['cargo', readTomlPackages],
  'poetry.lock': ['pypi', readTomlPackages],
  'uv.lock': ['pypi', readTomlPackages],
  'pdm.lock': ['pypi', readTomlPackages],
  'Pipfile.lock': ['pypi', readPipfile],
  'Gemfile.lock': ['gem', readGemfile],
  'go.sum': ['go', readGoSum],
}

/** What a lock file pins. Undefined: of no kind that is read here, or not what its name says. */
export const readPackages: ReadPackages = (path, text) => {
  const reader = readers[path.slice(path.lastIndexOf('/') + 1)]
  if (reader === undefined) return undefined
  const [ecosystem, read] = reader
  const packages: Found = new Map()
  try {
    read(text, packages)
  } catch {
    return undefined
  }
  return { ecosystem, packages }
}

function add(found: Found, name: unknown, version: unknown): void {
  if (typeof name !== 'string' || name === '' || typeof version !== 'string' || version === '') return
  const versions = found.get(name)
  if (versions === undefined) found.set(name, [version])
  else if (!versions.includes(version)) versions.push(version)
}

type Entry = {
  readonly name?: unknown
  readonly version?: unknown
  readonly link?: unknown
  readonly dependencies?: Readonly<Record<string, Entry>>
}

/** Lock file versions 2 and 3 by the folders packages are put into, version 1 as a tree. */
function readNpm(text: string, found: Found): void {
  const lock = JSON.parse(text) as { packages?: Record<string, Entry>; dependencies?: Record<string, Entry> }
  for (const [folder, entry] of Object.entries(lock.packages ?? {})) {
    const at = folder.lastIndexOf('node_modules/')
    if (at !== -1 && entry.link !== true) add(found, entry.name ?? folder.slice(at + 'node_modules/'.length), entry.version)
  }
  const walk = (entries: Readonly<Record<string, Entry>>) => {
    for (const [name, entry] of Object.entries(entries)) {
      add(found, name, entry.version)
      if (entry.dependencies !== undefined) walk(entry.dependencies)
    }
  }
  if (lock.packages === undefined) walk(lock.dependencies ?? {})
}

/** Keys are `/name/1.0.0`, `/name@1.0.0` or `name@1.0.0(peer@2)`. */
function readPnpm(text: string, found: Found): void {
  const { packages = {} } = parse(text) as { packages?: Record<string, unknown> }
  for (const key of Object.keys(packages)) {
    const [, name, version] = /^\/?((?:@[^/@]+\/)?[^/@]+)[@/]([^(_]+)/.exec(key) ?? []
    add(found, name, version)
  }
}

/** The first version and the YAML of later ones: a line that names ranges, then its version, indented. */
function readYarn(text: string, found: Found): void {
  let name: string | undefined
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) name = /^"?((?:@[^/@"]+\/)?[^@"\s]+)@/.exec(line)?.[1]
    else if (name !== undefined && !line.startsWith('    ')) {
      const version = /^ {2}version:? "?([^"\s]+)"?$/.exec(line.trimEnd())?.[1]
      if (version !== undefined && version !== '0.0.0-use.local') add(found, name, version)
    }
  }
}

function readComposer(text: string, found: Found): void {
  const lock = JSON.parse(text) as { packages?: Entry[]; 'packages-dev'?: Entry[] }
  for (const { name, version } of [...(lock.packages ?? []), ...(lock['packages-dev'] ?? [])]) add(found, name, version)
}

/** `[[package]]`, then `name = "…"` and `version = "…"`. */
function readTomlPackages(text: string, found: Found): void {
  for (const part of text.split(/^\[\[package\]\]\s*$/m).slice(1)) {
    const own = part.split(/^\[/m)[0]!
    const value = (key: string) => new RegExp(`^${key}\\s*=\\s*"([^"]*)"`, 'm').exec(own)?.[1]
    add(found, value('name'), value('version'))
  }
}

function readPipfile(text: string, found: Found): void {
  const lock = JSON.parse(text) as Record<string, Record<string, Entry>>
  for (const group of ['default', 'develop']) {
    for (const [name, { version }] of Object.entries(lock[group] ?? {})) add(found, name, String(version ?? '').replace(/^==/, ''))
  }
}

/** Under `specs:` four spaces deep; what they need themselves is deeper. */
function readGemfile(text: string, found: Found): void {
  for (const [, name, version] of text.matchAll(/^ {4}(\S+) \(([^)]+)\)$/gm)) add(found, name, version)
}

/** Lines with `/go.mod` only say what was looked at, not what is built in. */
function readGoSum(text: string, found: Found): void {
  for (const [, name, version] of text.matchAll(/^(\S+) (v\S+) h1:/gm)) if (!version!.endsWith('/go.mod')) add(found, name, version)
}
