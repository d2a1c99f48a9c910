import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '../../kernel/digest.ts'
import { writeDurably } from '../../kernel/durable-file.ts'
import { hasCode, internal, invalid } from '../../kernel/errors.ts'
import type { ProcessIdentity } from '../../kernel/process.ts'
import type { Variables } from '../compose/messages.ts'
import type { Desired, DeploymentKey, EnvironmentId, Role, Share } from '../../flow/environment/provider.port.ts'
import type { Shadowing } from '../../flow/environment/shadow.port.ts'
import type { Running } from './program/runner.ts'

/** `restarting`: waits for its next try. `stopping`: must be gone, whoever finds it ends it. */
export type Phase = 'starting' | 'ready' | 'unhealthy' | 'restarting' | 'stopped' | 'stopping'

/** One replica of a service of one deployment: the process that runs it now, and those before it after a crash. */
export type InstanceState = {
  /** Mark of everything it starts. */
  readonly id: string
  readonly service: string
  readonly candidate: Digest
  readonly role: Role
  /** From 0. */
  readonly replica: number
  /** What it was made from: something else needs another instance. */
  readonly artifact: string
  readonly settings: Digest
  /** What runs it; absent: a process of this machine. */
  readonly provider?: 'docker'
  /** Bubblewrap keeps it apart; absent: nothing does. */
  readonly isolation?: Isolated
  /** Kept over restarts, because others were told. With a network of its own it is a port there. */
  port: number | null
  phase: Phase
  /** Was ready at least once: from then on an end is answered with a restart, before it is a failed start. */
  proven: boolean
  /** Null between deciding to start it and knowing its pid; a process that exists nevertheless carries the mark. */
  process: Running | null
  /** Digest of the variables the process was started with. */
  variables: Digest | null
  /** Of each secret the version that its process was given; absent: it has none. */
  secrets?: Readonly<Record<string, number>>
  launches: number
  restarts: number
  since: string
  problem: string | null
  /** The program as it was loaded when it had settled; absent where nobody looked yet. */
  image?: Image
}

/** Which program a process runs: told apart from one that took its place in the same process. */
export type Image = {
  /** Of the instance; and its process then. */
  readonly launches: number
  readonly pid: number
  readonly at: string
  readonly command: string
  /** Variables that its own command gave other values. */
  readonly ownVariables: readonly string[]
  /** It was seen to listen on its port. */
  listened?: true
}

export type Isolated = { readonly network: 'own' | 'host' }

/** The port of this machine an instance takes. */
export function hostPortOf({ port, isolation }: Pick<InstanceState, 'port' | 'isolation'>): number | null {
  return isolation?.network === 'own' ? null : port
}

export type ResourceState = {
  readonly type: 'postgres'
  readonly database: string
  readonly role: string
  readonly password: string
  /** The database exists and holds its seed. */
  ready: boolean
}

/** What a provider of others made, or may have made: it is owed a `down` as long as this is there. */
export type ProvidedState = {
  readonly name: string
  readonly type: string
  /** As `up` was called last. */
  options: Readonly<Record<string, readonly string[]>>
  /** `coming`: `up` was called, or was about to be. `stopped`: it may have been paused. */
  phase: 'coming' | 'ready' | 'stopped'
  /** What it told of itself, by its own names. */
  variables: Variables
  /** A call under way: the mark of its process, and that process once it is known. */
  call?: { readonly mark: string; process?: ProcessIdentity }
}

/** What should run in an environment and what does: all that must outlive us. */
export type EnvironmentState = {
  readonly format: 2
  readonly environment: EnvironmentId
  /** Being destroyed: whoever finds it goes on. */
  destroying: boolean
  /** Since when its processes are ended, until somebody asks for it. */
  asleep?: string
  /** No request wakes it: only people and deployments do. */
  untilWoken?: true
  deployments: readonly Desired[]
  /** Who gets new requests; none: nobody serves. */
  shares: readonly Share[]
  sticky: boolean
  /** Whose requests it gets copies of; absent: nobody's. */
  shadow?: Shadowing
  /** Service to the port its users know. */
  publicPorts: Record<string, number>
  /** The ports before those, where another program sat on one when we came back. */
  formerPorts?: Record<string, number>
  resources: Record<string, ResourceState>
  /** Absent: nothing. */
  provided?: ProvidedState[]
  instances: InstanceState[]
}

export function newState(environment: EnvironmentId): EnvironmentState {
  const nothing = { deployments: [], shares: [], sticky: false, publicPorts: {}, resources: {}, instances: [] }
  return { format: 2, environment, destroying: false, ...nothing }
}

