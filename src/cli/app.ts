import { buildApplication, buildRouteMap } from '@stricli/core'
import colors from 'picocolors'
import { isSystemError, ThreewaysError } from '../kernel/errors.ts'
import { version } from '../server/version.ts'
import type { CliContext } from './context.ts'
import * as hooks from './commands/hooks.ts'
import * as flow from './commands/flow.ts'
import * as gates from './commands/gates.ts'
import { completionCommand } from './commands/completion.ts'
import { lineageCommand } from './commands/lineage.ts'
import { composeRoutes } from './commands/compose.ts'
import { constraintCommand, flowCommand, reportCommand } from './commands/flow-board.ts'
import { keysCommand } from './commands/keys.ts'
import { recoveryCommand } from './commands/recovery.ts'
import { incidentRoutes } from './commands/incident.ts'
import { couplingCommand } from './commands/coupling.ts'
import { batchesCommand } from './commands/batches.ts'
import { buildsCommand } from './commands/builds.ts'
import { importRoutes } from './commands/import.ts'
import { predictionsCommand, whatIfCommand } from './commands/whatif.ts'
import { diffCommand } from './commands/diff.ts'
import { envRoutes } from './commands/env.ts'
import { experimentRoutes } from './commands/experiment.ts'
import { flagRoutes } from './commands/flag.ts'
import { eventRoutes } from './commands/event.ts'
import { eventsCommand, ledgerRoutes } from './commands/ledger.ts'
import { demoCommand, initCommand, upCommand } from './commands/serve.ts'
import { workerCommand } from './commands/worker.ts'
import { machineRoutes } from './commands/machines.ts'
import { policyRoutes } from './commands/policy.ts'
import { provenanceRoutes } from './commands/provenance.ts'
import * as line from './commands/line.ts'
import { teamBoardCommand } from './commands/team-board.ts'
import { teamRoutes } from './commands/team.ts'
import { shadowCommand } from './commands/shadow.ts'
import { secretRoutes } from './commands/secret.ts'
import { tokenRoutes } from './commands/token.ts'
import { describeError } from './output.ts'

/** `threeways flow` and `threeways flow STREAM` show the board; a stream that is called as one of the others: `threeways flow board STREAM`. */
const flowRoutes = buildRouteMap<string, CliContext>({
  routes: {
    board: flowCommand,
    constraint: constraintCommand,
    teams: teamBoardCommand,
    keys: keysCommand,
    coupling: couplingCommand,
    recovery: recoveryCommand,
    batches: batchesCommand,
    builds: buildsCommand,
  },
  defaultCommand: 'board',
  docs: { brief: 'Show how changes really flow: lead time, what is still on its way, the constraint, the DORA keys' },
})

const root = buildRouteMap<string, CliContext>({
  routes: {
    up: upCommand,
    demo: demoCommand,
    init: initCommand,
    deliver: flow.deliverCommand,
    status: flow.statusCommand,
    flow: flowRoutes,
    incident: incidentRoutes,
    lineage: lineageCommand,
    whatif: whatIfCommand,
    predictions: predictionsCommand,
    report: reportCommand,
    stop: flow.stopCommand,
    start: flow.startCommand,
    line: line.lineRoutes,
    join: line.joinCommand,
    own: line.ownCommand,
    gate: line.gateCommand,
    promote: gates.promoteCommand,
    approve: gates.approveCommand,
    reject: gates.rejectCommand,
    bypass: gates.bypassCommand,
    shadow: shadowCommand,
    lift: gates.liftCommand,
    approvals: gates.approvalsCommand,
    holds: gates.holdsCommand,
    gates: gates.gatesCommand,
    rollback: flow.rollbackCommand,
    cancel: flow.cancelCommand,
    rerun: flow.rerunCommand,
    logs: flow.logsCommand,
    diff: diffCommand,
    env: envRoutes,
    flag: flagRoutes,
    experiment: experimentRoutes,
    event: eventRoutes,
    events: eventsCommand,
    import: importRoutes,
    team: teamRoutes,
    ledger: ledgerRoutes,
    provenance: provenanceRoutes,
    policy: policyRoutes,
    secret: secretRoutes,
    token: tokenRoutes,
    hooks: hooks.hookRoutes,
    worker: workerCommand,
    machines: machineRoutes,
    compose: composeRoutes,
    completion: completionCommand,
  },
  docs: {
    brief: 'Delivers a small change from commit to production, on one ledger of delivery events',
    fullDescription: [
      'Delivers a small change from commit to production, on one ledger of delivery events.',
      '',
      'Start with `threeways init` in your repository, then `threeways up` and `threeways deliver`.',
      'Commands talk to the server of this folder; without one they work by themselves.',
    ].join('\n'),
  },
})

const { text_en } = await import('@stricli/core')

export const app = buildApplication<CliContext>(root, {
  name: 'threeways',
  versionInfo: { currentVersion: version },
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: { caseStyle: 'convert-camel-to-kebab', useAliasInUsageLine: true },
  determineExitCode: (error) => (error instanceof ThreewaysError ? error.exitCode : isSystemError(error) ? 7 : 1),
  localization: {
    text: {
      ...text_en,
      exceptionWhileParsingArguments: (error, ansiColor) =>
        `${text_en.exceptionWhileParsingArguments(error, ansiColor)}\nadd --help to see what it takes`,
      exceptionWhileRunningCommand: (error, ansiColor) => describeError(error, colors.createColors(ansiColor)),
      commandErrorResult: (error, ansiColor) => describeError(error, colors.createColors(ansiColor)),
    },
  },
})
