import { Client } from 'pg'
import { hasCode, messageOf, notFound, unavailable } from '../../../kernel/errors.ts'
import type { Cluster } from '../../../kernel/postgres/cluster.ts'
import type { EnvironmentId } from '../../../flow/environment/provider.port.ts'
import type { Backup } from '../../../flow/migration/migrations.port.ts'
import { commentOn, completeMark, literal, prefixOf, quoted, withClient } from './postgres-resource.ts'
import type { ResourceState } from '../state.ts'

/** Of each database; the oldest are dropped when a new one is complete. */
export const backupsKept = 3
/** PostgreSQL waits five seconds for others to leave a database that is copied; we go on a little longer. */
const copyTries = 4
const closeEveryMs = 20

/** No name of a resource holds it. */
const mark = '~'
const restoring = (database: string) => `${database}${mark}restoring`

/**
 * Copies the database as it is. Nobody can be in it meanwhile: connections are closed, and new ones wait until the copy is made.
 * @throws ThreewaysError `BACKUP_FAILED`; then nothing was copied
 */
export async function makeBackup(
  server: Cluster,
  environment: EnvironmentId,
  resource: string,
  state: ResourceState,
  before: string,
): Promise<Backup> {
  return withClient(server.connection('postgres'), async (admin) => {
    const at = new Date().toISOString()
    const id = idAt(resource, at)
    const copy = copyOf(environment, id)
    try {
      await dropHalfMade(admin, environment, state.database)
      const closed = await copyAlone(server, admin, state, copy)
      const bytes = await sizeOf(admin, copy)
      const backup: Backup = { id, resource, at, bytes, before, closed }
      await admin.query(`alter database ${quoted(copy)} with allow_connections false`)
      // Last: a copy without it is half made.
      await admin.query(describing(copy, environment, backup))
      await dropOldest(admin, environment, resource)
      return backup
    } catch (error) {
      await admin.query(`drop database if exists ${quoted(copy)} with (force)`).catch(() => {})
      throw unavailable('BACKUP_FAILED', {
        message: `no backup of "${resource}" could be made, so nothing was changed: ${messageOf(error)}`,
        help: 'make room on the disk, or end what keeps its connection to the database, and run the step again',
        cause: error,
      })
    }
  })
}

/** Short enough for the name of a database. */
const idAt = (resource: string, at: string) => `${resource.slice(0, 20)}-${at.replaceAll(/[-:.]/g, '')}`
const copyOf = (environment: EnvironmentId, id: string) => `${prefixOf(environment)}${mark}${id}`

const describing = (copy: string, environment: EnvironmentId, backup: Backup) =>
  `comment on database ${quoted(copy)} is ${literal(`${completeMark} ${environment} backup ${JSON.stringify(backup)}`)}`

/** @returns how many connections were closed for it */
async function copyAlone(server: Cluster, admin: Client, { database }: ResourceState, copy: string): Promise<number> {
  // Ours, not the service's: whoever owns a database may drop it.
  const sql = `create database ${quoted(copy)} template ${quoted(database)}`
  const closed = await whileNobodyIsIn(server, database, () => admin.query(sql))
  await admin.query(`revoke connect, temporary on database ${quoted(copy)} from public`)
  return closed
}

/**
 * PostgreSQL locks the database first, so that whoever wants to connect waits, and then waits itself until the others have left:
 * meanwhile they are made to.
 */
async function whileNobodyIsIn(server: Cluster, database: string, work: () => Promise<unknown>): Promise<number> {
  return withClient(server.connection('postgres'), async (ender) => {
    let closed = 0
    for (let tries = 1; ; tries++) {
      let over = false
      const done = work().finally(() => (over = true))
      done.catch(() => {})
      while (!over) {
        const { rowCount } = await ender.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [database])
        closed += rowCount ?? 0
        await Promise.race([done.catch(() => {}), new Promise((resolve) => setTimeout(resolve, closeEveryMs))])
      }
      try {
        await done
        return closed
      } catch (error) {
        if (tries === copyTries || !hasCode(error, '55006')) throw error
      }
    }
  })
}

async function sizeOf(admin: Client, database: string): Promise<number> {
  return Number((await admin.query<{ size: string }>('select pg_database_size($1) as size', [database])).rows[0]!.size)
}

type Copy = { readonly database: string; readonly backup: Backup | undefined }

/** Newest first, also those half made. */
async function copies(admin: Client, environment: EnvironmentId): Promise<readonly Copy[]> {
  const sql = `select datname as database, coalesce(shobj_description(oid, 'pg_database'), '') as comment from pg_database
    where starts_with(datname, $1)`
  const { rows } = await admin.query<{ database: string; comment: string }>(sql, [`${prefixOf(environment)}${mark}`])
  const found = rows.map(({ database, comment }): Copy => {
    const [, json] = / backup (\{.*\})$/s.exec(comment.startsWith(completeMark) ? comment : '') ?? []
    return { database, backup: json === undefined ? undefined : (JSON.parse(json) as Backup) }
  })
  return found.toSorted((a, b) => (b.backup?.at ?? '').localeCompare(a.backup?.at ?? ''))
}

