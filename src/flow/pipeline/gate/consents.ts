import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import type { Consent } from './consent-table.ts'
import { passables } from './gate-answer.ts'
import type { Bypass } from '../schemas.ts'
import { tables, type RunRow } from '../tables.ts'

export async function consentsTo(place: Pick<LedgerTransaction, 'db'>, run: RunRow, stage: string): Promise<readonly Consent[]> {
  const said = tables(place).selectFrom('consent').selectAll().where('run', '=', run.id).where('stage', '=', stage)
  return said
    .where('candidate', '=', run.candidate ?? '')
    .orderBy('at')
    .execute()
}

/** Which gates of time a person let the run's candidate pass, the oldest first. */
export async function bypassesOf(place: Pick<LedgerTransaction, 'db'>, run: string): Promise<readonly Bypass[]> {
  const said = await tables(place)
    .selectFrom('consent')
    .select(['stage', 'kind', 'by', 'reason', 'at', 'until'])
    .where('run', '=', run)
    .where('kind', 'in', [...passables])
    .orderBy('at')
    .execute()
  return said.flatMap(({ kind, ...rest }) => (kind === 'approval' ? [] : [{ ...rest, gate: kind }]))
}

/** The latest word of a person on a matter is the one that counts. */
export async function consent(tx: LedgerTransaction, { authors, ...said }: Consent): Promise<void> {
  const row = { ...said, authors: authors && JSON.stringify(authors) }
  const { run, stage, kind, by, ...again } = row
  await tables(tx)
    .insertInto('consent')
    .values({ run, stage, kind, by, ...again })
    .onConflict((c) => c.columns(['run', 'stage', 'kind', 'by']).doUpdateSet(again))
    .execute()
}

/** What is asked anew needs new words. */
export async function forget(tx: LedgerTransaction, run: string, stages: readonly string[]): Promise<void> {
  if (stages.length === 0) return
  await tables(tx).deleteFrom('consent').where('run', '=', run).where('stage', 'in', stages).execute()
}
