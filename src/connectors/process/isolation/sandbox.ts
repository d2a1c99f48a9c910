import { spawnSync } from 'node:child_process'
import { existsSync, readlinkSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { secretsInside } from '../../../flow/environment/secrets.port.ts'
import { variableName } from '../variables.ts'

/** Whether this machine can isolate; found out by trying once. */
export type Sandboxing = { readonly available: true } | { readonly available: false; readonly why: string }

/** What a service's own world shares with the machine's. `own`: a loopback of its own, and only links to what it is given. */
export type Network = 'own' | 'host'

/** Where a service's world has what is ours. Short, because the path of a unix socket ends after 107 bytes. */
const ours = '/run/threeways'
export const homeInside = '/home/service'
export const temporaryInside = '/tmp'

const bridge = path.join(import.meta.dirname, 'bridge.mjs')

let found: Sandboxing | undefined

/** Tries bubblewrap once, some 10 ms; the answer is kept. */
export function detectSandboxing(): Sandboxing {
  return (found ??= trySandbox())
}

function trySandbox(): Sandboxing {
  if (process.platform !== 'linux') return { available: false, why: 'bubblewrap exists for Linux only' }
  const tried = spawnSync('bwrap', [...namespaces('own'), ...system(), '--', 'true'], { encoding: 'utf8', timeout: 5_000 })
  if (tried.error) return { available: false, why: missing('bwrap', 'bubblewrap', tried.error) }
  if (tried.status !== 0) return { available: false, why: `bubblewrap cannot be used here: ${firstLine(tried.stderr)}` }
  const enter = spawnSync('nsenter', ['--version'], { encoding: 'utf8', timeout: 5_000 })
  return enter.error ? { available: false, why: missing('nsenter', 'util-linux', enter.error) } : { available: true }
}

function missing(program: string, where: string, error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? `${program} (${where}) is not installed` : `${program} cannot be run: ${error.message}`
}

const firstLine = (text: string) => text.trim().split('\n')[0] || 'it gave no reason'

/** What an instance's world consists of, beside the system. */
export type World = {
  readonly network: Network
  /** Read-only, at the path it has outside. */
  readonly artifact: string
  /** Ours: what it may write to lies in it. */
  readonly folder: string
  readonly cwd: string
  /** It is given some, in files. */
  readonly secrets: boolean
  /** Where the program and its `PATH` are, so that they are there inside, too. */
  readonly path: string
  /** The port it listens on. */
  readonly port: number | null
  /** What it reaches beside itself. */
  readonly reaches: readonly Reach[]
}

/** A port of the service's own loopback behind which something else listens. */
export type Reach = {
  readonly name: string
  readonly port: number
  /** Folder outside, and the unix socket in it. */
  readonly folder: string
  readonly socket: string
}

/** The folder in which an instance's sockets lie; it alone is shared with those that depend on it. */
export const socketFolderOf = (folder: string) => path.join(folder, 'net')
export const serviceSocket = 'service.sock'
export const listensSocket = 'listens.sock'
/** What it calls `/tmp` and its home. */
export const temporaryOf = (folder: string) => path.join(folder, 'tmp')
export const secretsFolderOf = (folder: string) => path.join(folder, 'secrets')
export const homeOf = (folder: string) => path.join(temporaryOf(folder), '.home')

/** The command that runs `command` in a world of its own. */
export function sandboxed(world: World, command: readonly string[]): readonly string[] {
  const { artifact, folder, cwd, network, reaches, secrets } = world
  const isOwn = network === 'own'
  return [
    '/bin/sh',
    '-c',
    // bwrap itself would end at a signal that is meant for the service, and leave nobody to note how that ended. Node gives the
    // service the default dispositions back.
    'trap "" TERM INT HUP QUIT; exec "$@"',
    'sandbox',
    'bwrap',
    namespaces(network),
    system(),
    ['--bind', temporaryOf(folder), temporaryInside, '--bind', homeOf(folder), homeInside],
    programs(world.path, command[0]!),
    ['--ro-bind', artifact, artifact, '--ro-bind', bridge, bridge],
    isOwn ? ['--bind', socketFolderOf(folder), ours, ...bindReaches(reaches)] : [],
    secrets ? ['--ro-bind', secretsFolderOf(folder), secretsInside] : [],
    ['--remount-ro', '/', '--chdir', cwd, '--'],
    [process.execPath, frugal, bridge, JSON.stringify({ links: isOwn ? linksOf(world) : [], command })].flat(),
  ].flat()
}

// It passes bytes on and needs no room to compile.
const frugal = ['--max-semi-space-size=1', '--v8-pool-size=1']

function linksOf({ port, reaches }: World) {
  const served =
    port === null
      ? []
      : [
          { at: `${ours}/${serviceSocket}`, to: port },
          { at: `${ours}/${listensSocket}`, to: port, asks: true },
        ]
  return [...served, ...reaches.map((reach) => ({ at: reach.port, to: `${ours}-${reach.name}/${reach.socket}` }))]
}

const bindReaches = (reaches: readonly Reach[]) => reaches.flatMap(({ name, folder }) => ['--ro-bind', folder, `${ours}-${name}`])

/** Everything of its own but the user, who keeps the files that are hers and loses every privilege. */
function namespaces(network: Network): readonly string[] {
  const own = network === 'own' ? ['--unshare-net'] : []
  return ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', ...own, '--cap-drop', 'ALL']
}

const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
// What programs read to resolve names, check certificates and find their libraries; nothing that holds a secret.
const etc =
  'alternatives ca-certificates crypto-policies fonts group host.conf hosts ld.so.cache ld.so.conf ld.so.conf.d localtime mime.types nsswitch.conf passwd pki protocols resolv.conf services ssl/certs ssl/openssl.cnf timezone'

/** Programs and libraries of the system, read-only. Not `--dev`: its devpts costs a second user namespace, which nsenter cannot enter. */
function system(): readonly string[] {
  const folders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap((folder) => {
    const target = linkOf(folder)
    return target === undefined ? ['--ro-bind-try', folder, folder] : ['--symlink', target, folder]
  })
  const readable = ['/opt', '/nix/store', '/gnu/store', ...etc.split(' ').map((name) => `/etc/${name}`)]
  return [
    ['--ro-bind', '/usr', '/usr', ...folders],
    readable.flatMap((each) => ['--ro-bind-try', each, each]),
    ['--proc', '/proc', '--tmpfs', '/dev', '--dir', '/dev/shm', '--symlink', '/proc/self/fd', '/dev/fd'],
    ['stdin', 'stdout', 'stderr'].flatMap((name, fd) => ['--symlink', `/proc/self/fd/${fd}`, `/dev/${name}`]),
    devices.flatMap((name) => ['--dev-bind-try', `/dev/${name}`, `/dev/${name}`]),
  ].flat()
}

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}

