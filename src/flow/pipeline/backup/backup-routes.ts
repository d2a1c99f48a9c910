import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../../kernel/http.ts'
import type { EnvironmentId } from '../../environment/provider.port.ts'
import { backupsOf, restore } from './backups.ts'
import type { Workshop } from '../execution.ts'
import { BackupView, RestoredView } from './backup-schemas.ts'

/** Backups of the databases of environments. */
export function backupRoutes(shop: Workshop, idOf: (name: string) => Promise<EnvironmentId>): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const Named = z.object({ name: z.string().meta({ description: 'stream/name, or its name where that is unique' }) })
  const route = (summary: string, response: z.ZodType) =>
    describeRoute({ summary, tags: ['environments'], responses: answers(summary, response) })

  app.get(
    '/environments/backups',
    route('backups of the databases of an environment, newest first', z.object({ backups: z.array(BackupView) })),
    requires('read'),
    valid('query', Named),
    async (c) => c.json({ backups: [...(await backupsOf(shop, await idOf(c.req.valid('query').name)))] }),
  )
  app.post(
    '/environments/restore',
    route('bring a database back to what it was; what it is now becomes a backup', RestoredView),
    requires('operate'),
    valid('query', Named),
    valid('json', z.object({ backup: z.string().meta({ description: 'id of the backup' }) })),
    async (c) => {
      const id = await idOf(c.req.valid('query').name)
      return c.json(await restore(shop, id, c.req.valid('json').backup, c.var.actor.name))
    },
  )
  return app
}
