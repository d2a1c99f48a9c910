import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import { secretNamePattern } from '../definition/schema/secrets.ts'
import { Name } from '../definition/schema/values.ts'
import type { Secrets } from './secrets.ts'
import type { SecretRow } from './tables.ts'

export const SecretView = z
  .object({
    stream: z.string(),
    name: z.string(),
    environment: z.string().nullable().meta({ description: 'null: for all environments that have no value of their own' }),
    version: z.int(),
    fingerprint: z.string().meta({ description: 'equal for equal values; the value cannot be tried against it without the key' }),
    setBy: z.string(),
    setAt: z.iso.datetime(),
  })
  .meta({ id: 'Secret' })
export type SecretView = z.infer<typeof SecretView>

const Key = z.object({
  stream: Name,
  name: z.string().regex(secretNamePattern, 'should be letters, digits and "._-", begin with a letter and have at most 64 characters'),
  environment: Name.optional(),
})
const Setting = Key.extend({
  value: z.string().max(200_000),
  encoding: z.enum(['utf-8', 'base64']).default('utf-8').meta({ description: 'how `value` is written here' }),
})

/** Values go in; nothing here tells one. */
export function secretRoutes(secrets: Secrets): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['secrets'], responses: answers(summary, response) })
  app.get(
    '/secrets',
    route('secrets that have a value, without it', z.object({ secrets: z.array(SecretView) })),
    requires('operate'),
    valid('query', z.object({ stream: z.string().optional() })),
    async (c) => c.json({ secrets: (await secrets.list(c.req.valid('query').stream)).map(view) }),
  )
  app.put('/secrets', route('give a secret a value', SecretView), requires('operate'), valid('json', Setting), async (c) => {
    const { stream, name, environment = '', value, encoding } = c.req.valid('json')
    const set = await secrets.set({ stream, name, environment }, Buffer.from(value, encoding), c.var.actor.name)
    return c.json(view(set))
  })
  app.delete(
    '/secrets',
    route('remove the value of a secret', z.object({ removed: z.string() })),
    requires('operate'),
    valid('query', Key),
    async (c) => {
      const { stream, name, environment = '' } = c.req.valid('query')
      await secrets.remove({ stream, name, environment }, c.var.actor.name)
      return c.json({ removed: name })
    },
  )
  app.post(
    '/secrets/rotate-key',
    route('seal every value with a new key', z.object({ secrets: z.int() })),
    requires('admin'),
    valid('json', z.object({ reason: z.string().trim().min(1, 'say why').max(2000) })),
    async (c) => c.json({ secrets: await secrets.rotateKey(c.var.actor.name, c.req.valid('json').reason) }),
  )
  return app
}

function view({ stream, name, environment, version, fingerprint, setBy, setAt }: SecretRow): SecretView {
  return { stream, name, environment: environment || null, version, fingerprint, setBy, setAt: setAt as SecretView['setAt'] }
}
