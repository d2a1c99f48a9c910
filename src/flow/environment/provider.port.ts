import type { Digest } from '../../kernel/digest.ts'
import type { Fault } from '../../kernel/errors.ts'
import type { Definition, Positions, Rendered, Strategy } from '../definition/definition.ts'
import type { DatabaseProvider } from '../migration/migrations.port.ts'
import type { DriftProvider } from './drift/facts.port.ts'
import type { RestProvider } from './life/rest.port.ts'
import type { Shadowing } from './shadow.port.ts'

// A provider sees the definition through its port; rendering is the same for all.
export { rendered } from '../definition/render.ts'
export type {
  Definition,
  EnvironmentSettings,
  HealthCheck,
  Limits,
  Positions,
  Provided,
  ProviderName,
  Rendered,
  Resource,
  Service,
  Strategy,
} from '../definition/definition.ts'

/** `<stream>/<name>`, for example `parts-unlimited/production`. */
export type EnvironmentId = `${string}/${string}`

/** What a provider can do; a definition that asks for more is refused by `plan` at the line that asks. */
export type Capabilities = {
  readonly strategies: readonly Strategy[]
  /** Several instances of a service, and traffic in shares between deployments; measured per deployment. */
  readonly replicas: boolean
  readonly shares: boolean
  readonly resources: readonly string[]
  /** Here and now: networks, processes and files of environments are kept apart where their definition asks for it. */
  readonly isolation: boolean
  readonly restarts: boolean
}

/**
 * Why a deployment is there. `main` serves, served or is to serve. `baseline` is the candidate that serves, started once more:
 * a canary is compared with something of its own age, not with a process whose caches have been warm for a week.
 */
export type Role = 'main' | 'baseline'

/** Which of an environment's deployments: a candidate can be there in both roles. */
export type DeploymentKey = { readonly candidate: Digest; readonly role: Role }

/** New requests in whole percents: of 100 in a row a deployment gets exactly so many. */
export type Share = DeploymentKey & { readonly percent: number }

/** A candidate that should run in an environment. */
export type Desired = {
  readonly candidate: Digest
  /** @defaultValue 'main' */
  readonly role?: Role
  /** Instances per service, where it is not what its definition says: a canary needs few, a deployment on its way out fewer. */
  readonly replicas?: Readonly<Record<string, number>>
  readonly rendered: Rendered
  /** Folder of the unpacked artifact: read-only, the same bytes in every environment. */
  readonly artifact: string
  /** Digest of that folder's content; compared when the running digest is read back. */
  readonly artifactDigest: Digest
  /** Folder with the repository's files at the candidate's commit, where seeds are read from. @defaultValue the artifact */
  readonly source?: string
}

/**
 * The state wanted of an environment. Two deployments side by side and moved `shares` are a blue-green switch, moved little by
 * little a canary; one deployment that replaces another is `replace`; none, with the environment kept, is an empty environment.
 */
export type Target = {
  readonly environment: EnvironmentId
  readonly deployments: readonly Desired[]
  /** Who gets new requests; they add up to 100. None: nobody serves. */
  readonly shares: readonly Share[]
  /** A client stays with the deployment it met first, for as long as that has a share. @defaultValue false */
  readonly sticky?: boolean
  /** Requests of another environment are copied to it, once traffic is where it should be. Absent: none are. */
  readonly shadow?: Shadowing
}

/** All requests go to one deployment, or to none. */
export function allTo(deployment: { readonly candidate: Digest; readonly role?: Role } | undefined): readonly Share[] {
  return deployment === undefined ? [] : [{ candidate: deployment.candidate, role: deployment.role ?? 'main', percent: 100 }]
}

export type Action = {
  readonly kind: 'create' | 'stop' | 'switch' | 'keep'
  /** `resource db`, `service web of 1f3c…`, `traffic` */
  readonly subject: string
  readonly reason: string
}

export type Plan = { readonly target: Target; readonly actions: readonly Action[] }

/** What happens while a plan is applied, for people who watch. */
export type Progress = { readonly at: string; readonly subject: string; readonly message: string }

/** Garden's seven, minus those a process cannot have. */
export type ServiceState = 'starting' | 'ready' | 'unhealthy' | 'stopped' | 'restarting'

export type ObservedService = {
  readonly service: string
  /** The candidate this deployment was started for. */
  readonly candidate: Digest
  readonly role: Role
  /** Which of its deployment's instances of this service, from 0. */
  readonly replica: number
  readonly state: ServiceState
  /** Read back from the running process: what really runs, `undefined` when it cannot be told. Equal to `candidate` when all is well. */
  readonly running: Digest | undefined
  readonly pid: number | undefined
  /** Where this instance itself listens. */
  readonly port: number | undefined
  readonly restarts: number
  readonly since: string
  /** Why it is not ready, with the end of its log. */
  readonly problem: string | undefined
  /** Of each secret the version it was given. @defaultValue none */
  readonly secrets?: Readonly<Record<string, number>>
}

