import { conflict, notFound } from '../../../kernel/errors.ts'
import { event } from '../../../ledger/event.ts'
import type { EnvironmentId } from '../../environment/provider.port.ts'
import { backupRestored } from '../../migration/events.ts'
import type { Backup } from '../../migration/migrations.port.ts'
import { runInside } from './busy.ts'
import type { Workshop } from '../execution.ts'
import { source } from '../records.ts'
import { noteContracted } from '../schema-ahead.ts'

export type Restored = { readonly environment: EnvironmentId; readonly backup: Backup; readonly replaced: string }

/** Of one environment, newest first. */
export async function backupsOf({ provider }: Pick<Workshop, 'provider'>, environment: EnvironmentId): Promise<readonly Backup[]> {
  return (await provider.databases?.backups(environment)) ?? []
}

/**
 * A database is again what it was when the backup was made; what it is now is kept as one more backup. Nothing is deployed.
 * @throws ThreewaysError `BACKUP_NOT_FOUND`, `ENVIRONMENT_BUSY`
 */
export async function restore(shop: Workshop, environment: EnvironmentId, id: string, by: string): Promise<Restored> {
  const { ledger, provider } = shop
  const stream = environment.split('/')[0]!
  if (!provider.databases)
    throw notFound('BACKUP_NOT_FOUND', { message: `${environment} has no backups`, help: `${provider.name} makes none` })
  await refuseBusy(shop, environment)
  const { replaced, ...backup } = await provider.databases.restore(environment, id)
  const history = await provider.databases.history(environment, backup.resource)
  const { resource, bytes, at } = backup
  await ledger.transaction(async (tx) => {
    // While nobody can tell, what is on record stays.
    if (history) await noteContracted(tx, { environment, resource }, history)
    const envelope = { id: shop.newId(), time: shop.clock.instant(), source, subject: `${environment}/${resource}` }
    await tx.append([event(backupRestored, envelope, { stream, environment, resource, backup: id, bytes, at, by, replaced })])
  })
  return { environment, backup, replaced }
}

/** Whoever is being deployed there was made to fit the database as it is. */
async function refuseBusy({ ledger }: Workshop, environment: EnvironmentId): Promise<void> {
  const busy = await runInside(ledger, environment)
  if (!busy) return
  throw conflict('ENVIRONMENT_BUSY', {
    message: `${environment} is being deployed to: run ${busy.id} is in ${busy.inStage}`,
    help: `wait for it, or threeways cancel ${busy.id}`,
  })
}
