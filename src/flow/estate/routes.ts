import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { answers, requires, type HttpEnv } from '../../kernel/http.ts'
import { sharedLook } from '../../kernel/shared-look.ts'
import { makeEstate, type EstateViewing } from './estate.ts'
import { Estate } from './schemas.ts'

/** Every value stream at a glance. Those who ask together share the look and its text. */
export function estateRoutes(viewing: EstateViewing): Hono<HttpEnv> {
  const look = makeEstate(viewing)
  const estate = sharedLook(async () => JSON.stringify({ streams: await look() }))
  const summary = 'every value stream in one row'
  return new Hono<HttpEnv>().get(
    '/estate',
    describeRoute({ summary, tags: ['flow'], responses: answers(summary, Estate) }),
    requires('read'),
    async (c) => c.body(await estate(), 200, { 'content-type': 'application/json' }),
  )
}
