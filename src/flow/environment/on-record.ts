import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { environments } from './projection.ts'
import { deployments } from '../deployment/projection.ts'
import type { EnvironmentId } from './provider.port.ts'

/** What the ledger says of an environment; undefined when it says that there is none. Whether it runs is asked of the provider. */
export async function onRecord(ledger: Pick<Ledger, 'db'>, id: EnvironmentId): Promise<{ readonly settings: string } | undefined> {
  const row = await rowsOf(ledger.db, environments).select('settings').where('id', '=', id).where('state', '=', 'there').executeTakeFirst()
  return row && { settings: row.settings ?? id.split('/')[1]! }
}

/** Every environment that the ledger says is there. */
export async function allOnRecord(ledger: Pick<Ledger, 'db'>): Promise<readonly EnvironmentId[]> {
  const rows = await rowsOf(ledger.db, environments).select('id').where('state', '=', 'there').orderBy('id').execute()
  return rows.map(({ id }) => id as EnvironmentId)
}

/** Who asked for each environment that people asked for. */
export async function makersOnRecord(ledger: Pick<Ledger, 'db'>): Promise<ReadonlyMap<EnvironmentId, string>> {
  const rows = await rowsOf(ledger.db, environments)
    .select(['id', 'by'])
    .where('state', '=', 'there')
    .where('ephemeral', '=', true)
    .where('by', 'is not', null)
    .execute()
  return new Map(rows.map(({ id, by }) => [id as EnvironmentId, by!]))
}

/** Services that run in an environment as the ledger has it, and the candidate each runs. */
export async function servicesOnRecord(ledger: Pick<Ledger, 'db'>, id: EnvironmentId): Promise<ReadonlyMap<string, string>> {
  const rows = await rowsOf(ledger.db, deployments)
    .select(['service', 'candidate'])
    .where('environment', '=', id)
    .where('candidate', 'is not', null)
    .execute()
  return new Map(rows.map(({ service, candidate }) => [service, candidate!]))
}
