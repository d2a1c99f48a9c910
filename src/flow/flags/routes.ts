import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { Json } from '../../kernel/digest.ts'
import { answers, requires, valid, type Ask, type HttpEnv } from '../../kernel/http.ts'
import type { Flags } from './flags.ts'
import type { Published as Made } from './publish.ts'
import { Asking, FlagDetail, FlagView, Killing, Previewed, Pausing, Previewing, Published, Publishing, Standing, Why } from './schemas.ts'
import type { FlagRevision } from './revisions.ts'
import type { Served } from './serving/served.ts'
import { flagDetail, flagView, previewView, publishedView, wishOf } from './views.ts'
import { apartWords, whyWords } from './why.ts'

type Parts = {
  readonly flags: Flags
  readonly served: Served
  /** Every flag as it is served: for whom one is beside others, nobody reads all of them from the store. */
  readonly kept: () => Promise<readonly FlagRevision[]>
  /** Resolves when what was published is served: whoever publishes may ask for it at once. */
  readonly refresh: () => Promise<void>
}

/** Flags over HTTP, for those who decide who gets what. */
export function flagRoutes({ flags, served, kept, refresh }: Parts): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) => describeRoute({ summary, tags: ['flags'], responses: answers(summary, response) })
  const by = (c: Ask) => c.var.actor.name
  const publishing = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work
    await refresh()
    return done
  }

  const told = async (made: readonly Made[]) => {
    const notes = await flags.notes(made)
    return made.map((one, index) => publishedView(one, notes[index]!))
  }
  const toldOf = async (made: Made) => (await told([made]))[0]!

  app.get('/flags', route('every flag, by name', z.object({ flags: z.array(FlagView) })), requires('read'), async (c) =>
    c.json({ flags: [...(await flags.standing()).values()].map(flagView) }),
  )
  app.put(
    '/flags',
    route('publish flags, all or none', z.object({ flags: z.array(Published) })),
    requires('operate'),
    valid('json', Publishing),
    async (c) => {
      const { files, ...how } = c.req.valid('json')
      return c.json({ flags: await told(await publishing(flags.set(files, { ...how, by: by(c) }))) })
    },
  )
  app.post(
    '/flags/preview',
    route('what publishing flags would do, without doing it', z.object({ flags: z.array(Previewed) })),
    requires('read'),
    valid('json', Previewing),
    async (c) => {
      const previews = await flags.preview(c.req.valid('json').files)
      return c.json({ flags: previews.map(previewView) })
    },
  )
  app.get('/flags/:flag', route('one flag and every revision of it', FlagDetail), requires('read'), async (c) =>
    c.json(flagDetail(await flags.life(c.req.param('flag')), new Map((await kept()).map((one) => [one.flag.flag, one])))),
  )
  app.post(
    '/flags/:flag/stand',
    route('change how a flag stands in one environment', Published),
    requires('operate'),
    valid('json', Standing),
    async (c) => {
      const asked = c.req.valid('json')
      const { reason, expected, rebucket, unready } = asked
      const name = c.req.param('flag')
      const wish = wishOf(asked, (await flags.one(name)).flag)
      return c.json(await toldOf(await publishing(flags.stand(name, wish, { reason, expected, rebucket, unready, by: by(c) }))))
    },
  )
  app.post(
    '/flags/:flag/kill',
    route('give everybody control, at once', Published),
    requires('operate'),
    valid('json', Killing),
    async (c) => {
      const { environment, reason } = c.req.valid('json')
      return c.json(await toldOf(await publishing(flags.kill(c.req.param('flag'), environment, true, { by: by(c), reason }))))
    },
  )
  app.post('/flags/:flag/revive', route('take the kill switch back', Published), requires('operate'), valid('json', Killing), async (c) => {
    const { environment, reason } = c.req.valid('json')
    return c.json(await toldOf(await publishing(flags.kill(c.req.param('flag'), environment, false, { by: by(c), reason }))))
  })
  app.post(
    '/flags/:flag/pause',
    route('let the plan of a ramp wait', Published),
    requires('operate'),
    valid('json', Pausing),
    async (c) => {
      const { environment, reason } = c.req.valid('json')
      return c.json(await toldOf(await publishing(flags.pause(c.req.param('flag'), environment, reason, { by: by(c), reason }))))
    },
  )
  app.post(
    '/flags/:flag/resume',
    route('let the plan of a ramp go on', Published),
    requires('operate'),
    valid('json', Pausing),
    async (c) => {
      const { environment, reason } = c.req.valid('json')
      return c.json(await toldOf(await publishing(flags.pause(c.req.param('flag'), environment, null, { by: by(c), reason }))))
    },
  )
  app.post(
    '/flag-sets/:environment/why',
    route('what a unit gets of every flag, and why', z.object({ flags: z.array(Why) })),
    requires('read'),
    valid('json', Asking),
    async (c) => {
      const environment = c.req.param('environment')
      const { evaluator } = await served.of(environment)
      const { context } = c.req.valid('json')
      const all = evaluator.evaluateAll(context)
      const standing = new Map((await kept()).map((one) => [one.flag.flag, one]))
      return c.json({
        flags: all.map(({ key, value, variant, reason, rule, revision, metadata, errorMessage }) => ({
          flag: key,
          value: (value ?? null) as Json,
          variant: variant ?? null,
          reason,
          rule,
          revision: revision ?? null,
          state: metadata['tw.killed'] === true ? 'killed' : typeof metadata['tw.state'] === 'string' ? metadata['tw.state'] : null,
          error: errorMessage ?? null,
          apart: apartWords(rule, environment, standing) ?? null,
          words: whyWords(standing.get(key)?.flag, environment, { variant, rule, unit: context }, standing) ?? null,
        })),
      })
    },
  )
  return app
}
