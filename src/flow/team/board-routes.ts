import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { Clock } from '../../kernel/clock.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Builds } from '../builds/builds.ts'
import type { Lineages } from '../lineage/lineages.ts'
import type { ToldFailures } from '../measures/attribution/read.ts'
import type { Past } from '../measures/past.ts'
import { FlowQuery } from '../measures/schemas.ts'
import type { Releases } from '../releases/releases.ts'
import { TeamsBoard } from './board-schemas.ts'
import { teamsBoard } from './board.ts'
import type { Owners } from './owners.ts'

type Parts = {
  readonly past: () => Promise<Past>
  readonly told: () => Promise<ToldFailures>
  readonly owners: () => Promise<Owners>
  readonly lineages: () => Promise<Lineages>
  readonly builds: () => Promise<Builds>
  readonly releases: () => Promise<Releases>
  readonly clock: Clock
}

/** How the value streams of teams flow, over HTTP. */
export function teamBoardRoutes({ past, told, owners, lineages, builds, releases, clock }: Parts): Hono<HttpEnv> {
  const summary = 'how the value streams of each team flow'
  return new Hono<HttpEnv>().get(
    '/teams/flow',
    describeRoute({ summary, tags: ['flow'], responses: answers(summary, TeamsBoard) }),
    requires('read'),
    valid('query', FlowQuery),
    async (c) => {
      const all = await past()
      const made = { past: all, failures: await told(), owners: await owners(), builds: await builds(), releases: await releases() }
      const known = await (await lineages()).ofAll(all.streams.keys())
      return c.json(teamsBoard({ ...made, lineages: known }, c.req.valid('query'), clock.now()))
    },
  )
}
