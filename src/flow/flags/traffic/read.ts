import type { LedgerTransaction } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import { rehearsals } from '../../dark/projection.ts'
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
  const asked = await rowsOf(place.db, flagTraffic)
    .select(({ fn }) => ['flag', fn.max('day').as('last'), fn.min('day').as('first')])
    .groupBy('flag')
    .execute()
  // What is rehearsed in the dark is asked for there, and nowhere else.
  const rehearsed = await rowsOf(place.db, rehearsals)
    .select(({ fn }) => ['of as flag', fn.max('minute').as('last'), fn.min('minute').as('first')])
    .where('kind', '=', 'flag')
    .groupBy('of')
    .execute()
  const rows = [...asked, ...rehearsed].map(({ flag, last, first }) => ({ flag, last: last.slice(0, 10), first: first.slice(0, 10) }))
  const byFlag = new Map<string, string>()
  for (const { flag, last } of rows) if ((byFlag.get(flag) ?? '') < last) byFlag.set(flag, last)
  return { toldSince: rows.map(({ first }) => first).toSorted()[0] ?? null, byFlag }
}
