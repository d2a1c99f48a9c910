import * as line from '../feedback/line/events.ts'
import { lineHelpers, lineNotes, linePasses, lineStops } from '../feedback/line/projection.ts'
import { candidateBuilt, changeMerged } from '../flow/candidate/events.ts'
import { candidates, changes } from '../flow/candidate/projection.ts'
import { flagChanged } from '../flow/flags/events.ts'
import { exposuresRecorded } from '../flow/flags/traffic/events.ts'
import { flagTraffic } from '../flow/flags/traffic/projection.ts'
import { shadowRecorded } from '../flow/dark/shadow/events.ts'
import { rehearsalDifferences, rehearsals, rehearsalTimes } from '../flow/dark/projection.ts'
import * as flagProposal from '../flow/flags/proposals/events.ts'
import { flagAgreements, flagProposals } from '../flow/flags/proposals/projection.ts'
import { flagRevisions } from '../flow/flags/projection.ts'
import * as history from '../flow/history/events.ts'
import { deploymentFailures, deploymentHistory, gateHistory, incidentHistory } from '../flow/history/projection.ts'
import { changeHistory } from '../flow/history/changes.ts'
import { hooks } from '../flow/history/hooks.ts'
import { runHistory, taskHistory } from '../flow/history/runs.ts'
import { streamOwned } from '../flow/team/events.ts'
import { streamOwners } from '../flow/team/projection.ts'
import { statusMigrations } from '../flow/commit-status/tables.ts'
import * as deployment from '../flow/deployment/events.ts'
import { deployments, holds } from '../flow/deployment/projection.ts'
import * as drift from '../flow/environment/drift/events.ts'
import { drifts } from '../flow/environment/drift/projection.ts'
import * as life from '../flow/environment/life/events.ts'
import { environmentLives } from '../flow/environment/life/projection.ts'
import * as migration from '../flow/migration/events.ts'
import * as environment from '../flow/environment/events.ts'
import { environments } from '../flow/environment/projection.ts'
import * as prediction from '../flow/whatif/prediction/events.ts'
import { predictionHistory } from '../flow/whatif/prediction/projection.ts'
import * as policy from '../flow/policy/events.ts'
import * as pipeline from '../flow/pipeline/events.ts'
import { pipelineMigrations } from '../flow/pipeline/tables.ts'
import { policyMigrations } from '../flow/policy/tables.ts'
import * as secret from '../flow/secret/events.ts'
import { secretMigrations } from '../flow/secret/tables.ts'
import { attestationMade } from '../flow/provenance/events.ts'
import { attestations } from '../flow/provenance/projection.ts'
import { provenanceMigrations } from '../flow/provenance/tables.ts'
import { gateWaits, promotions } from '../flow/pipeline/projection.ts'
import * as experiment from '../learning/experiment/events.ts'
import * as experimentTables from '../learning/experiment/projection.ts'
import type { AnyEventType } from '../ledger/event.ts'
import { keyRotated } from '../ledger/proof/events.ts'
import type { Projection } from '../ledger/projection.ts'
import { tokenMigrations } from './tokens.ts'

/** Every kind of event this product writes. */
export const ownTypes: readonly AnyEventType[] = [
  changeMerged,
  candidateBuilt,
  ...Object.values(pipeline),
  ...Object.values(policy),
  ...Object.values(secret),
  ...Object.values(deployment),
  ...Object.values(environment),
  ...Object.values(migration),
  ...Object.values(drift),
  ...Object.values(life),
  ...Object.values(history),
  ...Object.values(prediction),
  attestationMade,
  flagChanged,
  exposuresRecorded,
  shadowRecorded,
  ...Object.values(flagProposal),
  ...Object.values(experiment),
  streamOwned,
  keyRotated,
  line.lineStopped,
  line.lineStarted,
  line.lineOwned,
  line.lineJoined,
  line.lineNoted,
  line.lineJudged,
  line.linePassed,
  line.lineSpared,
]

/** Kinds of ours that whoever may record events may record: facts of theirs for which CDEvents has no word, and that decide nothing. */
export const openTypes: ReadonlySet<string> = new Set([history.deploymentFailed.type])

/** Every table kept from events. */
export const projections = [
  changes,
  candidates,
  promotions,
  gateWaits,
  deployments,
  holds,
  environments,
  drifts,
  environmentLives,
  deploymentHistory,
  gateHistory,
  predictionHistory,
  deploymentFailures,
  incidentHistory,
  changeHistory,
  runHistory,
  taskHistory,
  hooks,
  streamOwners,
  attestations,
  flagRevisions,
  flagTraffic,
  flagProposals,
  flagAgreements,
  rehearsals,
  rehearsalTimes,
  rehearsalDifferences,
  experimentTables.experiments,
  experimentTables.experimentLooks,
  experimentTables.assignedFlags,
  experimentTables.exposedUnits,
  experimentTables.unitMetrics,
  experimentTables.unitBuckets,
  lineStops,
  lineHelpers,
  lineNotes,
  linePasses,
] as unknown as readonly Projection[]

/** Every table that stands beside them. */
export const migrations = {
  ...pipelineMigrations,
  ...policyMigrations,
  ...provenanceMigrations,
  ...secretMigrations,
  ...tokenMigrations,
  ...statusMigrations,
}
