import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type Ask, type HttpEnv } from '../../../kernel/http.ts'
import type { Flags } from '../flags.ts'
import { previewView, wishOf } from '../views.ts'
import type { Proposal, Proposals } from './proposals.ts'
import { Agreed, Agreeing, Proposing, ProposalView, TurningDown } from './schemas.ts'

/** Changes of flags that others have to agree to, over HTTP. */
export function proposalRoutes(proposals: Proposals, flags: Flags, refresh: () => Promise<void>): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType, status = 200) =>
    describeRoute({ summary, tags: ['flags'], responses: answers(summary, response, status) })
  const by = (c: Ask) => c.var.actor.name

  app.get(
    '/flag-proposals',
    route('changes of flags that wait for somebody to agree', z.object({ proposals: z.array(ProposalView) })),
    requires('read'),
    async (c) => c.json({ proposals: await Promise.all((await proposals.waiting()).map(view)) }),
  )
  app.get('/flag-proposals/:proposal', route('one proposed change of flags', ProposalView), requires('read'), async (c) =>
    c.json(await view(await proposals.one(c.req.param('proposal')))),
  )
  app.post(
    '/flag-proposals',
    route('propose a change of flags', ProposalView, 201),
    requires('operate'),
    valid('json', Proposing),
    async (c) => {
      const asked = c.req.valid('json')
      if ('set' in asked) return c.json(await view(await proposals.propose({ kind: 'set', ...asked.set }, by(c), asked.reason)), 201)
      const { flag, stand } = asked
      const { revision, flag: standing } = await flags.one(flag)
      const wish = wishOf(stand, standing)
      const change = {
        kind: 'stand' as const,
        flag,
        wish,
        expected: stand.expected ?? revision,
        rebucket: stand.rebucket,
        unready: stand.unready,
      }
      return c.json(await view(await proposals.propose(change, by(c), asked.reason)), 201)
    },
  )
  app.post(
    '/flag-proposals/:proposal/agree',
    route('agree to a change of flags; it is published when enough did', Agreed),
    requires('operate'),
    valid('json', Agreeing),
    async (c) => {
      const published = await proposals.agree(c.req.param('proposal'), by(c), c.req.valid('json').reason)
      if (published !== undefined) await refresh()
      return c.json({ published: published !== undefined, proposal: await view(await proposals.one(c.req.param('proposal'))) })
    },
  )
  app.post(
    '/flag-proposals/:proposal/turn-down',
    route('turn a change of flags down', ProposalView),
    requires('operate'),
    valid('json', TurningDown),
    async (c) => c.json(await view(await proposals.turnDown(c.req.param('proposal'), by(c), c.req.valid('json').reason))),
  )
  return app

  async function view(one: Proposal) {
    const { change, agreed, ...proposal } = one
    const named = change.kind === 'set' ? (change.flags ?? change.files.map(({ file }) => file)) : [change.flag]
    const { previews, outdated } = one.closed === null ? await proposals.would(one) : { previews: [], outdated: null }
    return {
      ...proposal,
      flags: [...named],
      change: change as unknown as Readonly<Record<string, never>>,
      agreed: [...agreed],
      would: previews.map(previewView),
      outdated,
    }
  }
}
