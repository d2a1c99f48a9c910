import { refused } from '../../kernel/errors.ts'
import { sha256 } from '../../kernel/digest.ts'
import { event, type CloudEvent } from '../../ledger/event.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Stage } from '../definition/definition.ts'
import { backupMade, migrationApplied } from '../migration/events.ts'
import { readMigrations, type MigrationFile } from '../migration/files.ts'
import type { AppliedMigration, Backup, DatabaseSession, Migration } from '../migration/migrations.port.ts'
import { afterVerdict, beforeDeploy, problemOf } from '../migration/policy.ts'
import type { Execution, StepEnd } from './execution.ts'
import { buildHere, buildOf, desired, environmentOf, lastVerified, stageOf } from './place.ts'
import { source } from './records.ts'
import { noteContracted } from './schema-ahead.ts'
import { failedBy } from './step-end.ts'
import { tables } from './tables.ts'

type Choose = (resource: string, files: readonly MigrationFile[], history: readonly AppliedMigration[]) => readonly Migration[]
/** What became of one database. */
type Outcome = { readonly resource: string; history: readonly AppliedMigration[] }

/** Before the candidate runs: what it needs is added, and what runs still finds what it needs. */
export async function expandStage(execution: Execution): Promise<StepEnd> {
  const { ledger, run, step } = execution
  const stage = stageOf(run, step.stage!)
  const before = stage.ephemeral ? undefined : await goingBackTo(execution, stage)
  const known = before === undefined ? undefined : ((await buildOf(ledger, before)).migrations ?? [])
  return migrate(execution, stage, (resource, files, history) => {
    const previous = known && new Set(known.filter((one) => one.resource === resource).map(({ name }) => name))
    return beforeDeploy({ files, history, previous })
  })
}

/** After the verdict: what only older candidates need is taken away. They cannot be gone back to any more. */
export async function contractStage(execution: Execution): Promise<StepEnd> {
  const stage = stageOf(execution.run, execution.step.stage!)
  const otherwise = await whyNotNow(execution, stage)
  if (otherwise !== undefined) return { end: 'succeeded', message: `left for the next delivery: ${otherwise}` }
  return migrate(execution, stage, (_resource, files, history) => afterVerdict({ files, history }))
}

/** As a rollback would choose. */
async function goingBackTo({ ledger, run }: Execution, stage: Stage): Promise<string | undefined> {
  return (await lastVerified(ledger, run.stream, stage, run.candidate!)) ?? lastVerified(ledger, run.stream, stage)
}

/** Whoever rolled back meanwhile needs what would be taken away. */
async function whyNotNow({ ledger, provider, run }: Execution, stage: Stage): Promise<string | undefined> {
  const back = await tables(ledger)
    .selectFrom('run')
    .select('id')
    .where('stream', '=', run.stream)
    .where('kind', '=', 'rollback')
    .where('finishedAt', 'is', null)
    .executeTakeFirst()
  if (back) return 'a rollback is under way'
  const { traffic } = await provider.observe(environmentOf(run, stage))
  return traffic === run.candidate ? undefined : `${stage.environment} runs another candidate by now`
}

async function migrate(execution: Execution, stage: Stage, choose: Choose): Promise<StepEnd> {
  const { provider, run, say, signal } = execution
  const environment = environmentOf(run, stage)
  const outcomes: Outcome[] = []
  const record: NonNullable<(StepEnd & { end: 'succeeded' })['record']> = async (tx) => {
    for (const { resource, history } of outcomes) if (!stage.ephemeral) await noteContracted(tx, { environment, resource }, history)
    return []
  }
  if (!provider.databases)
    throw refused('MIGRATIONS_UNSUPPORTED', { message: `${provider.name} cannot migrate databases`, help: 'remove "migrations" from the definition' })
  try {
    const build = await buildHere(execution, run.candidate!)
    const wanted = desired(provider, build, stage.environment!)
    let count = 0
    for (const [resource, files] of Object.entries(await readMigrations(build.folder, run.definition))) {
      const told = (progress: { subject: string; message: string }) => void say(`${progress.subject}: ${progress.message}`).catch(() => {})
      await provider.databases.change({ environment, desired: wanted, resource }, told, signal, async (session) => {
        const outcome: Outcome = { resource, history: [] }
        outcomes.push(outcome)
        count += await migrateOne(execution, stage, { session, outcome, files, choose })
      })
    }
    return { end: 'succeeded', message: count === 0 ? 'nothing to do' : `${count} ${count === 1 ? 'file' : 'files'} applied`, record }
  } catch (error) {
    if (signal.aborted) throw error
    const how = failedBy(error)
    return how.end === 'failed' ? { ...how, record } : how
  }
}

