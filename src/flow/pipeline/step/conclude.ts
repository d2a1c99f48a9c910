import type { CloudEvent } from '../../../ledger/event.ts'
import { event } from '../../../ledger/event.ts'
import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import type { Stage } from '../../definition/definition.ts'
import { back, retireOld } from '../../deployment/deploy.ts'
import { environmentDeleted } from '../../environment/events.ts'
import { onRecord } from '../../environment/on-record.ts'
import { progressOf } from './canary-watch.ts'
import { heldOut } from '../control.ts'
import type { Execution, StepEnd } from '../execution.ts'
import { liftOlder } from '../gate/holds.ts'
import type { Fault, Outcome } from '../line.port.ts'
import { buildOf, changeOf, deploymentOf, environmentOf, lastVerified, placeOf, stageOf } from '../place.ts'
import { source } from '../records.ts'
import { servicesNow } from './service-records.ts'
import { tables, type StepRow } from '../tables.ts'

/** What became of the stage's environment. */
type Settled = {
  /** What to say of it. Touches nothing but `tx`. */
  readonly record: (tx: LedgerTransaction) => Promise<readonly CloudEvent[]>
  readonly wentBack: boolean
  readonly backTo: string | undefined
  readonly sentence: string
}
/** Of a failed candidate's services, from the end of what they wrote. */
const linesKept = 500
const nothingToSettle: Settled = { record: async () => [], wentBack: false, backTo: undefined, sentence: '' }

/**
 * Ends a candidate's time in a stage. All well: it is verified, and what it replaced is retired. Anything else: the environment
 * goes back to its last verified candidate, a hold keeps this one out, and the line is told. One transaction says so.
 */
export async function concludeStage(execution: Execution): Promise<StepEnd> {
  const stage = stageOf(execution.run, execution.step.stage!)
  const steps = execution.steps.filter(
    (step) => step.stage === stage.name && step.work.kind !== 'conclude' && step.work.kind !== 'contract',
  )
  const bad = steps.find(({ state }) => state !== 'succeeded' && state !== 'skipped') ?? steps.find(({ state }) => state === 'skipped')
  return bad === undefined ? keep(execution, stage) : giveUp(execution, stage, steps, bad)
}

async function keep(execution: Execution, stage: Stage): Promise<StepEnd> {
  const { run, records, line } = execution
  const gone = stage.ephemeral ? await takeDown(execution, stage) : nothingToSettle.record
  if (stage.environment !== undefined && !stage.ephemeral) await retireOld(await deploymentOf(execution, stage))
  return {
    end: 'succeeded',
    message: `verified in ${stage.name}`,
    record: async (tx) => {
      await leave(tx, execution, stage)
      const follows = await line.follows(tx, changeOf(run, stage), { kind: 'verified', place: placeOf(run, stage) })
      const lifted = await liftOlder(execution, tx, run, stage.name)
      return [...(await gone(tx)), records.promotionVerified(run, stage.name), ...lifted, ...follows]
    },
  }
}

async function giveUp(execution: Execution, stage: Stage, steps: readonly StepRow[], bad: StepRow): Promise<StepEnd> {
  const { run, records, line } = execution
  const cancelled = run.cancelledBy !== null
  const why = cancelled ? `cancelled by ${run.cancelledBy}` : `${bad.title} failed: ${bad.message ?? 'no message'}`
  const fault = faultOf(bad)
  const settled = await settle(execution, stage, steps)
  const outcome = cancelled ? 'cancelled' : settled.wentBack ? 'rolled-back' : 'failed'
  return {
    end: 'failed',
    final: true,
    message: withSentence(why, settled.sentence),
    record: async (tx) => {
      await leave(tx, execution, stage)
      const place = placeOf(run, stage)
      const kind = settled.wentBack ? 'rolled-back' : 'failed'
      const failedCanary = steps.some((step) => progressOf(step)?.failed !== undefined)
      const failed: Outcome = { kind, place, onTrunk: run.onTrunk, reason: why, fault, failedCanary }
      const follows = await line.follows(tx, changeOf(run, stage), cancelled ? { kind: 'cancelled', place } : failed)
      const accused = settled.wentBack && !cancelled && fault !== 'infrastructure'
      const held = accused && stage.rollback.hold ? [heldOut(execution, run, stage.name, why)] : []
      return [...(await settled.record(tx)), records.promotionFailed(run, stage.name, outcome, why, settled.backTo), ...held, ...follows]
    },
  }
}