/** How what runs in an environment is kept apart from what else runs on its machine. */
export type Isolation = {
  readonly by: 'bubblewrap' | 'container' | 'none'
  /** `own`: a loopback of its own, from which nothing is reached but what it was given. */
  readonly network: 'own' | 'host'
  /** Why it is not kept apart, or not as far as was asked. */
  readonly why: string | undefined
}

export type Observed = {
  readonly environment: EnvironmentId
  readonly exists: boolean
  /** The candidate that serves: while traffic is shared, the one with the greater part. */
  readonly traffic: Digest | undefined
  readonly shares: readonly Share[]
  /** Whose requests it gets copies of; absent: nobody's. */
  readonly shadow?: Shadowing
  readonly isolation: Isolation
  /** What keeps its services within their limits, or why nothing does; absent: none was asked for. */
  readonly limits?: string
  /** Since when it sleeps; absent: it is awake. */
  readonly asleep?: string
  /** No request wakes it. */
  readonly untilWoken?: boolean
  readonly services: readonly ObservedService[]
  readonly resources: readonly { readonly name: string; readonly type: string; readonly ready: boolean }[]
  /** Stable public address per service that has a port: `{web: "http://127.0.0.1:41234"}`. */
  readonly urls: Readonly<Record<string, string>>
  /** What a check `in: environment` gets: `WEB_URL`, `DB_URL` … Secret values; never logged or recorded. */
  readonly variables: Readonly<Record<string, string>>
}

/** What a deployment did with the requests that were passed to it. */
export type Measured = {
  /** Those that ended: answered, failed, or upgraded to a WebSocket. One that its client gave up is none. */
  readonly requests: number
  /** Answered 5xx, broken off, or not answered at all; also when the client got its answer from another deployment then. */
  readonly errors: number
  /** A uniform sample, at most some thousand, in the order in which they came: until the answer had ended, of a stream until it began. */
  readonly latenciesMs: readonly number[]
}

export type LogLine = { readonly service: string; readonly candidate: Digest; readonly line: string }

/**
 * Brings environments to life. Everything is idempotent: applying the same target again, also from another process after
 * kill -9 in the middle, converges. Each provider passes `provider.contract.ts`.
 */
export type EnvironmentProvider = {
  readonly name: string
  /** Sees what changed by itself; absent: it cannot. */
  readonly drift?: DriftProvider
  /** Lets environments sleep; absent: they cannot. */
  readonly rest?: RestProvider
  /** Migrates databases; absent: it cannot. */
  readonly databases?: DatabaseProvider
  capabilities(): Capabilities
  /** @throws ThreewaysError `ENVIRONMENT_UNKNOWN` when the definition has no such settings */
  render(definition: Definition, settings: string): Rendered
  /** Everything in `definition` this provider cannot honour here, each at its place in the file. Changes nothing. */
  refusals(definition: Definition, positions: Positions): Promise<readonly Fault[]>
  plan(target: Target): Promise<Plan>
  /**
   * Converges. Returns when every service of every deployment is ready and traffic is where it should be.
   * @throws ThreewaysError `SERVICE_UNHEALTHY` (which service, why, end of its log); what was serving still serves
   */
  apply(plan: Plan, watch: (progress: Progress) => void, signal?: AbortSignal): Promise<Observed>
  observe(environment: EnvironmentId): Promise<Observed>
  /**
   * What went to each deployment since measuring began here: with the first request after a start of the server, or when it
   * last began `anew`. Only of deployments that something went to.
   */
  measure(environment: EnvironmentId, anew: boolean): Promise<readonly (DeploymentKey & Measured)[]>
  list(): Promise<readonly EnvironmentId[]>
  logs(
    environment: EnvironmentId,
    options: { service?: string; lines?: number; follow?: boolean; signal?: AbortSignal },
  ): AsyncIterable<LogLine>
  /** Runs a command in a service's folder with its variables. */
  exec(
    environment: EnvironmentId,
    service: string,
    command: readonly string[],
  ): Promise<{ code: number | null; stdout: string; stderr: string }>
  /** Nothing is left: no process, file, port, database. Safe to repeat, also for an environment that is half there. */
  destroy(environment: EnvironmentId): Promise<void>
  /** After a start of the server: re-attaches what lives, ends what should not, starts what is missing. */
  recover(): Promise<{ readonly adopted: number; readonly ended: number; readonly restarted: number }>
  /** Ends supervision. `stop`: the environments' processes end too, their data stays; `leave`: they live on to be adopted. */
  close(what: 'stop' | 'leave'): Promise<void>
}
