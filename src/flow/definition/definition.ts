import type { Digest, Json } from '../../kernel/digest.ts'
import type { ChangeWindow, Freeze } from './change-window.ts'
import type { Shadow, ShadowDemands } from './shadow.ts'

export type { Shadow, ShadowDemands, ShadowLimits } from './shadow.ts'

/**
 * The definition after reading: defaults filled in, durations in milliseconds, everything checked. It is plain JSON, and its
 * canonical form is part of every candidate's digest.
 */
export type Definition = {
  /** Of the value stream: lower case letters, digits and dashes. */
  readonly name: string
  readonly services: Readonly<Record<string, Service>>
  readonly resources: Readonly<Record<string, Resource>>
  /** What providers of others make. Left out where there is nothing, so that older candidates keep their digests. */
  readonly provided?: Readonly<Record<string, Provided>>
  readonly artifact: Artifact
  /** Tool name to the version (or its leading parts: `24`, `24.21`) that must build it: `{node: "24"}`. */
  readonly tools: Readonly<Record<string, string>>
  readonly environments: Readonly<Record<string, EnvironmentSettings>>
  readonly stages: readonly Stage[]
  readonly checks: Readonly<Record<string, Check>>
  /** When the line stops itself, beside red and rolled back. */
  readonly line?: { readonly batch?: { readonly changes?: number | undefined; readonly lines?: number | undefined } | undefined }
}

