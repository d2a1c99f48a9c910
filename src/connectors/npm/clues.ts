import type { ClueReader, Clues, FoundCheck, FoundCommand, FoundService, ProjectFiles } from '../../flow/definition/init/clues.port.ts'
import { managerOf, type Manager } from './manager.ts'

type Package = {
  readonly name?: string
  readonly main?: string
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: readonly string[]
  readonly engine?: string
  readonly workspaces: readonly string[]
  readonly packageManager?: string
}

/** Reads scripts, dependencies, engines and workspaces from package.json, and which package manager is used from its lock file. */
export const npm: ClueReader = {
  reads: [
    'package.json',
    'package-lock.json',
    'npm-shrinkwrap.json',
    'yarn.lock',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'bun.lock',
    '.yarnrc.yml',
    '.nvmrc',
    '.node-version',
  ],
  read(project, folder) {
    const from = within(folder, 'package.json')
    const text = project.files[from]
    if (text === undefined) return undefined
    const found = parsePackage(text)
    if (found === undefined) return { from, leftOut: [{ what: from, why: 'it is not a JSON object' }] }
    const manager = managerOf(project, folder, found.packageManager)
    const members = workspacesOf(project, folder, found)
    const services = servicesOf(project, folder, found, members)
    return {
      from,
      ...(found.name === undefined ? {} : { name: found.name.replace(/^@[^/]*\//, '') }),
      services,
      build: buildOf(manager, found, members),
      checks: checksOf(manager, found, members),
      tools: { node: nodeVersion(project, folder, found) },
      resources: usesPostgres([found, ...members.map(({ found }) => found)])
        ? [{ name: 'database', type: 'postgres', addressedAs: ['DATABASE_URL'], ...seedOf(project, folder) }]
        : [],
      leftOut:
        manager.locked || found.dependencies.length === 0
          ? []
          : [{ what: 'a lock file', why: 'there is none, so two builds of the same commit may differ: commit one' }],
    } satisfies Clues
  },
}

type Member = { readonly folder: string; readonly found: Package }

function parsePackage(text: string): Package | undefined {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
  if (!isRecord(json)) return undefined
  const texts = (value: unknown): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(isRecord(value) ? value : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].trim() !== '',
      ),
    )
  const workspaces = Array.isArray(json['workspaces'])
    ? json['workspaces']
    : isRecord(json['workspaces'])
      ? json['workspaces']['packages']
      : []
  const { name, main, packageManager } = texts(json)
  const engine = texts(json['engines'])['node']
  return {
    ...(name === undefined ? {} : { name }),
    ...(main === undefined ? {} : { main }),
    ...(packageManager === undefined ? {} : { packageManager }),
    ...(engine === undefined ? {} : { engine }),
    scripts: texts(json['scripts']),
    dependencies: [json['dependencies'], json['devDependencies'], json['optionalDependencies']].flatMap((each) => Object.keys(texts(each))),
    workspaces: Array.isArray(workspaces) ? workspaces.filter((each): each is string => typeof each === 'string') : [],
  }
}

/** Packages of the workspaces that were seen, by the patterns npm, yarn and pnpm share: `packages/*`, `apps/web`. */
function workspacesOf(project: ProjectFiles, folder: string, found: Package): readonly Member[] {
  const pnpm = project.files[within(folder, 'pnpm-workspace.yaml')]?.matchAll(/^\s*-\s*["']?([^"'#\n]+?)["']?\s*$/gm) ?? []
  const patterns = [...found.workspaces, ...[...pnpm].map((match) => match[1]!)].filter((pattern) => !pattern.startsWith('!'))
  if (patterns.length === 0) return []
  const matchers = patterns.map(
    (pattern) => new RegExp(`^${within(folder, pattern).replace(/\/+$/, '').split(/\*+/).map(escape).join('[^/]+')}$`),
  )
  return Object.keys(project.files).flatMap((path) => {
    const member = path.endsWith('/package.json') ? path.slice(0, -'/package.json'.length) : undefined
    if (member === undefined || member === folder || !matchers.some((matcher) => matcher.test(member))) return []
    const inside = parsePackage(project.files[path]!)
    return inside === undefined ? [] : [{ folder: member, found: inside }]
  })
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function servicesOf(project: ProjectFiles, folder: string, found: Package, members: readonly Member[]): readonly FoundService[] {
  const command = startOf(project, folder, found)
  if (command) return [{ name: 'web', folder, command }]
  return members.flatMap((member) => {
    const start = startOf(project, member.folder, member.found)
    return start === undefined ? [] : [{ name: member.folder.split('/').at(-1)!, folder: member.folder, command: start }]
  })
}

function startOf(project: ProjectFiles, folder: string, found: Package): FoundCommand | undefined {
  const start = found.scripts['start']
  // npm's own rule: without a start script, server.js is started.
  if (start === undefined) return project.paths.includes(within(folder, 'server.js')) ? { words: ['node', 'server.js'] } : undefined
  const around = found.scripts['prestart'] ?? found.scripts['poststart']
  // Directly, so that signals reach the program; through npm where the script needs what npm adds.
  return around === undefined && /^node\s/.test(start) ? { shell: start } : { words: ['npm', 'start'] }
}

function buildOf(manager: Manager, found: Package, members: readonly Member[]): readonly FoundCommand[] {
  const install = found.dependencies.length > 0 || members.some((member) => member.found.dependencies.length > 0) || manager.locked
  const build =
    found.scripts['build'] === undefined
      ? members.some((member) => member.found.scripts['build']) && manager.inAll('build')
      : manager.run('build')
  return [...(install ? [manager.install] : []), ...(build ? [build] : [])].map((words) => ({ words }))
}

const placeholder = /no test specified/

function checksOf(manager: Manager, found: Package, members: readonly Member[]): readonly FoundCheck[] {
  const script = (name: string, key: string, where: FoundCheck['in']): readonly FoundCheck[] => {
    const real = (each: Package) => each.scripts[key] !== undefined && !placeholder.test(each.scripts[key])
    if (real(found)) return [{ name, command: { words: manager.run(key) }, in: where }]
    const inside = where === 'build' && found.scripts[key] === undefined && members.some((member) => real(member.found))
    return inside ? [{ name, command: { words: manager.inAll(key) }, in: where }] : []
  }
  const first = (name: string, keys: readonly string[], where: FoundCheck['in']) =>
    keys.map((key) => script(name, key, where)).find((each) => each.length > 0) ?? []
  return [
    ...first('unit', ['test:unit', 'test'], 'build'),
    ...first('lint', ['lint'], 'build'),
    ...first('types', ['typecheck', 'type-check', 'check-types'], 'build'),
    ...first('integration', ['test:integration', 'test:int', 'integration'], 'environment'),
    ...first('smoke', ['test:smoke', 'smoke'], 'environment'),
  ]
}

function nodeVersion(project: ProjectFiles, folder: string, found: Package): string {
  const pinned = project.files[within(folder, '.nvmrc')] ?? project.files[within(folder, '.node-version')] ?? ''
  const exact =
    /^\s*v?(\d+(?:\.\d+){0,2})\s*$/.exec(pinned)?.[1] ?? /^\s*[~^=]?\s*v?(\d+)(?:\.[\dx*]+){0,2}\s*$/.exec(found.engine ?? '')?.[1]
  return exact ?? project.node.split('.')[0]!
}

const postgresPackages = new Set([
  'pg',
  'pg-promise',
  'pg-native',
  'postgres',
  'slonik',
  '@prisma/adapter-pg',
  'pg-boss',
  'graphile-worker',
])

function usesPostgres(packages: readonly Package[]): boolean {
  return packages.some((each) => each.dependencies.some((name) => postgresPackages.has(name)))
}

const seeds = ['db/seed.sql', 'db/schema.sql', 'db/init.sql', 'database/schema.sql', 'sql/schema.sql', 'schema.sql', 'seed.sql']

function seedOf(project: ProjectFiles, folder: string): { readonly seed?: string } {
  const seed = seeds.map((path) => within(folder, path)).find((path) => project.paths.includes(path))
  return seed === undefined ? {} : { seed }
}

const within = (folder: string, path: string) => (folder === '.' ? path : `${folder}/${path}`)

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
