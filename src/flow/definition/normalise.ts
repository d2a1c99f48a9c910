import type {
  Artifact,
  Check,
  Definition,
  Deploy,
  EnvironmentSettings,
  HealthCheck,
  Provided,
  Resource,
  SecretUse,
  MigrationTool,
  Service,
  Shadow,
  ShadowDemands,
  Stage,
  StageGate,
} from './definition.ts'
import type { CheckEntry, DefinitionFile, EnvironmentEntry, ServiceEntry, StageEntry } from './schema.ts'

type EnvironmentDefaults = DefinitionFile['x-threeways']['environments']['defaults']

/** The file with everything said: what was left out is filled in, short forms are long. Pure. */
export function normalise(file: DefinitionFile): Definition {
  const { artifact, tools, environments, checks, pipeline, line } = file['x-threeways']
  const { defaults, ...own } = environments
  const run = Object.entries(file.services).filter(([, entry]) => entry.provider === undefined)
  const seeds = Object.values(file.services).flatMap((entry) => {
    const options = ownOptions(entry)
    return [options?.seed ?? [], filesOf(options?.migrations)].flat()
  })
  const ownSeeds = Object.values(own).flatMap((entry) => Object.values((entry as EnvironmentEntry).seed))
  return {
    name: file.name,
    services: Object.fromEntries(run.map(([name, entry]) => [name, serviceOf(entry)])),
    resources: Object.fromEntries(Object.entries(file.services).flatMap(([name, entry]) => resourceOf(name, entry))),
    ...providedOf(file.services),
    artifact: artifactOf(artifact, [...seeds, ...ownSeeds]),
    tools,
    environments: Object.fromEntries(Object.entries(own).map(([name, entry]) => [name, settingsOf(entry as EnvironmentEntry, defaults)])),
    stages: pipeline.stages.map(stageOf),
    checks: Object.fromEntries(Object.entries(checks).map(([name, entry]) => [name, checkOf(entry)])),
    ...(line === undefined ? {} : { line }),
  }
}

function artifactOf({ secrets, ...artifact }: DefinitionFile['x-threeways']['artifact'], seeds: readonly string[]): Artifact {
  return { ...artifact, pack: packed(artifact.pack, seeds), ...given(secrets) }
}

/** Left out where none is asked for, so that older candidates keep their digests. */
const given = (secrets: readonly SecretUse[]) => (secrets.length === 0 ? {} : { secrets })

/** What a new environment is seeded with, and how its databases change, is needed wherever the artifact is, so it is packed without being asked for. */
function packed(written: readonly string[], seeds: readonly string[]): readonly string[] {
  const covered = (seed: string) => written.some((path) => path === '.' || seed === path || seed.startsWith(`${path}/`))
  return [...new Set([...written, ...seeds.filter((seed) => !covered(seed)).toSorted()])]
}

function serviceOf(entry: ServiceEntry): Service {
  const run = entry['x-run']
  const { image, build } = entry
  return {
    command: run?.command ?? entry.command ?? [],
    workdir: run?.workdir ?? '.',
    environment: entry.environment,
    ...given(entry.secrets),
    health: entry.healthcheck && healthOf(entry.healthcheck),
    port: entry.ports?.[0],
    dependsOn: entry.depends_on,
    stop: { signal: run?.stop?.signal ?? entry.stop_signal, graceMs: run?.stop?.grace ?? entry.stop_grace_period },
    restart: entry.restart,
    ...limitsOf(entry),
    ...(entry.deploy?.replicas === undefined ? {} : { replicas: entry.deploy.replicas }),
    ...(image === undefined && build === undefined
      ? {}
      : { container: { ...(image === undefined ? {} : { image }), ...(build === undefined ? {} : { build }) } }),
  }
}

function limitsOf({ deploy, mem_limit, cpus, pids_limit }: ServiceEntry): Pick<Service, 'limits'> {
  const long = deploy?.resources?.limits
  const all = { memoryBytes: long?.memory ?? mem_limit, cpus: long?.cpus ?? cpus, pids: long?.pids ?? pids_limit }
  const limits = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return Object.keys(limits).length === 0 ? {} : { limits }
}

function healthOf(entry: NonNullable<ServiceEntry['healthcheck']>): HealthCheck {
  const path = entry['x-http']
  return {
    probe: path === undefined ? { kind: 'command', command: entry.test ?? [] } : { kind: 'http', path },
    intervalMs: entry.interval,
    timeoutMs: entry.timeout,
    retries: entry.retries,
    startPeriodMs: entry.start_period,
  }
}

type OwnOptions = Extract<NonNullable<ServiceEntry['provider']>, { type: 'threeways' }>['options']

/** Of a resource of ours. */
const ownOptions = ({ provider }: ServiceEntry): OwnOptions | undefined =>
  provider?.type === 'threeways' ? (provider.options as OwnOptions) : undefined

