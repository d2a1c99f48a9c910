import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { sql } from 'kysely'
import { z } from 'zod'
import { lineStops } from '../feedback/line/projection.ts'
import { viewStop } from '../feedback/line/board.ts'
import { Found } from '../flow/search/schemas.ts'
import { hasAll, searchFlow, wordsOf } from '../flow/search/search.ts'
import { answers, requires, valid, type HttpEnv } from '../kernel/http.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { experiments } from '../learning/experiment/projection.ts'
import { rowsOf } from '../ledger/rows.ts'

const Question = z.object({ q: z.string().max(200).meta({ description: 'words that must all be there' }) })
const ofEachKind = 8

/** One box for everything that has a name, of all Ways. */
export function searchRoutes(ledger: Pick<Ledger, 'db'>): Hono<HttpEnv> {
  const summary = 'value streams, environments, flags, candidates, runs, stops and experiments'
  return new Hono<HttpEnv>().get(
    '/search',
    describeRoute({ summary, tags: ['server'], responses: answers(summary, z.object({ found: z.array(Found) })) }),
    requires('read'),
    valid('query', Question),
    async (c) => {
      const { q } = c.req.valid('query')
      const [flow, stops, asked] = await Promise.all([searchFlow(ledger, q), searchStops(ledger, q), searchExperiments(ledger, q)])
      return c.json({ found: [...flow, ...stops, ...asked] })
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
    .limit(ofEachKind)
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

async function searchExperiments({ db }: Pick<Ledger, 'db'>, question: string): Promise<Found[]> {
  const words = wordsOf(question)
  if (words.length === 0) return []
  const text = sql`concat_ws(' ', row.experiment, row.planned->>'flag', row.planned->>'owner', row.planned->'plan'->>'hypothesis')`
  const rows = await rowsOf(db, experiments).selectAll().where(hasAll(words, text)).orderBy('plannedAt', 'desc').limit(ofEachKind).execute()
  return rows.map(({ experiment, planned, plannedAt, started, decided }) => {
    const { flag, plan } = planned as { readonly flag: string; readonly plan: { readonly hypothesis: string } }
    const state = decided !== null ? 'decided' : started !== null ? 'started' : 'planned'
    const at = plannedAt === null ? null : new Date(plannedAt).toISOString()
    return { kind: 'experiment', id: experiment, stream: '', title: experiment, detail: `${flag} · ${plan.hypothesis}`, at, state }
  })
}
