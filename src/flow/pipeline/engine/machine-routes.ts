import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { Clock } from '../../../kernel/clock.ts'
import { answers, requires, type HttpEnv } from '../../../kernel/http.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { forgetMachine, listMachines } from './machines.ts'
import { MachineView } from '../schemas.ts'

/** Servers and workers of this database. */
export function machineRoutes(ledger: Pick<Ledger, 'db'>, clock: Clock): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['machines'], responses: answers(summary, response) })
  app.get('/machines', route('servers and workers', z.object({ machines: z.array(MachineView) })), requires('read'), async (c) => {
    const machines = (await listMachines(ledger)).map(
      ({ home, name, role, labels, capacity, busy, alive, forgotten, seenAt, url }): MachineView => ({
        id: home,
        name,
        role,
        labels,
        capacity,
        busy,
        state: alive ? 'at work' : forgotten ? 'forgotten' : 'away',
        seenAt: seenAt.toISOString(),
        url,
      }),
    )
    return c.json({ machines })
  })
  app.post(
    '/machines/:name/forget',
    route('a machine never comes back: its environments are made anew elsewhere', z.object({ forgotten: z.string() })),
    requires('operate'),
    async (c) => {
      await forgetMachine(ledger, c.req.param('name'), clock.instant())
      return c.json({ forgotten: c.req.param('name') })
    },
  )
  return app
}