/** Copies that whoever made them was killed over: backups of the environment, and what was to take the place of the database. */
async function dropHalfMade(admin: Client, environment: EnvironmentId, database: string): Promise<void> {
  const halfMade = (await copies(admin, environment)).filter(({ backup }) => backup === undefined)
  for (const each of [...halfMade.map((copy) => copy.database), restoring(database)])
    await admin.query(`drop database if exists ${quoted(each)} with (force)`)
}

async function dropOldest(admin: Client, environment: EnvironmentId, resource: string): Promise<void> {
  const own = (await copies(admin, environment)).filter(({ backup }) => backup?.resource === resource)
  for (const { database } of own.slice(backupsKept)) await admin.query(`drop database if exists ${quoted(database)} with (force)`)
}

export async function listBackups(server: Cluster, environment: EnvironmentId): Promise<readonly Backup[]> {
  const all = await withClient(server.connection('postgres'), (admin) => copies(admin, environment))
  return all.flatMap(({ backup }) => backup ?? [])
}

/**
 * A copy of the backup takes the place of the database, which becomes a backup itself: both, or, after a kill in the middle, neither.
 * @throws ThreewaysError `BACKUP_NOT_FOUND`; `RESTORE_FAILED`, then the database is what it was
 */
export async function restoreBackup(
  server: Cluster,
  environment: EnvironmentId,
  stateOf: (resource: string) => ResourceState | undefined,
  id: string,
): Promise<{ readonly backup: Backup; readonly replaced: string }> {
  return withClient(server.connection('postgres'), async (admin) => {
    const all = await copies(admin, environment)
    const found = all.find(({ backup }) => backup?.id === id)
    const state = found?.backup && stateOf(found.backup.resource)
    if (!found?.backup || !state) throw notFoundIn(environment, id, all)
    const { backup } = found
    const next = restoring(state.database)
    try {
      await copyForRestore(admin, found.database, next, state, `${environment} ${backup.resource}`)
      const replaced = await exchange(server, admin, environment, state.database, next, backup)
      // What is too much now goes with the next backup at the latest.
      await dropOldest(admin, environment, backup.resource).catch(() => {})
      return { backup, replaced }
    } catch (error) {
      await admin.query(`drop database if exists ${quoted(next)} with (force)`).catch(() => {})
      throw unavailable('RESTORE_FAILED', {
        message: `backup "${id}" could not be restored, so nothing was changed: ${messageOf(error)}`,
        help: 'make room on the disk, or end what keeps its connection to the database, and restore it again',
        cause: error,
      })
    }
  })
}

async function copyForRestore(admin: Client, from: string, next: string, { role }: ResourceState, about: string): Promise<void> {
  await admin.query(`drop database if exists ${quoted(next)} with (force)`)
  await admin.query(`create database ${quoted(next)} template ${quoted(from)} owner ${quoted(role)}`)
  await admin.query(`revoke connect, temporary on database ${quoted(next)} from public`)
  await admin.query(`comment on database ${quoted(next)} is ${literal(`${completeMark} ${about}`)}`)
}

/** @returns the id of the backup that the database became */
async function exchange(
  server: Cluster,
  admin: Client,
  environment: EnvironmentId,
  database: string,
  next: string,
  { id, resource }: Backup,
): Promise<string> {
  const at = new Date().toISOString()
  const replaced = idAt(resource, at)
  const aside = copyOf(environment, replaced)
  const takePlace = `alter database ${quoted(next)} rename to ${quoted(database)}`
  if ((await commentOn(admin, database)) === undefined) {
    await admin.query(takePlace)
    return replaced
  }
  const kept: Backup = { id: replaced, resource, at, bytes: await sizeOf(admin, database), before: `restoring ${id}`, closed: 0 }
  // Statements of one query are one transaction.
  const both = [
    `alter database ${quoted(database)} rename to ${quoted(aside)}`,
    `alter database ${quoted(aside)} with allow_connections false`,
    `alter database ${quoted(aside)} owner to current_user`,
    describing(aside, environment, kept),
    takePlace,
  ].join(';')
  await whileNobodyIsIn(server, database, () => admin.query(both))
  return replaced
}

function notFoundIn(environment: EnvironmentId, id: string, all: readonly Copy[]) {
  const ids = all.flatMap(({ backup }) => backup?.id ?? [])
  return notFound('BACKUP_NOT_FOUND', {
    message: `${environment} has no backup "${id}"`,
    help: ids.length === 0 ? 'one is made before each migration' : `there are: ${ids.join(', ')}`,
  })
}
