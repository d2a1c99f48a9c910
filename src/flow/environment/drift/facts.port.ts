import type { Digest } from '../../../kernel/digest.ts'
import type { EnvironmentId, Progress } from '../provider.port.ts'

/** What can differ from what was made. */
export type DriftKind =
  | 'file-changed'
  | 'file-added'
  | 'file-removed'
  | 'file-mode'
  | 'process-gone'
  | 'process-frozen'
  | 'process-foreign'
  | 'candidate'
  | 'variables'
  | 'command'
  | 'limits'
  | 'port-closed'
  | 'port-foreign'
  | 'address'
  | 'replicas'
  | 'record'
  | 'resource-missing'
  | 'resource-role'
  | 'resource-schema'

/** Something of an environment that is not as it was made. No secret is in it: variables are named, their values never told. */
export type Drift = {
  readonly kind: DriftKind
  /** `web`, `web (2)`, `db`, `dist/server.js`, `process 4711`, `record` */
  readonly subject: string
  readonly expected: string
  readonly observed: string
  /** Two looks speak of the same thing only when this is the same as well: a process that ended twice is two. */
  readonly evidence?: string
}

/** What is known of one instance that should be running by now. Undefined where this machine does not tell. */
export type InstanceFacts = {
  readonly service: string
  /** From 0. */
  readonly replica: number
  readonly launches: number
  readonly alive: boolean
  /** Why its supervisor will not start it again. */
  readonly given: string | undefined
  /** Pids of its processes that were stopped (SIGSTOP) and do not go on. */
  readonly frozen: readonly number[]
  readonly candidate: Digest
  readonly runs: string | undefined
  /** Names of variables that are not what it was given: `LEVEL is another`, `DEBUG is new`. */
  readonly variables: readonly string[]
  readonly command: { readonly expected: string; readonly observed: string } | undefined
  readonly limits: { readonly expected: string; readonly observed: string } | undefined
  readonly port: { readonly port: number; readonly own: boolean; readonly foreign: readonly string[] } | undefined
}

export type ReplicaFacts = { readonly service: string; readonly wanted: number; readonly there: number }

export type ResourceFacts = {
  readonly name: string
  readonly exists: boolean
  /** What its role may and owns, as it was made and as it is. */
  readonly role: { readonly expected: string; readonly observed: string } | undefined
  /** Of tables, columns, indexes, functions … without their content; undefined when it could not be read this time. */
  readonly schema: Digest | undefined
}

export type DriftMode = 'heal' | 'alert' | 'off'

/** An environment as it should be and as it was found, at one moment at which nobody was changing it. */
export type EnvironmentFacts = {
  /** What its definition asks to be done about drift; undefined: says nothing. */
  readonly mode: DriftMode | undefined
  /** Grows with every change made on purpose. */
  readonly revision: number
  readonly instances: readonly InstanceFacts[]
  readonly replicas: readonly ReplicaFacts[]
  /** Processes that carry its marks and belong to no instance. */
  readonly strangers: readonly { readonly pid: number; readonly command: string }[]
  readonly record: 'as written' | 'changed' | 'missing'
  /** Public addresses: the port that users know, and the one that is listened on; undefined: none. */
  readonly addresses: readonly { readonly service: string; readonly port: number; readonly found: number | undefined }[]
  /** Undefined: their server cannot be asked right now. */
  readonly resources: readonly ResourceFacts[] | undefined
  /** Folders whose every file should be as packed. */
  readonly artifacts: readonly { readonly folder: string; readonly digest: Digest }[]
}

/** What a provider brings so that drift is seen and put right; every one that lets processes run by themselves should. */
export type DriftProvider = {
  list(): Promise<readonly EnvironmentId[]>
  /** Undefined: it is being changed right now, or not kept here. Cheap enough to be asked every second. */
  facts(environment: EnvironmentId): Promise<EnvironmentFacts | undefined>
  /**
   * Makes what drifted as it was made: other instances are started beside the ones that differ and get their traffic, before
   * these end. What is not in its power (files, data) is left alone.
   * @throws ThreewaysError `SERVICE_UNHEALTHY`; what was there is still there
   */
  mend(environment: EnvironmentId, drifts: readonly Drift[], watch: (progress: Progress) => void, signal?: AbortSignal): Promise<void>
}