type One = { readonly session: DatabaseSession; readonly outcome: Outcome; readonly files: readonly MigrationFile[]; readonly choose: Choose }

/** @returns how many files were applied in this run, also before an interruption */
async function migrateOne(execution: Execution, stage: Stage, { session, outcome, files, choose }: One): Promise<number> {
  const { run, signal, say } = execution
  const { resource } = outcome
  outcome.history = await session.history()
  const problem = problemOf({ files, history: outcome.history })
  if (problem) throw refused(problem.code, { message: problem.message, help: problem.help })
  const chosen = choose(resource, files, outcome.history)
  const place = { environment: environmentOf(run, stage), resource, stage: stage.name }
  let backup: Backup | undefined
  // In a database that was just made there is nothing to lose.
  if (chosen.length > 0 && !session.isNew) {
    backup = await session.backup(`${chosen[0]!.kind} of ${run.commit.slice(0, 8)}: ${chosen.map(({ name }) => name).join(', ')}`.slice(0, 300))
    await tell(execution, [backupTold(execution, place, backup)])
  }
  for (const file of chosen) {
    signal.throwIfAborted()
    const applied = await session.apply(file, { candidate: run.candidate!, run: run.id })
    outcome.history = [...outcome.history, applied]
  }
  const own = outcome.history.filter((one) => one.run === run.id)
  // Also what was applied before an interruption: told twice, it is on record once.
  await tell(
    execution,
    own.map((one) => appliedTold(execution, place, one, backup, files.find(({ name }) => name === one.name)?.allowed ?? [])),
  )
  if (own.length === 0) await say(`resource ${resource}: nothing to do`)
  return chosen.length
}

type Place = { readonly environment: string; readonly resource: string; readonly stage: string }

async function tell({ note }: Execution, events: readonly CloudEvent[]): Promise<void> {
  if (events.length === 0) return
  await note(({ output, message }) => ({ output: output ?? {}, message, waiting: null, events }))
}

function backupTold({ run, newId }: Execution, { environment, resource }: Place, { id, bytes, at, before }: Backup): CloudEvent {
  return event(
    backupMade,
    { id: newId(), time: at as Instant, source, subject: `${environment}/${resource}`, chainId: run.id },
    { stream: run.stream, environment, resource, backup: id, bytes, at, before, run: run.id },
  )
}

function appliedTold(
  { run }: Execution,
  { environment, resource, stage }: Place,
  { name, kind, checksum, candidate, at, ms }: AppliedMigration,
  backup: Backup | undefined,
  allowed: MigrationFile['allowed'],
): CloudEvent {
  const subject = `${environment}/${resource}/${name}`
  return event(
    migrationApplied,
    // The same file of the same run is the same event, whoever tells it.
    { id: sha256(`${run.id} ${subject} ${at}`), time: at as Instant, source, subject, chainId: run.id },
    {
      stream: run.stream,
      environment,
      resource,
      stage,
      candidate,
      commit: run.commit,
      run: run.id,
      file: name,
      kind,
      checksum,
      at,
      ms,
      allowed,
      ...(backup === undefined ? {} : { backup: backup.id }),
    },
  )
}
