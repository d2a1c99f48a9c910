import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import { flagTraffic } from './projection.ts'

type Place = Pick<LedgerTransaction, 'db'>

/** How often each variant of a flag was asked for and shown, by day and environment, oldest first. */
export async function trafficOf(place: Place, flag: string) {
  const rows = await rowsOf(place.db, flagTraffic)
    .select(['environment', 'variant', 'day', 'asked', 'shown'])
    .where('flag', '=', flag)
    .orderBy('day')
    .orderBy('environment')
    .orderBy('variant')
    .execute()
  return rows.map((row) => ({ ...row, asked: row.asked ?? 0, shown: row.shown ?? 0 }))
}

/** When each flag was last asked for, and since when anything is told at all. Days. */
export async function lastAsked(
  place: Place,
): Promise<{ readonly toldSince: string | null; readonly byFlag: ReadonlyMap<string, string> }> {
  const rows = await rowsOf(place.db, flagTraffic)
    .select(({ fn }) => ['flag', fn.max('day').as('last'), fn.min('day').as('first')])
    .groupBy('flag')
    .execute()
  const firsts = rows.map(({ first }) => first).toSorted()
  return { toldSince: firsts[0] ?? null, byFlag: new Map(rows.map(({ flag, last }) => [flag, last])) }
}
