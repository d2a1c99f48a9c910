import { experiments } from '../learning/experiment/projection.ts'
import type { Asked } from '../flow/flags/moves.ts'
import type { LedgerTransaction } from '../ledger/ledger.ts'
import { rowsOf } from '../ledger/rows.ts'

/** Every experiment, as far as flags have to know. The First Way knows what follows, the Third what is asked; they meet here. */
export async function experimentsOfFlags(place: Pick<LedgerTransaction, 'db'>): Promise<readonly Asked[]> {
  const rows = await rowsOf(place.db, experiments)
    .select(['experiment', 'planned', 'started', 'decidedAt'])
    .where('planned', 'is not', null)
    .orderBy('experiment')
    .execute()
  return rows.map(({ experiment, planned, started, decidedAt }) => {
    const { flag, environment } = planned as { readonly flag: string; readonly environment: string }
    return { experiment, flag, environment, state: decidedAt !== null ? 'decided' : started === null ? 'planned' : 'running' }
  })
}
