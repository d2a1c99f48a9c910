import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, scopes, valid, type HttpEnv } from '../kernel/http.ts'
import { Asker } from './schemas.ts'
import type { Tokens } from './tokens.ts'

const Name = z.string().regex(/^[\w@.+-]{1,64}$/, 'letters, digits and @.+-_ only, at most 64')
const Token = z.object({ name: z.string(), scopes: z.array(z.enum(scopes)), createdAt: z.string() }).meta({ id: 'Token' })

export function tokenRoutes(tokens: Tokens): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['tokens'], responses: answers(summary, response) })
  app.get('/me', route('who asks, and what the server lets them do', Asker), requires('read'), (c) => {
    const { name, scopes: granted, anonymous } = c.var.actor
    return c.json({ name, scopes: [...granted], anonymous })
  })
  app.get('/tokens', route('tokens that are not revoked', z.object({ tokens: z.array(Token) })), requires('admin'), async (c) =>
    c.json({ tokens: [...(await tokens.list())] }),
  )
  app.post(
    '/tokens',
    route('make a token; its secret is shown once', z.object({ name: z.string(), secret: z.string() })),
    requires('admin'),
    valid('json', z.object({ name: Name, scopes: z.array(z.enum(scopes)).min(1) })),
    async (c) => {
      const { name, scopes: granted } = c.req.valid('json')
      return c.json({ name, secret: await tokens.create(name, granted) }, 201)
    },
  )
  app.delete('/tokens/:name', route('revoke a token', z.object({ revoked: z.string() })), requires('admin'), async (c) => {
    await tokens.revoke(c.req.param('name'))
    return c.json({ revoked: c.req.param('name') })
  })
  return app
}
