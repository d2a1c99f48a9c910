import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { sql } from 'kysely'
import { z } from 'zod'
import { lineStops } from '../feedback/line/projection.ts'
import { viewStop } from '../feedback/line/board.ts'
import { Found } from '../flow/search/schemas.ts'
import { searchFlow, wordsOf } from '../flow/search/search.ts'
import { answers, requires, valid, type HttpEnv } from '../kernel/http.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { rowsOf } from '../ledger/rows.ts'

const Question = z.object({ q: z.string().max(200).meta({ description: 'words that must all be there' }) })
const stopsFound = 8

/** One box for everything that has a name, of all Ways. */
export function searchRoutes(ledger: Pick<Ledger, 'db'>): Hono<HttpEnv> {
  const summary = 'value streams, environments, candidates, runs and stops'
  return new Hono<HttpEnv>().get(
    '/search',
    describeRoute({ summary, tags: ['server'], responses: answers(summary, z.object({ found: z.array(Found) })) }),
    requires('read'),
    valid('query', Question),
    async (c) => {
      const { q } = c.req.valid('query')
      const [flow, stops] = await Promise.all([searchFlow(ledger, q), searchStops(ledger, q)])
      return c.json({ found: [...flow, ...stops] })
    },
  )
}

async function searchStops({ db }: Pick<Ledger, 'db'>, question: string): Promise<Found[]> {
  const words = wordsOf(question)
  if (words.length === 0) return []
  const rows = await rowsOf(db, lineStops)
    .selectAll()
    .where((is) =>
      is.and(words.map((word) => sql<boolean>`position(${word} in lower(concat_ws(' ', row.id, row.stream, row.reason, row.by))) > 0`)),
    )
    .orderBy('since', 'desc')
    .limit(stopsFound)
    .execute()
  return rows.map((row) => {
    const { id, stream, reason, by, since } = viewStop(row)
    return {
      kind: 'stop',
      id,
      stream,
      title: reason,
      detail: `${id} by ${by}`,
      at: since,
      state: row.startedAt === null ? 'open' : 'ended',
    }
  })
}
