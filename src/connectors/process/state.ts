import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import type { Detached } from '../../kernel/detached.ts'
import type { Digest } from '../../kernel/digest.ts'
import { writeDurably } from '../../kernel/durable-file.ts'
import { hasCode, internal, invalid } from '../../kernel/errors.ts'
import type { Desired, EnvironmentId } from '../../flow/environment/provider.port.ts'

/** `restarting`: waits for its next try. `stopping`: must be gone, whoever finds it ends it. */
export type Phase = 'starting' | 'ready' | 'unhealthy' | 'restarting' | 'stopped' | 'stopping'

/** One service of one deployment: the process that runs it now, and those before it after a crash. */
export type InstanceState = {
  /** Mark of everything it starts. */
  readonly id: string
  readonly service: string
  readonly candidate: Digest
  /** What it was made from: something else needs another instance. */
  readonly artifact: string
  readonly settings: Digest
  /** Kept over restarts, because others were told. */
  port: number | null
  phase: Phase
  /** Was ready at least once: from then on an end is answered with a restart, before it is a failed start. */
  proven: boolean
  /** Null between deciding to start it and knowing its pid; a process that exists nevertheless carries the mark. */
  process: Detached | null
  /** Digest of the variables the process was started with. */
  variables: Digest | null
  launches: number
  restarts: number
  since: string
  problem: string | null
}

export type ResourceState = {
  readonly type: 'postgres'
  readonly database: string
  readonly role: string
  readonly password: string
  /** The database exists and holds its seed. */
  ready: boolean
}

/** What should run in an environment and what does: all that must outlive us. */
export type EnvironmentState = {
  readonly format: 1
  readonly environment: EnvironmentId
  /** Being destroyed: whoever finds it goes on. */
  destroying: boolean
  deployments: readonly Desired[]
  traffic: Digest | null
  /** Service to the port its users know. */
  publicPorts: Record<string, number>
  resources: Record<string, ResourceState>
  instances: InstanceState[]
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

    /** @throws ThreewaysError `ENVIRONMENT_STATE_DAMAGED` */
    async read(environment: EnvironmentId): Promise<EnvironmentState | undefined> {
      const text = await readFile(fileOf(environment), 'utf8').catch(ignoreMissing)
      return text === undefined ? undefined : parse(text, fileOf(environment))
    },

    async write(state: EnvironmentState): Promise<void> {
      await mkdir(folderOf(state.environment), { recursive: true, mode: 0o700 })
      await writeDurably(fileOf(state.environment), `${JSON.stringify(state, null, 1)}\n`)
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
  let state: EnvironmentState
  try {
    state = JSON.parse(text) as EnvironmentState
  } catch (cause) {
    throw internal('ENVIRONMENT_STATE_DAMAGED', { message: `"${file}" is not JSON`, help, cause })
  }
  if (state.format === 1) return state
  throw internal('ENVIRONMENT_STATE_DAMAGED', {
    message: `"${file}" has format ${JSON.stringify(state.format)}, this version reads 1`,
    help,
  })
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)
  return (entries ?? []).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted()
}

function ignoreMissing(error: unknown): undefined {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
  throw error
}
