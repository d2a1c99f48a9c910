import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { instantOf } from '../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { nearest } from '../definition/suggest.ts'
import { incidentHistory, type PastIncident } from './projection.ts'

const Place = z.object({ stream: z.string(), environment: z.string(), incident: z.string() })
const Moment = z.string().nullable()
const KnownIncident = z
  .object({
    known: Place.extend({
      detected: Moment.meta({ description: 'the first time; null: nobody told of it, only that it is over' }),
      detectedLast: Moment.meta({ description: 'the last time, where it was detected again' }),
      resolved: Moment.meta({ description: 'the last time that it was told as over' }),
      over: z.boolean(),
    })
      .nullable()
      .meta({ description: 'null: nothing of that name was told of this stream and environment' }),
    near: z.array(Place).meta({ description: 'where nothing is known: those that may be meant, the likeliest first' }),
  })
  .meta({ id: 'KnownIncident' })
export type KnownIncident = z.infer<typeof KnownIncident>

const Where = z.object({ stream: z.string().min(1).max(400), environment: z.string().min(1).max(400) })
const nearMax = 5
/** Of so many of the newest a name is compared. */
const compared = 2000

/** What is known of an incident, for whoever is about to tell more of it. */
export function incidentRoutes({ db }: Pick<Ledger, 'db'>): Hono<HttpEnv> {
  const summary = 'what is known of an incident, or which ones have a name near it'
  return new Hono<HttpEnv>().get(
    '/incidents/:incident',
    describeRoute({ summary, tags: ['flow'], responses: answers(summary, KnownIncident) }),
    // Whoever may tell of incidents has to know whether what they tell makes sense.
    requires('events'),
    valid('query', Where),
    async (c) => {
      const place = { ...c.req.valid('query'), incident: c.req.param('incident') }
      const row = await rowsOf(db, incidentHistory)
        .selectAll()
        .where((is) => is.and(place))
        .executeTakeFirst()
      const known = row === undefined || (row.detected === null && row.resolved === null) ? null : knownOf(row)
      return c.json({ known, near: known?.detected ? [] : await nearTo(db, place) })
    },
  )
}

const momentOf = (time: string | null) => (time === null ? null : instantOf(Date.parse(time)))

function knownOf(row: PastIncident) {
  const { stream, environment, incident } = row
  const [detected, detectedLast, resolved] = [momentOf(row.detected), momentOf(row.detectedAgain), momentOf(row.resolved)]
  const over = resolved !== null && (detectedLast === null || resolved >= detectedLast)
  return { stream, environment, incident, detected, detectedLast, resolved, over }
}

/** The same name elsewhere, then names like it, then what is not over in this very place. */
async function nearTo(db: Ledger['db'], place: z.infer<typeof Place>): Promise<z.infer<typeof Place>[]> {
  const rows = await rowsOf(db, incidentHistory)
    .selectAll()
    .where('detected', 'is not', null)
    .orderBy('detected', 'desc')
    .limit(compared)
    .execute()
  const here = rows.filter(({ stream, environment }) => stream === place.stream && environment === place.environment)
  const named = (name: string | undefined, of: readonly PastIncident[]) => of.filter(({ incident }) => incident === name)
  const alike = (of: readonly PastIncident[]) =>
    named(
      nearest(
        place.incident,
        of.map(({ incident }) => incident),
      ),
      of,
    )
  const likely = [...named(place.incident, rows), ...alike(here), ...alike(rows), ...here.filter((row) => !knownOf(row).over)]
  return [...new Set(likely)].slice(0, nearMax).map(({ stream, environment, incident }) => ({ stream, environment, incident }))
}
