import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { ThreewaysError, tooLarge } from '../../../kernel/errors.ts'
import { answers, bodyAtMost, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { differencesOf } from '../../dark/read.ts'
import { readiness } from '../../dark/of-flag.ts'
import type { Flags } from '../flags.ts'
import { settingIn } from '../policy.ts'
import { FlagDay, Readiness, StaleFlag } from '../schemas.ts'
import type { FlagSets } from '../serving/sets.ts'
import { lastAsked, trafficOf } from './read.ts'
import { recordReport } from './record.ts'
import { Report } from './report.ts'
import { staleBecause } from './stale.ts'

const reportBytesMax = 512 * 1024

type Parts = { readonly ledger: Ledger; readonly flags: Flags; readonly sets: FlagSets; readonly clock: Clock }

/** What applications tell of flags, and what it says. */
export function trafficRoutes({ ledger, flags, sets, clock }: Parts): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType, status = 200) =>
    describeRoute({ summary, tags: ['flags'], responses: answers(summary, response, status) })
  const limit = bodyAtMost(reportBytesMax, () => {
    throw tooLarge('BODY_TOO_LARGE', { message: `a report is at most ${reportBytesMax} bytes`, help: 'tell more often, or in parts' })
  })
  app.post(
    '/flag-sets/:environment/exposures',
    route(
      'take in what an application tells: who was shown what, what they did, what rehearsals came to',
      z.object({ taken: z.boolean() }),
      202,
    ),
    requires('evaluate'),
    limit,
    valid('json', Report),
    async (c) => {
      const { environment } = await sets.of(c.req.param('environment'))
      try {
        await recordReport(ledger, clock, environment, c.req.valid('json'))
      } catch (error) {
        // Told again, and moved to another time because its clock is wrong: it is on record.
        if (!(error instanceof ThreewaysError) || error.code !== 'EVENT_ID_REUSED') throw error
      }
      return c.json({ taken: true }, 202)
    },
  )
  app.get(
    '/flags/:flag/traffic',
    route('how often a flag was asked for and shown, by day', z.object({ days: z.array(FlagDay) })),
    requires('read'),
    async (c) => {
      const { flag } = await flags.one(c.req.param('flag'))
      return c.json({ days: await trafficOf(ledger, flag.flag) })
    },
  )
  app.get(
    '/flags/:flag/readiness',
    route('whether rehearsals show that a flag may leave the dark', Readiness),
    requires('read'),
    valid('query', z.object({ environment: z.string().min(1).default('production') })),
    async (c) => {
      const { environment } = c.req.valid('query')
      const { flag } = await flags.one(c.req.param('flag'))
      const { ready } = settingIn(flag, environment)
      const { since, why, seen, demands, verdict } = await readiness(ledger, flag, environment, ready ?? undefined)
      const { against, ...said } = verdict
      return c.json({
        flag: flag.flag,
        environment,
        since,
        why,
        ...said,
        against: [...against],
        demands,
        rehearsals: seen.compared + seen.failed,
        timeouts: seen.timeouts,
        dropped: seen.dropped,
        differences: await differencesOf(ledger, { kind: 'flag', environment, of: flag.flag }, since),
      })
    },
  )
  app.get(
    '/stale-flags',
    route('flags that should go, or be looked at', z.object({ flags: z.array(StaleFlag) })),
    requires('read'),
    async (c) => {
      const { toldSince, byFlag } = await lastAsked(ledger)
      const all = [...(await flags.standing()).values()].map(({ flag, at }) => {
        const seen = { lastAsked: byFlag.get(flag.flag) ?? null, toldSince }
        return {
          flag: flag.flag,
          owner: flag.owner,
          because: [...staleBecause(flag, at, seen, clock.now())],
          lastAsked: seen.lastAsked,
          changed: at,
        }
      })
      return c.json({ flags: all.filter(({ because }) => because.length > 0) })
    },
  )
  return app
}
