import { hostname } from 'node:os'
import path from 'node:path'
import type { Hono } from 'hono'
import { openRepository } from '../connectors/git/repository.ts'
import { readJunit } from '../connectors/junit/junit.ts'
import { readPackages } from '../connectors/lock-files/packages.ts'
import { processProvider } from '../connectors/process/provider.ts'
import { makeLine } from '../feedback/line/line.ts'
import { viewStop } from '../feedback/line/board.ts'
import { postureRoutes } from '../feedback/line/posture-routes.ts'
import { lineRoutes } from '../feedback/line/routes.ts'
import { makeRepositories } from '../flow/lineage/repositories.ts'
import { streamPlaces } from '../flow/pipeline/stream-facts.ts'
import { digestOfTree } from '../flow/candidate/tree.ts'
import { makeShadowDesk } from '../flow/dark/shadow/desk.ts'
import { keepShadows } from '../flow/dark/shadow/keep.ts'
import { shadowRoutes } from '../flow/pipeline/gate/shadow-routes.ts'
import type { StatusTarget } from '../flow/commit-status/commit-status.port.ts'
import { keepTelling } from '../flow/commit-status/telling.ts'
import { differenceRoutes } from '../flow/difference/routes.ts'
import { makeEnvironments } from '../flow/environment/environments.ts'
import { makeLives } from '../flow/environment/life/life.ts'
import { environmentRoutes } from '../flow/environment/routes.ts'
import { estateRoutes } from '../flow/estate/routes.ts'
import type { EnvironmentId } from '../flow/environment/provider.port.ts'
import type { Labels } from '../flow/pipeline/engine/assign.ts'
import { makeEngine, restingEngine, type Engine } from '../flow/pipeline/engine/engine.ts'
import type { Workshop } from '../flow/pipeline/execution.ts'
import { buildHere, desired, settingsOf, stageOwning } from '../flow/pipeline/place.ts'
import { recordsOf } from '../flow/pipeline/records.ts'
import { ledgerDepot } from '../flow/pipeline/worker/depot.ts'
import { backupRoutes } from '../flow/pipeline/backup/backup-routes.ts'
import { tidyUp } from '../flow/pipeline/retention.ts'
import { machineRoutes } from '../flow/pipeline/engine/machine-routes.ts'
import { makePolicies } from '../flow/policy/policies.ts'
import { secretsOfServices } from '../flow/secret/of-services.ts'
import { policyRoutes } from '../flow/policy/routes.ts'
import { makeDesk } from '../flow/pipeline/worker/work-desk.ts'
import { workRoutes } from '../flow/pipeline/worker/work-routes.ts'
import { pipelineRoutes } from '../flow/pipeline/routes.ts'
import { makeAttestor } from '../flow/provenance/attestor.ts'
import { provenanceRoutes } from '../flow/provenance/routes.ts'
import { keyFileIn } from '../flow/secret/key-file.ts'
import { secretRoutes } from '../flow/secret/routes.ts'
import { makeSecrets } from '../flow/secret/secrets.ts'
import { systemClock, type Clock } from '../kernel/clock.ts'
import type { Actor, HttpEnv } from '../kernel/http.ts'
import { newId } from '../kernel/ids.ts'
import { makeTurns } from '../kernel/turns.ts'
import { startCluster, type Cluster, type ClusterOptions } from '../kernel/postgres/cluster.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { proofRoutes } from '../ledger/proof/routes.ts'
import { keepSigning } from '../ledger/proof/watch.ts'
import { ledgerRoutes } from '../ledger/routes.ts'
import { openTypes } from './catalogue.ts'
import { makeDriftWatch } from './drift.ts'
import { engineName, isDead } from './engine-name.ts'
import { openContainers, type ContainerSettings } from './containers.ts'
import { makeHttp } from './http.ts'
import type { Home } from './home.ts'
import { makeHooks } from './hooks/hooks.ts'
import { incidentRoutes } from '../flow/history/incident-routes.ts'
import { hookRoutes } from './hooks/routes.ts'
import { openExperiments } from './experiments.ts'
import { openFlags } from './flags.ts'
import { openMeasures } from './measures.ts'
import type { MetricsTarget } from './metrics/exporting.ts'
import { linePort } from './line-port.ts'
import { otlpRoutes } from './otlp-routes.ts'
import { makeLive } from './live.ts'
import { searchRoutes } from './search-routes.ts'
import { sentenceOf } from './sentences.ts'
import { openSigning } from './signing.ts'
import { openStore } from './store.ts'
import { makeTidier } from './tidier.ts'
import { isSecret, localAdmin, makeTokens } from './tokens.ts'
import { tokenRoutes } from './token-routes.ts'
import { version } from './version.ts'

