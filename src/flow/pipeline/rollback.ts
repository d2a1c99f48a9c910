import { notFound, refused } from '../../kernel/errors.ts'
import type { Stage } from '../definition/definition.ts'
import { heldOut, stageNotFound, type Act } from './control.ts'
import type { Workshop } from './execution.ts'
import { buildOf, changeOf, environmentOf, lastVerified, placeOf } from './place.ts'
import { insertRun, type NewRun } from './engine/runs.ts'
import { rollbackSteps } from './steps.ts'
import { tables, type RunRow } from './tables.ts'

/**
 * Brings a stage's environment back to its last verified candidate. The one that runs now is held, the line is told.
 * @throws ThreewaysError `STREAM_NOT_FOUND`, `STAGE_NOT_FOUND`, `NOTHING_RUNS`, `NOTHING_TO_GO_BACK_TO`,
 * `CANDIDATE_NOT_BUILT_HERE`
 */
export async function rollback(shop: Workshop, stream: string, stageName: string, act: Act): Promise<RunRow> {
  const latest = await latestRun(shop, 'stream', stream)
  if (!latest) throw notFound('STREAM_NOT_FOUND', { message: `nothing was ever delivered in value stream "${stream}"` })
  const stage = latest.definition.stages.find(({ name }) => name === stageName)
  if (stage?.environment === undefined || stage.ephemeral) throw stageNotFound(latest, stageName)
  await refuseElsewhere(shop, environmentOf(latest, stage))
  const current = await runningIn(shop, latest, stage)
  const target = await lastVerified(shop.ledger, stream, stage, current.candidate!)
  if (target === undefined) {
    const message = `${stageName} has no other verified candidate${await behindContract(shop, environmentOf(latest, stage), current)}`
    throw refused('NOTHING_TO_GO_BACK_TO', { message, help: 'deliver a commit that works' })
  }
  return begin(shop, stage, current, await wayBack(shop, target, act), act)
}

/** Said of a candidate that would be gone back to, were its schema still there. */
async function behindContract({ ledger }: Workshop, environment: string, { definition, candidate }: RunRow): Promise<string> {
  const row = await tables(ledger)
    .selectFrom('contracted')
    .select('name')
    .where('environment', '=', environment)
    .orderBy('name', 'desc')
    .executeTakeFirst()
  const contracts = Object.values(definition.resources).some(({ migrations }) => migrations !== undefined)
  return row && contracts && candidate ? ` that works since contract migration "${row.name}" was applied there` : ''
}

/** What runs can only be read back by the server that runs it. @throws ThreewaysError `ENVIRONMENT_ELSEWHERE` */
async function refuseElsewhere({ ledger, homeId }: Workshop, environment: string): Promise<void> {
  const found = await tables(ledger)
    .selectFrom('environmentPlace')
    .leftJoin('machine', 'machine.home', 'environmentPlace.home')
    .select(['environmentPlace.home', 'machine.name', 'machine.url'])
    .where('environment', '=', environment)
    .executeTakeFirst()
  if (found === undefined || found.home === homeId) return
  const where = `server "${found.name ?? found.home}"`
  throw refused('ENVIRONMENT_ELSEWHERE', {
    message: `environment "${environment}" stands on ${where}`,
    help: `ask that one${found.url ? `: --server ${found.url}` : ''}`,
  })
}

/** What has the traffic, read back from the environment, as the run that brought it. @throws ThreewaysError `NOTHING_RUNS` */
async function runningIn(shop: Workshop, latest: RunRow, stage: Stage): Promise<RunRow> {
  const { traffic } = await shop.provider.observe(environmentOf(latest, stage))
  const run = traffic === undefined ? undefined : await latestRun(shop, 'candidate', traffic)
  if (!run) throw refused('NOTHING_RUNS', { message: `nothing runs in ${stage.name}` })
  return run
}

function latestRun({ ledger }: Workshop, column: 'stream' | 'candidate', value: string): Promise<RunRow | undefined> {
  return tables(ledger).selectFrom('run').selectAll().where(column, '=', value).orderBy('number', 'desc').executeTakeFirst()
}

async function wayBack(shop: Workshop, target: string, act: Act): Promise<NewRun> {
  const { definition, repository } = await buildOf(shop.ledger, target)
  const { stream, branch, onTrunk, commit, author, summary, committedAt } = (await latestRun(shop, 'candidate', target))!
  return {
    id: shop.newId(),
    kind: 'rollback',
    stream,
    repository,
    commit,
    branch,
    onTrunk,
    author,
    summary,
    committedAt,
    fixesStop: null,
    reverts: null,
    definition,
    origin: shop.homeId,
    place: null,
    candidate: target,
    requestedBy: act.by,
    reason: act.reason,
    queuedAt: shop.clock.instant(),
  }
}

async function begin(shop: Workshop, stage: Stage, current: RunRow, wanted: NewRun, act: Act): Promise<RunRow> {
  return shop.ledger.transaction(async (tx) => {
    const run = await insertRun(tx, wanted, rollbackSteps(wanted.definition, stage.name))
    await tx.lock()
    const told = await shop.line.follows(
      tx,
      { ...changeOf(current, stage), run: run.id },
      {
        kind: 'rolled-back',
        place: placeOf(current, stage),
        onTrunk: true,
        reason: `${act.by} rolled ${stage.name} back: ${act.reason}`,
        fault: 'change',
        failedCanary: false,
      },
    )
    const held = heldOut(shop, { ...current, id: run.id }, stage.name, act.reason)
    await tx.append([shop.records.runQueued(run), held, ...told])
    return run
  })
}
