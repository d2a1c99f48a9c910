import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type Ask, type HttpEnv } from '../../../kernel/http.ts'
import type { Flags } from '../flags.ts'
import { Publishing, Standing } from '../schemas.ts'
import { wishOf } from '../views.ts'
import type { Proposal, Proposals } from './proposals.ts'

const reason = z.string().trim().min(1, 'say why').max(2_000)
const Proposing = z.union([
  z.object({ set: Publishing.omit({ reason: true, origin: true, expected: true }), reason }),
  z.object({ flag: z.string().min(1), stand: Standing.omit({ reason: true }), reason }),
])

const ProposalView = z
  .object({
    proposal: z.string(),
    at: z.iso.datetime(),
    by: z.string(),
    reason: z.string(),
    flags: z.array(z.string()).meta({ description: 'names of flags, or of files' }),
    change: z.unknown(),
    agreed: z.array(z.object({ by: z.string(), at: z.iso.datetime(), reason: z.string() })),
    closed: z.object({ at: z.iso.datetime(), published: z.boolean(), by: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'FlagProposal' })
const Agreed = z.object({ published: z.boolean().meta({ description: 'false: others have to agree too' }), proposal: ProposalView })

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
    async (c) => c.json({ proposals: (await proposals.waiting()).map(view) }),
  )
  app.get('/flag-proposals/:proposal', route('one proposed change of flags', ProposalView), requires('read'), async (c) =>
    c.json(view(await proposals.one(c.req.param('proposal')))),
  )
  app.post(
    '/flag-proposals',
    route('propose a change of flags', ProposalView, 201),
    requires('operate'),
    valid('json', Proposing),
    async (c) => {
      const asked = c.req.valid('json')
      if ('set' in asked) {
        const { files, over, rebucket, unready } = asked.set
        await flags.preview(files)
        return c.json(view(await proposals.propose({ kind: 'set', files, over, rebucket, unready }, by(c), asked.reason)), 201)
      }
      const { flag, stand } = asked
      const { revision, flag: standing } = await flags.one(flag)
      const wish = wishOf(stand, standing)
      flags.tryStand(standing, wish)
      const change = {
        kind: 'stand' as const,
        flag,
        wish,
        expected: stand.expected ?? revision,
        rebucket: stand.rebucket,
        unready: stand.unready,
      }
      return c.json(view(await proposals.propose(change, by(c), asked.reason)), 201)
    },
  )
  app.post(
    '/flag-proposals/:proposal/agree',
    route('agree to a change of flags; it is published when enough did', Agreed),
    requires('operate'),
    valid('json', z.object({ reason: z.string().trim().max(2_000).default('') })),
    async (c) => {
      const published = await proposals.agree(c.req.param('proposal'), by(c), c.req.valid('json').reason)
      if (published !== undefined) await refresh()
      return c.json({ published: published !== undefined, proposal: view(await proposals.one(c.req.param('proposal'))) })
    },
  )
  app.post(
    '/flag-proposals/:proposal/turn-down',
    route('turn a change of flags down', ProposalView),
    requires('operate'),
    valid('json', z.object({ reason })),
    async (c) => c.json(view(await proposals.turnDown(c.req.param('proposal'), by(c), c.req.valid('json').reason))),
  )
  return app
}

function view({ change, agreed, ...proposal }: Proposal) {
  const named = change.kind === 'set' ? change.files.map(({ file }) => file) : [change.flag]
  return { ...proposal, flags: named, change: change as unknown as Readonly<Record<string, never>>, agreed: [...agreed] }
}