function providedOf(services: DefinitionFile['services']): Pick<Definition, 'provided'> {
  const provided = Object.entries(services).flatMap(([name, { provider }]): readonly (readonly [string, Provided])[] =>
    provider === undefined || provider.type === 'threeways' ? [] : [[name, provider as Provided]],
  )
  return provided.length === 0 ? {} : { provided: Object.fromEntries(provided) }
}

function resourceOf(name: string, entry: ServiceEntry): readonly (readonly [string, Resource])[] {
  const options = ownOptions(entry)
  if (options === undefined) return []
  const { resource: type, seed, migrations } = options
  if (migrations === undefined) return [[name, { type, seed }]]
  return [[name, { type, seed, migrations: typeof migrations === 'string' ? migrations : toolOf(migrations) }]]
}

type MigrationsEntry = OwnOptions['migrations']

const filesOf = (migrations: MigrationsEntry) => (typeof migrations === 'object' ? migrations.files : (migrations ?? []))

function toolOf({ run, files, timeout }: Exclude<MigrationsEntry, string | undefined>): MigrationTool {
  return { command: run, files, timeoutMs: timeout }
}

function isolationOf(entry: EnvironmentEntry, defaults: EnvironmentDefaults): Pick<EnvironmentSettings, 'isolation'> {
  const mode = entry.isolation ?? defaults.isolation
  return mode === undefined || mode === 'none' ? {} : { isolation: { mode, network: entry.network ?? defaults.network ?? 'own' } }
}

function driftOf(entry: EnvironmentEntry, defaults: EnvironmentDefaults): Pick<EnvironmentSettings, 'drift'> {
  const drift = entry.drift ?? defaults.drift
  return drift === undefined ? {} : { drift }
}

function lifeOf(entry: EnvironmentEntry, defaults: EnvironmentDefaults): Pick<EnvironmentSettings, 'ttlMs' | 'sleep'> {
  const ttlMs = entry.ttl ?? defaults.ttl
  const afterMs = entry.sleep_after ?? defaults.sleep_after
  return {
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(afterMs === undefined ? {} : { sleep: { afterMs, ...(entry.sleep_after === undefined ? {} : { stage: true }) } }),
  }
}

function settingsOf(entry: EnvironmentEntry, defaults: EnvironmentDefaults): EnvironmentSettings {
  return {
    provider: entry.provider ?? defaults.provider,
    environment: entry.environment,
    parity: [...new Set([...defaults.parity, ...entry.parity])].toSorted(),
    seed: entry.seed,
    ...(entry.replicas === undefined ? {} : { replicas: entry.replicas }),
    ...isolationOf(entry, defaults),
    ...((entry.limits ?? defaults.limits) === 'when-present' ? { limits: 'when-present' } : {}),
    ...driftOf(entry, defaults),
    ...lifeOf(entry, defaults),
  }
}

function stageOf({ gate, shadow, ...entry }: StageEntry): Stage {
  return {
    ...entry,
    ...(shadow === undefined ? {} : { shadow: shadowOf(shadow) }),
    ...(gate === undefined ? {} : { gate: gateOf(gate) }),
    environment: entry.environment,
    deploy: deployOf(entry.deploy),
    rollback: { automatic: entry.rollback?.automatic ?? true, hold: entry.rollback?.hold ?? true },
  }
}

function shadowOf({ limits: { per_second: perSecond, body, timeout, concurrent }, ...shadow }: NonNullable<StageEntry['shadow']>): Shadow {
  return { ...shadow, limits: { perSecond, concurrent, bodyBytes: body, timeoutMs: timeout } }
}

function demandsOf({ requests, differ, fail, slower }: NonNullable<NonNullable<StageEntry['gate']>['shadow']>): ShadowDemands {
  return { rehearsals: requests, differ, fail, slowerMs: slower ?? null }
}

function gateOf({ approve, soak, shadow, window, freeze }: NonNullable<StageEntry['gate']>): StageGate {
  return {
    ...(approve === undefined ? {} : { approve }),
    ...(soak === undefined ? {} : { soakMs: soak }),
    ...(shadow === undefined ? {} : { shadow: demandsOf(shadow) }),
    ...(window === undefined ? {} : { window }),
    ...(freeze === undefined ? {} : { freeze }),
  }
}

function deployOf(entry: StageEntry['deploy']): Deploy {
  const { strategy = 'replace', sticky = false, steps = [5, 25, 100], every = 120_000, judge } = entry ?? {}
  const { metrics = ['error_rate', 'p95_ms'], critical = ['error_rate'] } = judge ?? {}
  const canary = { steps, everyMs: every, metrics: metrics.map((name) => ({ name, critical: critical.includes(name) })) }
  return { strategy, ...(sticky ? { sticky } : {}), ...(strategy === 'canary' ? { canary } : {}) }
}

function checkOf(entry: CheckEntry): Check {
  return {
    command: entry.run,
    in: entry.in,
    idempotent: entry.idempotent,
    timeoutMs: entry.timeout,
    retries: entry.retries,
    report: entry.report,
    ...given(entry.secrets),
    ...(Object.keys(entry.on).length === 0 ? {} : { on: entry.on }),
  }
}
