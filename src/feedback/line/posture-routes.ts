import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { instantOf, type Clock } from '../../kernel/clock.ts'
import { notFound } from '../../kernel/errors.ts'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import { seal } from '../../kernel/signing/dsse.ts'
import type { KeyRing } from '../../kernel/signing/key-ring.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { viewStop } from './board.ts'
import type { Line } from './line.ts'
import { scopeOf } from './policy.ts'
import { postureType, ttlSeconds } from './posture.ts'
import { LineKeys, SignedPosture, type Posture } from './schemas.ts'
import { misnamed, overlap, parseScope, scopeText, type Places } from './scope.ts'

const Ttl = z.object({
  ttl: z.coerce
    .number()
    .int()
    .min(ttlSeconds.least)
    .max(ttlSeconds.most)
    .default(ttlSeconds.usual)
    .meta({ description: 'seconds it is good for' }),
})

export type PostureRoutes = {
  readonly line: Line
  readonly ledger: Pick<Ledger, 'head'>
  readonly clock: Clock
  readonly issuer: string
  keys(): KeyRing
  /** What there is to be asked for. */
  places(): Promise<readonly Places[]>
}

/** What executors elsewhere are told, so signed that they can obey it without asking again until it expires. */
export function postureRoutes({ line, ledger, clock, issuer, keys, places }: PostureRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['feedback'], responses: answers(summary, response) })

  app.get('/line/keys', route('the keys that sign postures', LineKeys), async (c) => {
    const ring = keys()
    return c.json({
      issuer,
      payloadType: postureType,
      keys: ring.keys.map(({ keyid, publicKey, madeAt }) => ({ keyid, publicKey, madeAt })),
    })
  })

  app.get(
    '/line/:scope{.+}',
    route('whether what a scope covers may move, signed', SignedPosture),
    requires('read'),
    valid('query', Ttl),
    async (c) => {
      const asked = parseScope(c.req.param('scope'))
      // A slip of the pen must not read as an open line.
      const wrong = misnamed(asked, await places())
      if (wrong !== undefined) throw notFound(...wrong)
      // Before the stops are read: what is stopped meanwhile is newer than this posture says it is.
      const [now, head] = [clock.now(), await ledger.head()]
      const open = (await line.everyOpenStop()).filter((stop) => overlap(scopeOf(stop), asked, () => undefined))
      const posture: Posture = {
        version: 1,
        issuer,
        scope: scopeText(asked),
        state: open.length > 0 ? 'stopped' : 'open',
        stops: open.map(viewStop).map(({ id, scope, reason, since, cause, owner }) => ({ id, scope, reason, since, cause, owner })),
        head,
        issuedAt: instantOf(now),
        expiresAt: instantOf(now + c.req.valid('query').ttl * 1000),
      }
      return c.json({ ...seal(postureType, JSON.stringify(posture), keys().signer) } as z.infer<typeof SignedPosture>)
    },
  )
  return app
}
