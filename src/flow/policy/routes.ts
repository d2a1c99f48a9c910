import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Policies } from './policies.ts'

const documentMax = 256 * 1024

const PolicyVersion = z
  .object({
    version: z.int().meta({ description: 'counts from 1; 0: nobody has set one, the default holds' }),
    document: z.string().meta({ description: 'YAML, as it was set' }),
    by: z.string().nullable(),
    reason: z.string().nullable(),
    setAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'PolicyVersion' })
const Setting = z.object({
  document: z.string().max(documentMax).meta({ description: 'YAML, see docs/policy.md' }),
  file: z.string().min(1).max(400).default('policy.yaml').meta({ description: 'its name, for the faults' }),
  reason: z.string().trim().min(1, 'say why').max(2000),
})

/** The server's policy over HTTP. Its text names addresses of people: to see it takes a token of its own right. */
export function policyRoutes(policies: Policies, changed: () => void): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['policy'], responses: answers(summary, response) })
  app.get(
    '/policy',
    route("the server's policy, or one of its versions", PolicyVersion),
    requires('operate'),
    valid('query', z.object({ version: z.coerce.number().int().min(1).optional() })),
    async (c) => {
      const { version } = c.req.valid('query')
      return c.json(view(await (version === undefined ? policies.current() : policies.version(version))))
    },
  )
  app.get(
    '/policy/versions',
    route('every version there was, newest first', z.object({ versions: z.array(PolicyVersion.omit({ document: true })) })),
    requires('operate'),
    async (c) => {
      const versions = await policies.versions()
      return c.json({ versions: versions.map(({ version, by, reason, setAt }) => ({ version, by, reason, setAt })) })
    },
  )
  app.put('/policy', route('change the policy', PolicyVersion), requires('admin'), valid('json', Setting), async (c) => {
    const { document, file, reason } = c.req.valid('json')
    const set = await policies.set(document, file, c.var.actor.name, reason)
    changed()
    return c.json(view(set))
  })
  return app
}

const view = ({ version, document, by, reason, setAt }: Awaited<ReturnType<Policies['current']>>) => ({
  version,
  document,
  by,
  reason,
  setAt,
})
