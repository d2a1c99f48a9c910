import type { LedgerTransaction } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { keptOf } from './experiments.ts'
import { experiments } from './projection.ts'

/** What experiments were decided to come to, of those among `names` that are. */
export async function readDecisions(place: Pick<LedgerTransaction, 'db'>, names: readonly string[]) {
  const rows = await rowsOf(place.db, experiments)
    .selectAll()
    .where('experiment', 'in', [...new Set(names)])
    .where('planned', 'is not', null)
    .where('decided', 'is not', null)
    .execute()
  return rows.map(keptOf).map(({ experiment, flag, environment, decided }) => ({ experiment, flag, environment, ...decided! }))
}
