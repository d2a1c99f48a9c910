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
import { everyStream, overlap, parseScope, scopeText, streamOf } from './scope.ts'

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
  /** Names of the value streams that there are. */
  streams(): Promise<readonly string[]>
}

/** What executors elsewhere are told, so signed that they can obey it without asking again until it expires. */
export function postureRoutes({ line, ledger, clock, issuer, keys, streams }: PostureRoutes): Hono<HttpEnv> {
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
      const names = await streams()
      // A slip of the pen must not read as an open line.
      if (streamOf(asked) !== everyStream && names.length > 0 && !names.includes(streamOf(asked)))
        throw notFound('STREAM_NOT_FOUND', {
          message: `there is no value stream "${streamOf(asked)}"`,
          help: `there are: ${names.join(', ')}`,
        })
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
