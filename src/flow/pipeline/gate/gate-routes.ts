import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import { approve, bypass, lift, reject } from './approvals.ts'
import { letIn } from '../step/canary-continue.ts'
import { passLine } from './emergency.ts'
import { passables } from './gate-answer.ts'
import type { Engine } from '../engine/engine.ts'
import type { Workshop } from '../execution.ts'
import type { Hold } from '../../deployment/projection.ts'
import { gateReport } from './gate-report.ts'
import { openHolds } from './holds.ts'
import { makeInbox } from './inbox.ts'
import { ApprovalView, GateView, HoldView, RunView } from '../schemas.ts'
import { toInstant } from '../stage-view.ts'
import { viewRun, type Viewing } from '../views.ts'

export const Reason = z.object({ reason: z.string().max(2000).default('').meta({ description: 'why; kept on the ledger' }) })

const passable = z.enum(passables)

const OfStream = z.object({ stream: z.string().optional().meta({ description: 'only of this value stream' }) })

/** What people do at the gates. Whether they may is the server's policy to say, beside their token's scope. */
export function gateRoutes({
  shop,
  engine,
  viewing,
}: {
  readonly shop: Workshop
  readonly engine: Engine
  readonly viewing: Viewing
}): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) => describeRoute({ summary, tags: ['gates'], responses: answers(summary, response) })
  const at = '/runs/:id/stages/:stage'
  const looked = async (id: string) => {
    engine.look(id)
    return viewRun(viewing, id)
  }
  const inbox = makeInbox(shop)
  const acts = { approve, reject, promote: letIn }
  const summaries = {
    approve: 'approve this very candidate for a stage',
    reject: 'refuse to let a candidate into a stage; its run ends',
    promote: 'let a waiting candidate into a stage: lift what holds it, and approve it; let a canary go on that waits',
  }
  for (const name of ['approve', 'reject', 'promote'] as const) {
    app.post(`${at}/${name}`, route(summaries[name], RunView), requires('operate'), valid('json', Reason), async (c) => {
      const { id, stage } = c.req.param() as { id: string; stage: string }
      await acts[name](shop, id, stage, { by: c.var.actor.name, reason: c.req.valid('json').reason })
      return c.json(await looked(id))
    })
  }
  app.post(
    `${at}/bypass`,
    route(
      'let a candidate pass before its soak time is over, before copies of requests have shown enough, or outside the change windows',
      RunView,
    ),
    requires('operate'),
    valid('json', Reason.extend({ gate: passable.optional().meta({ description: 'only this one; else whichever of them is closed' }) })),
    async (c) => {
      const { id, stage } = c.req.param() as { id: string; stage: string }
      const { gate, reason } = c.req.valid('json')
      await bypass(shop, id, stage, gate, { by: c.var.actor.name, reason })
      return c.json(await looked(id))
    },
  )
  app.get(
    '/approvals',
    route('everything that waits for a person, longest first', z.object({ approvals: z.array(ApprovalView) })),
    requires('read'),
    valid('query', OfStream),
    async (c) => c.json({ approvals: [...(await inbox.read(c.var.actor, c.req.valid('query').stream))] }),
  )
  app.get(
    '/holds',
    route('candidates that are kept out of a stage, oldest first', z.object({ holds: z.array(HoldView) })),
    requires('read'),
    valid('query', OfStream),
    async (c) => {
      const { stream: only } = c.req.valid('query')
      const holds = (await openHolds(shop.ledger)).filter(({ stream }) => only === undefined || stream === only)
      return c.json({ holds: holds.map(viewHold) })
    },
  )
  app.get(
    '/gates',
    route('what each gate costs in waiting, and what it has caught', z.object({ gates: z.array(GateView) })),
    requires('read'),
    valid('query', OfStream.extend({ since: z.iso.datetime().optional().meta({ description: 'only waits that began from then on' }) })),
    async (c) => c.json({ gates: [...(await gateReport(shop.ledger, shop.clock.now(), c.req.valid('query')))] }),
  )
  app.post(
    `${at}/emergency`,
    route('let one candidate past the open stops of the line; marked on the run', RunView),
    requires('emergency'),
    valid('json', Reason),
    async (c) => {
      const { id, stage } = c.req.param() as { id: string; stage: string }
      await passLine(shop, id, stage, { by: c.var.actor.name, reason: c.req.valid('json').reason })
      return c.json(await looked(id))
    },
  )
  app.post(
    '/streams/:stream/holds/lift',
    route('say why a held candidate may enter again', z.object({ lifted: z.string() })),
    requires('operate'),
    valid(
      'json',
      Reason.extend({
        stage: z.string(),
        candidate: z.string().min(6).max(80).meta({ description: 'digest or commit, or its first digits' }),
      }),
    ),
    async (c) => {
      const { stage, candidate, reason } = c.req.valid('json')
      await lift(shop, c.req.param('stream'), stage, candidate, { by: c.var.actor.name, reason })
      engine.look()
      return c.json({ lifted: candidate })
    },
  )
  return app
}

const viewHold = ({ stream, stage, candidate, commit, reason, since, run }: Hold): HoldView => ({
  stream,
  stage,
  candidate,
  commit: commit ?? '',
  reason: reason ?? '',
  since: toInstant(since),
  run: run ?? '',
})
