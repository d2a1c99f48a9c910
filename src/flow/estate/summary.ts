import { sql } from 'kysely'
import { streamNames } from '../pipeline/stream-facts.ts'
import { tables } from '../pipeline/tables.ts'
import type { EstateViewing } from './estate.ts'
import type { EstateSummary } from './schemas.ts'

/** What stands on every page: a few numbers, from a few small queries, however many value streams there are. */
export function makeSummary({ ledger, openStops }: Pick<EstateViewing, 'ledger' | 'openStops'>) {
  return async (): Promise<EstateSummary> => {
    const names = await streamNames(ledger)
    const [stops, { rows: waits }, { underWay }] = await Promise.all([
      openStops(names),
      sql<{ kind: string; count: number }>`
        select waiting->>'kind' as kind, count(*)::int as count from step
        where waiting is not null and (${isActive}) group by 1 order by 1`.execute(ledger.db),
      tables(ledger)
        .selectFrom('run')
        .select(sql<number>`count(*)::int`.as('underWay'))
        .where('finishedAt', 'is', null)
        .executeTakeFirstOrThrow(),
    ])
    return {
      streams: names.length,
      stopped: new Set(stops.map(({ stream }) => stream)).size,
      // One over all value streams is one.
      stops: new Set(stops.map(({ id }) => id)).size,
      underWay,
      waits: Object.fromEntries(waits.map(({ kind, count }) => [kind, count])),
    }
  }
}

/** As the index of what is active has it. */
const isActive = sql`state in ('running', 'waiting', 'needs-attention') or waiting is not null`
