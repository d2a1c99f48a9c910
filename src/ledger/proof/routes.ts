import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z, type ZodType } from 'zod'
import { answers, requires, valid, type HttpEnv } from '../../kernel/http.ts'
import type { Log } from './log.ts'

const Envelope = z
  .object({
    payloadType: z.string(),
    payload: z.string(),
    signatures: z.array(z.object({ keyid: z.string().optional(), sig: z.string() })),
  })
  .meta({ id: 'Envelope', description: 'DSSE 1.0.0' })
const Key = z
  .object({
    keyid: z.string().meta({ description: 'SHA-256 of the SubjectPublicKeyInfo, in hex' }),
    publicKey: z.string().meta({ description: 'SubjectPublicKeyInfo, base64 of its DER' }),
    vkey: z.string().meta({ description: 'as auditors write it down, c2sp.org/signed-note' }),
    madeAt: z.iso.datetime(),
    handover: Envelope.optional().meta({ description: 'signed by the key before it' }),
    signs: z.boolean().meta({ description: 'it signs checkpoints; else only what its server makes' }),
  })
  .meta({ id: 'LedgerKey' })
const Keys = z.object({ keys: z.array(Key) }).meta({ id: 'LedgerKeys' })
const Checkpoint = z
  .object({
    size: z.int().meta({ description: 'it covers so many events' }),
    root: z.string(),
    note: z.string().meta({ description: 'the signed note, c2sp.org/tlog-checkpoint' }),
    madeAt: z.iso.datetime(),
  })
  .meta({ id: 'Checkpoint' })
const Checkpoints = z.object({ checkpoints: z.array(Checkpoint) }).meta({ id: 'Checkpoints' })
const Inclusion = z
  .object({
    threeways: z.literal('inclusion proof'),
    recorded: z.looseObject({}),
    path: z.array(z.string()).meta({ description: 'RFC 9162, 2.1.3, base64' }),
    checkpoint: z.string(),
    keys: z.array(Key),
  })
  .meta({ id: 'InclusionProof' })
const Consistency = z
  .object({
    older: z.string(),
    newer: z.string(),
    path: z.array(z.string()).meta({ description: 'RFC 9162, 2.1.4, base64' }),
    keys: z.array(Key),
  })
  .meta({ id: 'ConsistencyProof' })

/** What proves the ledger. @param rotate - makes a new key, on record */
export function proofRoutes(log: Log, rotate: (by: string, reason: string) => Promise<void>): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: ZodType) => describeRoute({ summary, tags: ['ledger'], responses: answers(summary, response) })

  app.get(
    '/ledger/checkpoints',
    route('the latest signed checkpoints, oldest first', Checkpoints),
    requires('read'),
    valid('query', z.object({ limit: z.coerce.number().int().min(1).max(1000).default(20) })),
    async (c) => c.json({ checkpoints: [...(await log.checkpoints(c.req.valid('query').limit))] }),
  )
  app.post('/ledger/checkpoints', route('sign what the ledger holds now', Checkpoint), requires('operate'), async (c) =>
    c.json(await log.checkpoint()),
  )
  app.get(
    '/ledger/inclusion',
    route('proof that one event is in the ledger', Inclusion),
    requires('read'),
    valid('query', z.object({ event: z.string().min(1).max(1000).meta({ description: 'its id or its number' }) })),
    async (c) => c.json(await log.prove(c.req.valid('query').event)),
  )
  app.get(
    '/ledger/consistency',
    route('proof that the events of one checkpoint are the beginning of those of another', Consistency),
    requires('read'),
    valid('query', z.object({ older: z.coerce.number().int().min(0), newer: z.coerce.number().int().min(0) })),
    async (c) => c.json(await log.consistency(c.req.valid('query').older, c.req.valid('query').newer)),
  )
  app.get('/ledger/keys', route('every key that ever signed', Keys), requires('read'), async (c) =>
    c.json({ keys: [...(await log.keys())] }),
  )
  app.post(
    '/ledger/keys/rotate',
    route('have a new key sign from now on', Keys),
    requires('admin'),
    valid('json', z.object({ reason: z.string().trim().min(1, 'say why').max(2000) })),
    async (c) => {
      await rotate(c.var.actor.name, c.req.valid('json').reason)
      return c.json({ keys: [...(await log.keys())] })
    },
  )
  return app
}
