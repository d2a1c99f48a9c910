import type { Hono } from 'hono'
import { makeBuilds } from '../flow/builds/read.ts'
import { buildRoutes } from '../flow/builds/routes.ts'
import { constraintRoutes } from '../flow/constraint/routes.ts'
import { makeLineages } from '../flow/lineage/lineages.ts'
import type { makeRepositories } from '../flow/lineage/repositories.ts'
import { lineageRoutes } from '../flow/lineage/routes.ts'
import { makeToldFailures } from '../flow/measures/attribution/read.ts'
import { failureRoutes } from '../flow/measures/attribution/routes.ts'
import { couplingRoutes } from '../flow/measures/coupling/routes.ts'
import { keysRoutes } from '../flow/measures/keys/routes.ts'
import { makePast } from '../flow/measures/past.ts'
import { recoveryRoutes } from '../flow/measures/recovery/routes.ts'
import { measureRoutes } from '../flow/measures/routes.ts'
import { makeReleases } from '../flow/releases/read.ts'
import { makeOwners } from '../flow/team/read.ts'
import { teamBoardRoutes } from '../flow/team/board-routes.ts'
import { teamRoutes } from '../flow/team/routes.ts'
import { makePredictions } from '../flow/whatif/prediction/predictions.ts'
import { predictionRoutes } from '../flow/whatif/prediction/routes.ts'
import { whatIfRoutes } from '../flow/whatif/routes.ts'
import type { Clock } from '../kernel/clock.ts'
import type { HttpEnv } from '../kernel/http.ts'
import type { NewId } from '../kernel/ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { exportMetrics, type MetricsTarget } from './metrics/exporting.ts'
import { makeTidier } from './tidier.ts'

export type MeasuresOptions = {
  readonly ledger: Ledger
  readonly repositories: ReturnType<typeof makeRepositories>
  readonly clock: Clock
  readonly newId: NewId
  /** false: predictions are scored by another server. */
  readonly work: boolean
  /** Where metrics are sent. undefined: nowhere */
  readonly metrics: MetricsTarget | undefined
  readonly log: (message: string) => void
}

/** Plugs together all that reads the history: each source is read once, and every board of it reads that. */
export function openMeasures({ ledger, repositories, clock, newId, work, metrics, log }: MeasuresOptions) {
  const lineages = makeLineages(ledger, repositories)
  const past = makePast(ledger)
  const builds = makeBuilds(ledger)
  const releases = makeReleases(ledger)
  const told = makeToldFailures(ledger)
  const owners = makeOwners(ledger)
  const predictions = makePredictions({ ledger, past, clock, newId })
  // What was predicted is held against what happened, whether anybody asks or not.
  const scorer = makeTidier('score predictions', predictions.score, log)
  const unheard = work ? ledger.onAppend(scorer.soon) : () => {}
  const exporter = metrics ? exportMetrics({ ledger, past, target: metrics, now: clock.now, log }) : undefined
  return {
    mount(api: Hono<HttpEnv>): void {
      api.route('/', measureRoutes(past, lineages, builds, owners, releases, clock))
      api.route('/', constraintRoutes(past, lineages, builds, owners, releases, clock))
      api.route('/', whatIfRoutes(past, lineages, builds, clock))
      api.route('/', predictionRoutes(predictions, owners, clock))
      api.route('/', keysRoutes(past, told, lineages, owners, clock))
      api.route('/', recoveryRoutes(past, told, owners, clock))
      api.route('/', buildRoutes(builds, lineages, owners, clock))
      api.route('/', couplingRoutes(past, lineages, owners, clock))
      api.route('/', failureRoutes({ ledger, past, told, owners, clock, newId }))
      api.route('/', lineageRoutes(lineages))
      api.route('/', teamBoardRoutes({ past, told, owners, lineages, builds, releases, clock }))
      api.route('/', teamRoutes({ ledger, owners, past, clock, newId }))
    },
    async close(): Promise<void> {
      await exporter?.close()
      unheard()
      await scorer.close()
    },
  }
}