export type ThreewaysOptions = {
  readonly home: Home
  /** A server's database instead of the embedded one. */
  readonly databaseUrl?: string | undefined
  /** Where deliveries come from when none is named. */
  readonly repository?: string | undefined
  /** What a request without a token may do. */
  readonly anonymous: Actor | undefined
  readonly hosts: ReadonlySet<string> | undefined
  /** Steps at work at the same time. */
  readonly parallel: number
  /** false: only looks and records; runs and environments are left to the server that works on them. */
  readonly work: boolean
  /** What people call this server. @defaultValue the host's name */
  readonly name?: string | undefined
  /** Beside its operating system and processor. */
  readonly labels?: Labels
  /** With the key that opens secrets, where several servers share it. @defaultValue one in the data folder */
  readonly secretKeyFile?: string | undefined
  /** Hosts of repositories that are told how commits stand. @defaultValue none */
  readonly statusTargets?: readonly StatusTarget[]
  readonly containers?: ContainerSettings
  /** Where metrics are sent. @defaultValue nowhere */
  readonly metrics?: MetricsTarget | undefined
  /** Of pages whose browsers may ask for flags, as `https://shop.example.org`. @defaultValue none but those of this machine */
  readonly flagOrigins?: readonly string[] | undefined
  /** Where the public addresses of services listen: an IPv4 address. @defaultValue 127.0.0.1 */
  readonly servicesHost?: string | undefined
  readonly clock?: Clock
  /** Told what goes on inside, for the server's log. */
  readonly log: (message: string) => void
}

export type Threeways = {
  readonly app: Hono<HttpEnv>
  readonly ledger: Ledger
  readonly engine: Engine
  readonly workshop: Workshop
  /** The token of whoever owns the data folder. */
  readonly adminToken: string
  /** Re-attaches what lived on without us, and begins to work on runs. Call it once, before anything else is asked of environments. */
  recover(url?: string | null): Promise<void>
  /** Ends this server, and what runs here with it. */
  close(): Promise<void>
  /** Ends this server and leaves what runs to the next one. */
  leave(): Promise<void>
}