/** One text per deployment of an environment. */
export function deploymentOf({ candidate, role }: DeploymentKey): string {
  return role === 'main' ? candidate : `${candidate} ${role}`
}

/** The candidate of such a text. */
export const candidateOf = (deployment: string): Digest => deployment.split(' ', 1)[0] as Digest

export function keyOf({ candidate, role = 'main' }: Pick<Desired, 'candidate' | 'role'>): DeploymentKey {
  return { candidate, role }
}

export function isOf(one: DeploymentKey, other: Pick<Desired, 'candidate' | 'role'>): boolean {
  return one.candidate === other.candidate && one.role === (other.role ?? 'main')
}

/** The candidate that serves: while traffic is shared, the one with the greater part; of equals the one that came first. */
export function servingCandidate(shares: readonly Share[]): Digest | undefined {
  const percents = new Map<Digest, number>()
  for (const { candidate, percent } of shares) percents.set(candidate, (percents.get(candidate) ?? 0) + percent)
  return [...percents].reduce<readonly [Digest, number] | undefined>(
    (best, one) => (best && best[1] >= one[1] ? best : one),
    undefined,
  )?.[0]
}

const part = '[A-Za-z0-9][A-Za-z0-9_.-]{0,62}'
const idPattern = new RegExp(`^${part}/${part}$`)

/** Where environments are kept: `<home>/environments/<stream>/<name>/`. */
export function stateStore(home: string) {
  const root = path.join(home, 'environments')
  const folderOf = (environment: EnvironmentId): string => {
    if (!idPattern.test(environment)) {
      throw invalid('ENVIRONMENT_NAME_INVALID', {
        message: `"${environment}" does not name an environment`,
        help: 'write <stream>/<name>, each of letters, digits, "-", "_" and "."',
      })
    }
    return path.join(root, environment)
  }
  const fileOf = (environment: EnvironmentId) => path.join(folderOf(environment), 'state.json')
  return {
    folderOf,
    fileOf,

    /** @throws ThreewaysError `ENVIRONMENT_STATE_DAMAGED` */
    async read(environment: EnvironmentId): Promise<EnvironmentState | undefined> {
      const text = await readFile(fileOf(environment), 'utf8').catch(ignoreMissing)
      return text === undefined ? undefined : parse(text, fileOf(environment))
    },

    /** @returns the text */
    async write(state: EnvironmentState): Promise<string> {
      const text = `${JSON.stringify(state, null, 1)}\n`
      await mkdir(folderOf(state.environment), { recursive: true, mode: 0o700 })
      await writeDurably(fileOf(state.environment), text)
      return text
    },

    /** Also folders without a readable state: they are environments that are half there. */
    async list(): Promise<readonly EnvironmentId[]> {
      const found: EnvironmentId[] = []
      for (const stream of await foldersIn(root)) {
        for (const name of await foldersIn(path.join(root, stream))) found.push(`${stream}/${name}`)
      }
      return found
    },

    async remove(environment: EnvironmentId): Promise<void> {
      await rm(folderOf(environment), { recursive: true, force: true })
      // Others of the same stream may be there, or come back meanwhile.
      await rmdir(path.dirname(folderOf(environment))).catch(() => {})
    },
  }
}

export type StateStore = ReturnType<typeof stateStore>

function parse(text: string, file: string): EnvironmentState {
  const help = 'end the environment with `threeways env down` and bring it up again'
  let state: EnvironmentState | FirstState
  try {
    state = JSON.parse(text) as EnvironmentState | FirstState
  } catch (cause) {
    throw internal('ENVIRONMENT_STATE_DAMAGED', { message: `"${file}" is not JSON`, help, cause })
  }
  if (state.format === 2) return state
  if (state.format === 1) return migrated(state)
  throw internal('ENVIRONMENT_STATE_DAMAGED', {
    message: `"${file}" has format ${JSON.stringify((state as EnvironmentState).format)}, this version reads up to 2`,
    help,
  })
}

/** Before there were replicas and shares: each candidate once, one of each service, one of the candidates with all traffic. */
type FirstState = Omit<EnvironmentState, 'format' | 'shares' | 'sticky' | 'instances'> & {
  readonly format: 1
  readonly traffic: Digest | null
  readonly instances: readonly Omit<InstanceState, 'role' | 'replica'>[]
}

function migrated({ traffic, instances, ...kept }: FirstState): EnvironmentState {
  return {
    ...kept,
    format: 2,
    shares: traffic === null ? [] : [{ candidate: traffic, role: 'main', percent: 100 }],
    sticky: false,
    instances: instances.map((instance) => ({ ...instance, role: 'main', replica: 0 })),
  }
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)
  return (entries ?? []).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted()
}

function ignoreMissing(error: unknown): undefined {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
  throw error
}
