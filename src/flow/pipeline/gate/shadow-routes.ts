import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, type HttpEnv } from '../../../kernel/http.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { rowsOf } from '../../../ledger/rows.ts'
import { differencesOf } from '../../dark/read.ts'
import { shadowReadiness } from '../../dark/shadow/ready.ts'
import { ShadowView } from '../../dark/shadow/schemas.ts'
import type { Stage } from '../../definition/definition.ts'
import { deployments } from '../../deployment/projection.ts'
import { environmentOf } from '../place.ts'
import { toInstant } from '../stage-view.ts'
import { tables, type RunRow } from '../tables.ts'
import { servingSince, shadowsBefore, type ShadowedStage } from './gate-shadow.ts'

/** What copies of requests showed, of whatever runs now where they go. */
export function shadowRoutes(ledger: Ledger): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.get(
    '/streams/:stream/shadows',
    describeRoute({
      summary: 'what copies of requests showed of the candidates that get them',
      tags: ['gates'],
      responses: answers('what copies of requests showed of the candidates that get them', z.object({ shadows: z.array(ShadowView) })),
    }),
    requires('read'),
    async (c) => {
      const stream = c.req.param('stream')
      const latest = await runOf(ledger, stream)
      const stages = latest?.definition.stages.filter((stage) => stage.shadow !== undefined) ?? []
      const shadows = await Promise.all(stages.map((stage) => viewShadow(ledger, latest!, stage as ShadowedStage)))
      return c.json({ shadows: shadows.flat() })
    },
  )
  return app
}

/** The latest run of a value stream, or of one of its candidates. */
async function runOf({ db }: Pick<Ledger, 'db'>, stream: string, candidate?: string): Promise<RunRow | undefined> {
  return tables({ db })
    .selectFrom('run')
    .selectAll()
    .where('stream', '=', stream)
    .$if(candidate !== undefined, (query) => query.where('candidate', '=', candidate!))
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Of an environment in which nothing runs, or nothing that is copied to: nothing. */
async function viewShadow(ledger: Ledger, latest: RunRow, { name }: ShadowedStage): Promise<readonly ShadowView[]> {
  const environment = environmentOf(
    latest,
    latest.definition.stages.find((stage) => stage.name === name)!,
  )
  const rows = await rowsOf(ledger.db, deployments)
    .select(['candidate', 'commit', 'since'])
    .where('environment', '=', environment)
    .where('candidate', 'is not', null)
    .orderBy('since', 'desc')
    .execute()
  const [running] = rows
  const run = running && (await runOf(ledger, latest.stream, running.candidate!))
  // As the candidate that runs there has it, whatever the newest one will have.
  const stage = run?.definition.stages.find((one): one is ShadowedStage => one.name === name && one.shadow !== undefined)
  if (running === undefined || run === undefined || stage === undefined) return []
  const demanding = demandingStage(run, stage)
  const since = await servingSince(ledger, run, stage.shadow.from)
  const asked = { since: since ?? running.since!, demands: demanding?.gate?.shadow }
  const { seen, demands, verdict } = await shadowReadiness(ledger, environment, running.candidate!, asked)
  const { against, ...said } = verdict
  const { shadow } = stage
  return [
    {
      stream: run.stream,
      stage: name,
      environment,
      candidate: running.candidate!,
      commit: running.commit,
      from: shadow.from,
      share: shadow.share,
      methods: [...shadow.methods],
      since: since === undefined ? null : toInstant(since),
      ...said,
      against: [...against],
      demands,
      demandedBy: demanding?.name ?? null,
      rehearsals: seen.compared + seen.failed,
      timeouts: seen.timeouts,
      dropped: seen.dropped,
      oversized: seen.oversized,
      differences: await differencesOf(ledger, { kind: 'shadow', environment, of: running.candidate! }, asked.since),
    },
  ]
}

const demandingStage = (run: RunRow, stage: ShadowedStage): Stage | undefined =>
  run.definition.stages.find(
    (later) => later.gate?.shadow !== undefined && shadowsBefore(run, later).some(({ name }) => name === stage.name),
  )
