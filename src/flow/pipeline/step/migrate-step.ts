import { refused } from '../../../kernel/errors.ts'
import type { CloudEvent } from '../../../ledger/event.ts'
import type { Stage } from '../../definition/definition.ts'
import { migrateOne, type Choose } from '../../migration/migrate.ts'
import { readMigrations, type MigrationFile } from '../../migration/files.ts'
import type { AppliedMigration, DatabaseProvider, DatabaseSession } from '../../migration/migrations.port.ts'
import { afterVerdict, beforeDeploy } from '../../migration/policy.ts'
import type { RunTool } from '../../migration/tool.ts'
import type { Execution, StepEnd } from '../execution.ts'
import { buildHere, buildOf, desired, environmentOf, lastVerified, stageOf } from '../place.ts'
import { source } from '../records.ts'
import { noteContracted } from '../schema-ahead.ts'
import { failedBy, isAway } from './step-end.ts'
import { tables } from '../tables.ts'
import { toolIn } from './tool-run.ts'

/** Before the candidate runs: what it needs is added, and what runs still finds what it needs. */
export async function expandStage(execution: Execution): Promise<StepEnd> {
  const { ledger, run, step } = execution
  const stage = stageOf(run, step.stage!)
  const before = stage.ephemeral ? undefined : await goingBackTo(execution, stage)
  const known = before === undefined ? undefined : ((await buildOf(ledger, before)).migrations ?? [])
  return migrate(execution, stage, {
    choose(resource, files, history) {
      const previous = known && new Set(known.filter((one) => one.resource === resource).map(({ name }) => name))
      return beforeDeploy({ files, history, previous })
    },
  })
}

/** After the verdict: what only older candidates need is taken away. They cannot be gone back to any more. */
export async function contractStage(execution: Execution): Promise<StepEnd> {
  const stage = stageOf(execution.run, execution.step.stage!)
  return migrate(execution, stage, {
    choose: (_resource, files, history) => afterVerdict({ files, history }),
    whyNot: () => whyNotNow(execution, stage),
  })
}

/** As a rollback would choose. */
export async function goingBackTo({ ledger, run }: Pick<Execution, 'ledger' | 'run'>, stage: Stage): Promise<string | undefined> {
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

type Doing = { readonly choose: Choose; readonly whyNot?: () => Promise<string | undefined> }
/** What became of one database. */
type Outcome = {
  readonly resource: string
  /** undefined: the database did not say. */
  history: readonly AppliedMigration[] | undefined
  applied: number
  otherwise?: string | undefined
}

async function migrate(execution: Execution, stage: Stage, doing: Doing): Promise<StepEnd> {
  const { provider, run, say, signal } = execution
  const environment = environmentOf(run, stage)
  const outcomes: Outcome[] = []
  const record: NonNullable<(StepEnd & { end: 'succeeded' })['record']> = async (tx) => {
    for (const { resource, history } of outcomes)
      if (!stage.ephemeral && history !== undefined) await noteContracted(tx, { environment, resource }, history)
    return []
  }
  try {
    const build = await buildHere(execution, run.candidate!)
    const wanted = desired(provider, build, stage.environment!)
    const told = (progress: { subject: string; message: string }) => void say(`${progress.subject}: ${progress.message}`).catch(() => {})
    for (const [resource, files] of Object.entries(await readMigrations(build.folder, run.definition))) {
      await databasesOf(provider).change({ environment, desired: wanted, resource }, told, signal, async (session) => {
        const outcome: Outcome = { resource, history: undefined, applied: 0 }
        outcomes.push(outcome)
        const runTool = toolIn(execution, build.folder, stage.environment!)
        await migrateDatabase(execution, stage, { ...doing, session, files, outcome, runTool })
      })
    }
    return { end: 'succeeded', message: sentenceOf(outcomes), record }
  } catch (error) {
    if (isAway(error)) throw error
    // What was under way when it broke may have been made all the same. While nobody can tell, what was announced stays on record.
    for (const outcome of outcomes)
      outcome.history = await databasesOf(provider)
        .history(environment, outcome.resource)
        .catch(() => undefined)
    return signal.aborted ? { end: 'cancelled', record } : { ...failedBy(error), record }
  }
}

function databasesOf({ name, databases }: Execution['provider']): DatabaseProvider {
  if (databases) return databases
  throw refused('MIGRATIONS_UNSUPPORTED', { message: `${name} cannot migrate databases`, help: 'remove "migrations" from the definition' })
}

function sentenceOf(outcomes: readonly Outcome[]): string {
  const otherwise = outcomes.find((outcome) => outcome.otherwise !== undefined)?.otherwise
  if (otherwise !== undefined) return `left for the next delivery: ${otherwise}`
  const count = outcomes.reduce((sum, { applied }) => sum + applied, 0)
  return count === 0 ? 'nothing to do' : `${count} ${count === 1 ? 'file' : 'files'} applied`
}

type One = Doing & {
  readonly session: DatabaseSession
  readonly files: readonly MigrationFile[]
  readonly outcome: Outcome
  readonly runTool: RunTool
}

async function migrateDatabase(execution: Execution, stage: Stage, { outcome, whyNot, ...one }: One): Promise<void> {
  const { ledger, run, say } = execution
  const { resource } = outcome
  const environment = environmentOf(run, stage)
  outcome.applied = await migrateOne({
    ...execution,
    ...one,
    source,
    about: { environment, resource, stream: run.stream, candidate: run.candidate!, stage: stage.name, run: run.id, commit: run.commit },
    // First on record, then looked who is there: whoever goes back meanwhile sees the one, or is seen.
    async announce(history, chosen) {
      if (!stage.ephemeral) await ledger.transaction((tx) => noteContracted(tx, { environment, resource }, [...history, ...chosen]))
      outcome.otherwise = await whyNot?.()
      return outcome.otherwise === undefined
    },
    keep: (history) => void (outcome.history = history),
    tell: (events) => tell(execution, events),
  })
  if (outcome.applied === 0) await say(`resource ${resource}: nothing to do`)
}

/** At once: what happened to a database stays, whatever becomes of the step. */
async function tell({ note }: Execution, events: readonly CloudEvent[]): Promise<void> {
  if (events.length > 0) await note(({ output, message }) => ({ output: output ?? {}, message, waiting: null, events }))
}