const covered = ['/usr/', '/bin/', '/sbin/', '/lib', '/opt/', '/nix/store/', '/gnu/store/']

/** Folders of `PATH` outside the system, with the libraries beside them, and where the programs really are that links there lead to. */
function programs(searched: string, program: string): readonly string[] {
  const folders = searched.split(':').filter((folder) => path.isAbsolute(folder))
  const beside = folders.filter((folder) => path.basename(folder) === 'bin').map((folder) => path.join(folder, '..', 'lib'))
  const real = ['node', program].flatMap((name) => realFolderOf(name, folders))
  const all = [...new Set([...folders, ...beside, ...real, path.dirname(realpathSync(process.execPath)), path.dirname(process.execPath)])]
  return all
    .filter((folder) => folder !== '/' && existsSync(folder) && !covered.some((root) => `${folder}/`.startsWith(root)))
    .toSorted((a, b) => a.length - b.length)
    .flatMap((folder) => ['--ro-bind-try', folder, folder])
}

function realFolderOf(name: string, folders: readonly string[]): readonly string[] {
  const places = name.includes('/') ? [name] : folders.map((folder) => path.join(folder, name))
  const place = places.find((each) => path.isAbsolute(each) && existsSync(each))
  return place === undefined ? [] : [path.dirname(place), path.dirname(realpathSync(place))]
}

/** The command that runs `command` in the world of a living process, standing in `cwd` there. */
export function inside(pid: number, network: Network, cwd: string, command: readonly string[]): readonly string[] {
  const kinds = ['--user', '--preserve-credentials', '--mount', '--pid', '--ipc', '--uts', ...(network === 'own' ? ['--net'] : [])]
  return ['nsenter', '--target', String(pid), ...kinds, '--', '/bin/sh', '-c', 'cd "$0" && exec "$@"', cwd, ...command]
}

/** Node's own settings among a service's variables would change our bridge; it gives them back to the service. */
export function heldForService(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name.startsWith('NODE_') ? `THREEWAYS_HELD_${name}` : name, value]),
  )
}

/** Ports of the service's own loopback for the services it reaches: their own where that is free, else the next. Pure. */
export function portsFor(
  own: number | null,
  taken: readonly number[],
  others: readonly { readonly name: string; readonly port: number }[],
): Readonly<Record<string, number>> {
  const used = new Set([...taken, ...(own === null ? [] : [own])])
  const ports: Record<string, number> = {}
  for (const { name, port } of others.toSorted((a, b) => variableName(a.name, '').localeCompare(variableName(b.name, '')))) {
    let free = port
    while (used.has(free)) free = free === 65_535 ? 1_024 : free + 1
    used.add(free)
    ports[name] = free
  }
  return ports
}
