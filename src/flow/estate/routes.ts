import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import { sharedLook } from '../../kernel/shared-look.ts'
import { makeEstate, type EstateViewing } from './estate.ts'
import { makeRevisions, type Changes } from './revisions.ts'
import { Estate, EstateSummary } from './schemas.ts'
import { makeSummary } from './summary.ts'

/** Characters. What is shorter goes faster as it is. */
const compressedFrom = 16_384
const compress = promisify(gzip)

const Since = z.object({
  since: z.string().max(80).optional().meta({ description: 'version of an earlier answer: only what changed since is told' }),
})

/** Every value stream at a glance, and in a few numbers. Those who ask together share the look. */
export function estateRoutes(viewing: EstateViewing, newId: () => string): Hono<HttpEnv> {
  const look = makeEstate(viewing)
  const revisions = makeRevisions(newId())
  const estate = sharedLook(async () => revisions.see(await look()))
  const summary = sharedLook(makeSummary(viewing))
  const route = (told: string, schema: z.ZodType) => describeRoute({ summary: told, tags: ['flow'], responses: answers(told, schema) })
  return new Hono<HttpEnv>()
    .get('/estate', route('every value stream in one row', Estate), requires('read'), valid('query', Since), async (c) => {
      await estate()
      const changes = revisions.since(c.req.valid('query').since)
      const tag = `"${changes.version}"`
      const headers = { etag: tag, 'cache-control': 'no-cache' }
      // The tag names the rows that there are: for whoever has them, whatever they asked for.
      if (c.req.header('if-none-match') === tag) return c.body(null, 304, headers)
      const text = textOf(changes)
      const json = { ...headers, 'content-type': 'application/json', vary: 'accept-encoding' }
      if (text.length < compressedFrom || !/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return c.body(text, 200, json)
      return c.body(new Uint8Array(await compress(text, { level: 1 })), 200, { ...json, 'content-encoding': 'gzip' })
    })
    .get(
      '/estate/summary',
      route('how many value streams there are, stopped, moving, waiting', EstateSummary),
      requires('read'),
      async (c) => c.json(await summary()),
    )
}

/** As {@link Estate} has it. Put together from rows that are text already: they are written once, not for each who asks. */
function textOf({ version, whole, rows, gone }: Changes): string {
  return `{"version":${JSON.stringify(version)},"whole":${whole},"gone":${JSON.stringify(gone)},"streams":[${rows.join(',')}]}`
}
