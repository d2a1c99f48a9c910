import { sql } from 'kysely'
import { refused } from '../../kernel/errors.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import type { Stage } from '../definition/definition.ts'
import type { AppliedMigration } from '../migration/migrations.port.ts'
import { aheadOf } from '../migration/policy.ts'
import type { Execution } from './execution.ts'
import { tables, type PipelineTables } from './tables.ts'

/** Whether a row of `build` does not know a row of `contracted`. */
const isUnknown = sql<boolean>`not coalesce(build.migrations, '[]') @>
  jsonb_build_array(jsonb_build_object('resource', contracted.resource, 'name', contracted.name))`

/** What was contracted in an environment and a build, a row of the table `build`, does not know: its code may need what is gone. */
export const missesContract = (environment: string) =>
  sql<boolean>`exists (select from contracted where contracted.environment = ${environment} and ${isUnknown})`

/** The first contract migration that keeps a candidate out; undefined: none does. */
export async function contractAgainst(ledger: Pick<Ledger, 'db'>, environment: string, candidate: string): Promise<string | undefined> {
  const row = await tables(ledger)
    .selectFrom('contracted')
    .innerJoin('build', (join) => join.on('build.candidate', '=', candidate))
    .select('contracted.name')
    .where('contracted.environment', '=', environment)
    .where(isUnknown)
    .orderBy('contracted.name')
    .limit(1)
    .executeTakeFirst()
  return row?.name
}

/** Also what was allowed to go back a moment ago. @throws ThreewaysError `SCHEMA_AHEAD` */
export async function refuseContracted({ ledger, run }: Execution, { environment }: Stage): Promise<void> {
  const name = await contractAgainst(ledger, `${run.stream}/${environment}`, run.candidate!)
  if (name === undefined) return
  const { code, message, help } = aheadOf(name)
  throw refused(code, { message, help })
}

/** As the database itself remembers it. */
export async function noteContracted(
  tx: LedgerTransaction,
  { environment, resource }: Pick<PipelineTables['contracted'], 'environment' | 'resource'>,
  history: readonly Pick<AppliedMigration, 'name' | 'kind'>[],
): Promise<void> {
  await tables(tx).deleteFrom('contracted').where('environment', '=', environment).where('resource', '=', resource).execute()
  const rows = history.flatMap(({ name, kind }) => (kind === 'contract' ? [{ environment, resource, name }] : []))
  if (rows.length > 0) await tables(tx).insertInto('contracted').values(rows).execute()
}