const faultOf = ({ output }: StepRow): Fault => (output?.['fault'] as Fault | undefined) ?? 'change'

/** Said on the first line, before the end of a log that follows it. */
function withSentence(why: string, sentence: string): string {
  const [first = '', ...rest] = why.split('\n')
  return [`${first}${sentence}`, ...rest].join('\n')
}

/** Brings the environment to a state that can stay. */
async function settle(execution: Execution, stage: Stage, steps: readonly StepRow[]): Promise<Settled> {
  const deployed = steps.find(({ work }) => work.kind === 'deploy')
  const migrated = steps.find(({ work }) => work.kind === 'migrate')
  if (stage.ephemeral && migrated !== undefined && wasBegun(migrated) && !(deployed && wasBegun(deployed)))
    return { ...nothingToSettle, record: await takeDown(execution, stage) }
  if (deployed === undefined || !wasBegun(deployed)) return nothingToSettle
  if (stage.ephemeral) {
    await keepItsLog(execution, stage)
    return { ...nothingToSettle, record: await takeDown(execution, stage) }
  }
  if (!stage.rollback.automatic) {
    return { ...nothingToSettle, sentence: `; ${stage.environment} still runs it: its rollback is not automatic` }
  }
  const { ledger, run } = execution
  const served = deployed.state === 'succeeded' || stage.deploy.strategy === 'replace'
  const previous = await backTo(execution, stage)
  await keepItsLog(execution, stage)
  await back(await deploymentOf({ ...execution, signal: new AbortController().signal }, stage, previous))
  if (previous === run.candidate) {
    return { ...nothingToSettle, sentence: `; ${stage.environment} still runs it: it was verified there before` }
  }
  const build = previous === undefined ? undefined : await buildOf(ledger, previous)
  return {
    wentBack: true,
    backTo: previous,
    record: async (tx) => (served ? servicesNow(tx, execution, stage, build && { ...build, isBack: true }) : []),
    sentence:
      build === undefined ? `; ${stage.environment} is empty again` : `; ${stage.environment} runs ${build.commit.slice(0, 8)} again`,
  }
}

/** One that is to run again was begun before, though it says no start of its own. */
const wasBegun = ({ attempt, startedAt }: StepRow) => attempt > 1 || startedAt !== null

/**
 * A candidate that is delivered once more may be itself what ran before: there it stays when nothing was found wrong with it, and
 * when there is nothing else to go back to.
 */
async function backTo({ ledger, run }: Execution, stage: Stage): Promise<string | undefined> {
  const another = run.cancelledBy === null ? await lastVerified(ledger, run.stream, stage, run.candidate!) : undefined
  return another ?? lastVerified(ledger, run.stream, stage)
}

/** What the services wrote goes with them; the reason of the failure is often only there. */
async function keepItsLog({ provider, run, say }: Execution, stage: Stage): Promise<void> {
  const environment = environmentOf(run, stage)
  // A server that was killed may have destroyed it.
  if (!(await provider.observe(environment)).exists) return
  for await (const { service, candidate, line } of provider.logs(environment, { lines: linesKept })) {
    if (candidate === run.candidate) await say(`${service} | ${line}`)
  }
}

/** The stage is free for the next candidate. Behind the ledger's lock, as everything about slots. */
async function leave(tx: LedgerTransaction, { run }: Execution, stage: Stage): Promise<void> {
  await tx.lock()
  await tables(tx).deleteFrom('slot').where('stream', '=', run.stream).where('stage', '=', stage.name).where('run', '=', run.id).execute()
}

/** @returns what to say of it */
async function takeDown(execution: Execution, stage: Stage): Promise<Settled['record']> {
  const { ledger, provider, run, clock, newId } = execution
  const environment = environmentOf(run, stage)
  if ((await provider.observe(environment)).exists) {
    await provider.destroy(environment)
    await execution.say(`${environment} is destroyed`)
  }
  // Told as long as the ledger takes it for there: a server that was killed may have destroyed it and said nothing.
  if ((await onRecord(ledger, environment)) === undefined) return nothingToSettle.record
  const deleted = event(
    environmentDeleted,
    { id: newId(), time: clock.instant(), source, subject: environment, chainId: run.id },
    { name: stage.environment! },
    { stream: run.stream, provider: provider.name, settings: stage.environment!, ephemeral: true },
  )
  return async (tx) => {
    await tables(tx).deleteFrom('environmentPlace').where('environment', '=', environment).execute()
    return [...(await servicesNow(tx, execution, stage, undefined)), deleted]
  }
}
