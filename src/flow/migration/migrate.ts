import type { Instant } from '../../kernel/clock.ts'
import { sha256, type Digest } from '../../kernel/digest.ts'
import { refused } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { event, type CloudEvent } from '../../ledger/event.ts'
import type { EnvironmentId } from '../environment/provider.port.ts'
import { backupMade, migrationApplied } from './events.ts'
import type { MigrationFile } from './files.ts'
import type { AppliedMigration, Backup, DatabaseSession, Migration } from './migrations.port.ts'
import { problemOf } from './policy.ts'
import { runToEnd, type RunTool } from './tool.ts'

export type Choose = (resource: string, files: readonly MigrationFile[], history: readonly AppliedMigration[]) => readonly Migration[]

/** For whom a database is migrated. */
export type About = {
  readonly stream: string
  readonly environment: EnvironmentId
  readonly resource: string
  readonly candidate: string
  /** A delivery, or whatever else does it: what it applied is found again by this name. */
  readonly run: string
  readonly stage?: string
  readonly commit?: string
}

export type Migrating = {
  readonly session: DatabaseSession
  readonly files: readonly MigrationFile[]
  readonly choose: Choose
  readonly about: About
  /** Who writes the events. */
  readonly source: string
  /** Told what will be applied, before it is. @returns false: none of it may be */
  readonly announce: (history: readonly AppliedMigration[], chosen: readonly Migration[]) => Promise<boolean>
  /** Given what the database remembers, whenever that grows. */
  readonly keep: (history: readonly AppliedMigration[]) => void
  readonly tell: (events: readonly CloudEvent[]) => Promise<void>
  readonly signal: AbortSignal
  readonly newId: NewId
  readonly runTool: RunTool
}

/**
 * Applies what is chosen, after a backup.
 * @returns how many files were applied
 * @throws ThreewaysError `MIGRATION_EDITED`, `SCHEMA_AHEAD`, `BACKUP_FAILED`, `MIGRATION_FAILED`
 */
export async function migrateOne(migrating: Migrating): Promise<number> {
  const { session, files, choose, about, announce, keep, tell, signal } = migrating
  let history = await session.history()
  keep(history)
  const problem = problemOf({ files, history })
  if (problem) throw refused(problem.code, { message: problem.message, help: problem.help })
  const chosen = choose(about.resource, files, history)
  if (chosen.length > 0 && !(await announce(history, chosen))) return 0
  const backup = await backupBefore(migrating, chosen)
  try {
    for (const file of chosen) {
      signal.throwIfAborted()
      const applied = await applyOne(migrating, file, { candidate: about.candidate, run: about.run, backup: backup?.id ?? null })
      history = [...history, applied]
      keep(history)
    }
  } finally {
    // Also what was applied before an interruption: told twice, it is on record once.
    const own = history.filter(({ run }) => run === about.run)
    await tell(own.map((one) => appliedTold(migrating, one)))
  }
  return chosen.length
}

async function applyOne(
  { session, about, runTool }: Migrating,
  file: Migration,
  by: Pick<AppliedMigration, 'candidate' | 'run' | 'backup'>,
) {
  if (file.tool === undefined) return session.apply(file, by)
  const began = performance.now()
  await runToEnd(runTool, about.resource, file.tool, session.connection)
  return session.remember(file, { ...by, ms: Math.round(performance.now() - began) })
}

/** In a database that was just made there is nothing to lose. */
async function backupBefore(migrating: Migrating, chosen: readonly Migration[]): Promise<Backup | undefined> {
  const { session, about, tell } = migrating
  if (chosen.length === 0 || session.isNew) return undefined
  const names = chosen.map(({ name }) => name).join(', ')
  const backup = await session.backup(
    `${chosen[0]!.kind} of ${(about.commit ?? about.candidate.replace('sha256:', '')).slice(0, 8)}: ${names}`.slice(0, 300),
  )
  await tell([backupTold(migrating, backup)])
  return backup
}

function backupTold({ about, source, newId }: Migrating, { id, bytes, at, before }: Backup): CloudEvent {
  const { stream, environment, resource, run, commit } = about
  return event(
    backupMade,
    { id: newId(), time: at as Instant, source, subject: `${environment}/${resource}`, ...(commit === undefined ? {} : { chainId: run }) },
    { stream, environment, resource, backup: id, bytes, at, before, run },
  )
}

/** The same file of the same run is the same event, whoever tells it: all of it is in the database's own history. */
function appliedTold(
  { about, source, files }: Migrating,
  { name, backup, at, candidate, run, kind, checksum, ms }: AppliedMigration,
): CloudEvent {
  const { stream, environment, resource, stage, commit } = about
  const subject = `${environment}/${resource}/${name}`
  const allowed = files.find((file) => file.name === name)?.allowed ?? []
  return event(
    migrationApplied,
    { id: sha256(`${run} ${subject} ${at}`), time: at as Instant, source, subject, ...(commit === undefined ? {} : { chainId: run }) },
    {
      stream,
      environment,
      resource,
      ...(stage === undefined ? {} : { stage }),
      candidate: candidate as Digest,
      ...(commit === undefined ? {} : { commit }),
      run,
      file: name,
      kind,
      checksum,
      at,
      ms,
      allowed,
      ...(backup === null ? {} : { backup }),
    },
  )
}