/** Plugs the Ways together. The only place that knows all of them. */
export async function openThreeways(options: ThreewaysOptions): Promise<Threeways> {
  const { home, log, clock = systemClock } = options
  const store = await openStore({ home, databaseUrl: options.databaseUrl, revive: options.work, clock, log })
  const { ledger, catalogue } = store
  const signing = await orClose(store, () => openSigning({ folder: home.folder, ledger, work: options.work, clock, newId }))
  const signed = options.work ? keepSigning(ledger, signing.log, log) : undefined
  const resources = lazyCluster({ directory: path.join(home.folder, 'resources'), revive: options.work, watch: log })
  const secrets = makeSecrets(ledger, { clock, newId, keyFile: keyFileIn(home.folder, options.secretKeyFile) })
  const containers = await orClose(store, () => openContainers(home.id, options.containers ?? {}))
  const shadowDesk = makeShadowDesk()
  const provider = processProvider({
    shadows: shadowDesk,
    home: home.folder,
    homeId: home.id,
    cluster: resources.get,
    digestOfTree,
    secrets: secretsOfServices(ledger, secrets),
    clock,
    warn: log,
    containers,
    usual: options.containers?.provider ?? 'process',
    publicHost: options.servicesHost,
  })
  const line = makeLine(ledger, { clock, newId })
  const attestor = makeAttestor({
    ledger,
    clock,
    newId,
    homeId: home.id,
    version,
    work: home.work,
    signer: () => signing.ring().signer,
    // Whoever can write to our database could name a key there; servers that share one have to believe each other.
    trusted: async (place) => (options.databaseUrl === undefined ? signing.ring().trusted : signing.log.trusted(place)),
  })
  const workshop: Workshop = {
    ledger,
    home: home.folder,
    work: home.work,
    inTurn: makeTurns(),
    depot: ledgerDepot(ledger),
    isShared() {
      const machines = engine.machines()
      // Until it has looked: one that does not give them what it takes in would keep it from them for good.
      if (machines.length === 0) return options.databaseUrl !== undefined
      return machines.some(({ home: other, role }) => role === 'server' && other !== home.id)
    },
    homeId: home.id,
    provider,
    openRepository,
    line: linePort(line),
    testReports: readJunit,
    clock,
    newId,
    records: recordsOf({ clock, newId }),
    attestor,
    secrets,
  }
  const live = makeLive(ledger)
  const { parallel, work } = options
  const tidier = makeTidier('tidy up', () => tidyUp(workshop), log)
  const changed = () => {
    live.changed()
    tidier.soon()
  }
  let url: string | null = null
  const engine: Engine = work
    ? makeEngine({
        ...workshop,
        owner: await engineName(home.id),
        name: options.name ?? hostname(),
        labels: { os: process.platform, arch: process.arch, ...options.labels },
        url: () => url,
        isDead: (owner) => isDead(owner, home.id),
        parallel,
        changed,
        complain: log,
      })
    : restingEngine
  // A stop over all value streams is one of each of them.
  const openStops = async (streams: readonly string[]) =>
    (await line.openStops(streams))
      .map(viewStop)
      .flatMap((stop) => (stop.stream === '*' ? streams.map((stream) => ({ ...stop, stream })) : [stop]))
  const statuses = keepTelling({ ledger, targets: work ? (options.statusTargets ?? []) : [], openStops, log })
  const viewing = { ledger, provider, openStops, emergenciesOf: line.emergenciesOf }
  const drift = makeDriftWatch(workshop, log)
  const lives = makeLives({ ...workshop, ownerOf: (id) => stageOwning(ledger, id) })
  let living: { close(): Promise<void> } | undefined
  const environments = makeEnvironments({
    lives,
    ledger,
    provider,
    clock,
    newId,
    desiredOf: async (candidate, settings) => {
      const build = await buildHere(workshop, candidate)
      return { stream: build.stream, desired: desired(provider, build, settings) }
    },
    secretVersions: secrets.versions,
    ownerOf: (id) => stageOwning(ledger, id),
    heal: (id) => drift.heal(id),
  })
  const desk = makeDesk(workshop, engine)
  const tokens = makeTokens(ledger, clock)
  const admin = await localAdmin(home.folder)
  const flags = openFlags({
    ledger,
    clock,
    newId,
    work,
    origins: options.flagOrigins ?? [],
    isLocal: options.anonymous !== undefined,
    isRevoked: tokens.isRevoked,
    log,
  })
  const experiments = openExperiments({ ledger, clock, newId, work, log })
  const shadows = keepShadows(shadowDesk, { ledger, clock, newId, log })
  const repositories = makeRepositories(ledger)
  const measures = openMeasures({ ledger, repositories, clock, newId, work, metrics: options.metrics, log })
  const app = makeHttp(
    {
      authenticate: async (token) => (isSecret(token, admin.secret) ? admin.actor : tokens.authenticate(token)),
      anonymous: options.anonymous,
      hosts: options.hosts,
      report: (error) => log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      version,
    },
    (api) => {
      api.route('/', ledgerRoutes(ledger, catalogue, openTypes))
      api.route(
        '/',
        proofRoutes(signing.log, (by, reason) => signing.rotate(by, reason)),
      )
      api.route('/', pipelineRoutes({ shop: workshop, engine, viewing, telling: { ...viewing, sentence: sentenceOf } }, options.repository))
      api.route('/', estateRoutes(viewing, newId))
      measures.mount(api)
      flags.mount(api)
      experiments.mount(api)
      api.route('/', shadowRoutes(ledger))
      api.route('/', otlpRoutes(ledger))
      api.route('/', incidentRoutes(ledger))
      api.route('/', hookRoutes({ hooks: makeHooks(ledger, { clock, newId, secrets }), ledger, repositories, clock }))
      api.route('/', differenceRoutes({ ledger, provider, openRepository, readPackages }))
      api.route('/', provenanceRoutes(attestor))
      api.route('/', lineRoutes({ line, ledger, clock }))
      // After the others below /line: what remains is a scope.
      api.route('/', postureRoutes({ line, ledger, clock, issuer: home.id, keys: signing.ring, places: () => streamPlaces(ledger) }))
      api.route(
        '/',
        backupRoutes(workshop, async (name) => (await environments.existing(name)).environment),
      )
      api.route('/', environmentRoutes({ environments, lives, provider, settingsOf: (id: EnvironmentId) => settingsOf(ledger, id) }))
      api.route(
        '/',
        policyRoutes(makePolicies(ledger, { clock, newId }), () => engine.look()),
      )
      api.route('/', tokenRoutes(tokens))
      api.route('/', secretRoutes(secrets))
      api.route('/', machineRoutes(ledger, clock))
      api.route('/', workRoutes(desk))
      api.route('/', searchRoutes(ledger))
      api.route('/', live.routes())
    },
  )
  return {
    app,
    ledger,
    engine,
    workshop,
    adminToken: admin.secret,
    async recover(listensAt = null) {
      url = listensAt
      const { adopted, ended, restarted } = await provider.recover()
      if (adopted + ended + restarted > 0)
        log(`environments: ${adopted} processes adopted, ${restarted} started again, ${ended} orphans ended`)
      // Not before: a step would meet environments that nobody supervises yet.
      await engine.start()
      if (!work) return
      drift.start()
      living = lives.keep((id) => environments.down(id), log)
    },
    close: () => end('stop'),
    leave: () => end('leave'),
  }

  async function end(what: 'stop' | 'leave'): Promise<void> {
    live.close()
    await flags.close()
    await experiments.close()
    await measures.close()
    await engine.close()
    await living?.close()
    await drift.close()
    await tidier.close()
    await signed?.close()
    await statuses.close()
    const stops = work && what === 'stop'
    await provider.close(stops ? 'stop' : 'leave')
    await shadows.close()
    if (stops) await resources.stop()
    await store.close(stops)
  }
}

/** What fails leaves no open store behind. */
async function orClose<T>(store: Awaited<ReturnType<typeof openStore>>, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The databases of environments: started when the first environment needs one; a start that failed is tried anew. */
function lazyCluster(options: ClusterOptions) {
  let started: Promise<Cluster> | undefined
  return {
    get(): Promise<Cluster> {
      started ??= startCluster({ ...options, tcp: true, settings: { max_connections: '300' } }).catch((error: unknown) => {
        started = undefined
        throw error
      })
      return started
    },
    async stop(): Promise<void> {
      await (await started)?.stop()
    },
  }
}