export type Service = {
  /** Program and arguments. */
  readonly command: readonly string[]
  /** Folder inside the artifact. @defaultValue '.' */
  readonly workdir: string
  readonly environment: Readonly<Record<string, string>>
  /** Secrets it is given; absent: none. */
  readonly secrets?: readonly SecretUse[]
  readonly health: HealthCheck | undefined
  /** The port it listens on in a container. As a plain process it must listen on 127.0.0.1 at `$PORT`. */
  readonly port: number | undefined
  readonly dependsOn: Readonly<Record<string, 'started' | 'healthy'>>
  readonly stop: { readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT'; readonly graceMs: number }
  readonly restart: 'always' | 'on-failure' | 'no'
  /** Instances of it side by side. @defaultValue 1 */
  readonly replicas?: number
  /** Of each instance, with all it starts. Absent: none. */
  readonly limits?: Limits
  /** What only a container provider uses, as written. */
  readonly container?: { readonly image?: string; readonly build?: Json }
}

export type Limits = {
  readonly memoryBytes?: number
  /** Of processor time: 0.5 is half of one. */
  readonly cpus?: number
  /** Processes and threads at once. */
  readonly pids?: number
}

/** By name: values are no part of a definition. */
export type SecretUse = {
  readonly source: string
  /** Name of its file. @defaultValue `source` */
  readonly target?: string
  /** Rights of its file. @defaultValue 0o400 */
  readonly mode?: number
  /** Given in this variable, and in no file. */
  readonly variable?: string
}

export type HealthCheck = {
  readonly probe: { readonly kind: 'http'; readonly path: string } | { readonly kind: 'command'; readonly command: readonly string[] }
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Failures in a row until it counts as unhealthy. */
  readonly retries: number
  /** Failures within this time after the start do not count. */
  readonly startPeriodMs: number
}

/** A backing service; its name `db` gives dependants `DB_URL`. */
export type Resource = {
  readonly type: 'postgres'
  /** SQL file in the repository, run once into a new database. */
  readonly seed: string | undefined
  /** Folder of numbered SQL files in the repository, or a tool of its own; absent: none. */
  readonly migrations?: string | MigrationTool
}

/** A program that changes a database by itself; what it does is not read. */
export type MigrationTool = {
  /** Program and arguments, run in the artifact. */
  readonly command: readonly string[]
  /** What it applies: paths in the artifact. It runs once for each content of them. */
  readonly files: readonly string[]
  readonly timeoutMs: number
}

/** What a provider of others makes, as Docker Compose has them; what it tells of `db` reaches dependants as `DB_…`. */
export type Provided = {
  /** Name of a Docker CLI plugin or program. */
  readonly type: string
  readonly options: Readonly<Record<string, readonly string[]>>
}

export type Artifact = {
  /** Commands run in order in a clean checkout. */
  readonly build: readonly (readonly string[])[]
  /** For these commands. */
  readonly secrets?: readonly SecretUse[]
  /** Paths in the checkout after the build that make up the artifact. */
  readonly pack: readonly string[]
  readonly reproducible: 'required' | 'unchecked'
}

/** What environments are made of: processes of the machine, or containers of a Docker Engine API. */
export type ProviderName = 'process' | 'docker'

export type EnvironmentSettings = {
  /** `process` leaves it to the server, which makes processes unless it was told otherwise. */
  readonly provider: ProviderName
  /** Environment variables that differ here, per service; only names listed in `parity` may. */
  readonly environment: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The names that may differ between environments: the declared differences. */
  readonly parity: readonly string[]
  /** Seed file per resource that replaces the resource's own. */
  readonly seed: Readonly<Record<string, string>>
  /** Instances per service, instead of the service's own number. */
  readonly replicas?: Readonly<Record<string, number>>
  /** How it is kept apart from what else runs on its machine; absent: not at all. */
  readonly isolation?: IsolationSettings
  /** Limits of services that cannot be kept here are left out, and told. @defaultValue 'required' */
  readonly limits?: 'when-present'
  /** What is done when something of it is not as it was made. @defaultValue 'alert' */
  readonly drift?: 'heal' | 'alert' | 'off'
  /** One that people ask for lives so long; absent: until somebody destroys it. */
  readonly ttlMs?: number
  /** It sleeps when nobody asked anything of it for so long. `stage`: also where a stage owns it. */
  readonly sleep?: { readonly afterMs: number; readonly stage?: true }
}

export type IsolationSettings = { readonly mode: 'required' | 'when-present'; readonly network: 'own' | 'host' }

export type Strategy = 'replace' | 'blue-green' | 'rolling' | 'canary'

export type MetricName = 'error_rate' | 'p50_ms' | 'p95_ms' | 'p99_ms'

/** How a candidate proves itself before it serves everybody. */
export type Canary = {
  /** Percents of new requests, growing, the last 100. Up to 50 an equal part can go to the baseline. */
  readonly steps: readonly number[]
  /** How long each step is watched before it is judged. */
  readonly everyMs: number
  /** What is compared; a critical one that is worse fails the canary whatever the others say. */
  readonly metrics: readonly { readonly name: MetricName; readonly critical: boolean }[]
}

export type Deploy = {
  readonly strategy: Strategy
  /** Clients stay with the deployment they met first, for as long as it has a share. @defaultValue false */
  readonly sticky?: true
  /** Of strategy `canary`, and of no other. */
  readonly canary?: Canary
}

export type Stage = {
  readonly name: string
  readonly after: readonly string[]
  /** Key of `environments`; undefined: the stage only runs checks. */
  readonly environment: string | undefined
  /** Made for this run and destroyed after the stage. */
  readonly ephemeral: boolean
  /** false: waits for a person's promotion. */
  readonly auto: boolean
  /** What must be so before a candidate enters. Left out where nothing was asked, so that older candidates keep their digests. */
  readonly gate?: StageGate
  readonly checks: readonly string[]
  readonly deploy: Deploy
  /** Checks run against the environment after the switch; a failure rolls back. */
  readonly smoke: readonly string[]
  /** Absent: nothing is copied to it. */
  readonly shadow?: Shadow
  readonly rollback: { readonly automatic: boolean; readonly hold: boolean }
}

export type StageGate = {
  /** `from`: groups and people of the server's policy. */
  readonly approve?: { readonly from: readonly string[]; readonly count: number; readonly reason: 'required' | 'optional' }
  /** So long it must have been verified in each stage before. */
  readonly soakMs?: number
  /** Of every stage before that gets copies of requests. */
  readonly shadow?: ShadowDemands
  readonly window?: readonly ChangeWindow[]
  readonly freeze?: readonly Freeze[]
}

export type Check = {
  /** Program and arguments. */
  readonly command: readonly string[]
  /** `build`: in the candidate's checkout after the build; `environment`: there too, with the environment's addresses (`WEB_URL`, `DB_URL`). */
  readonly in: 'build' | 'environment'
  /** May be run again when its outcome was lost. */
  readonly idempotent: boolean
  readonly timeoutMs: number
  /** Further tries after a failure. */
  readonly retries: number
  /** JUnit XML file it writes, kept with the run. */
  readonly report: string | undefined
  readonly secrets?: readonly SecretUse[]
  /** Labels that the machine must have on which it runs. */
  readonly on?: Readonly<Record<string, string>>
}

/** One environment's own view of a definition: settings applied. Pure; its digest is how two environments are compared. */
export type Rendered = {
  /** Key of the definition's `environments`. */
  readonly settings: string
  readonly definition: Definition
  readonly digest: Digest
}

/** Where a value of the normalised definition stands in the file: JSON pointer into the *file* to line and column, from 1. */
export type Positions = { at(pointer: string): { readonly file: string; readonly line: number; readonly column: number } }

export type ReadDefinition = {
  readonly definition: Definition
  /** Whose the value stream is. No part of the definition itself: a change of hands makes no other candidate, and no other environment. */
  readonly team: string | undefined
  readonly positions: Positions
  /** The file's text as parsed, for digests and display. */
  readonly document: Json
}
