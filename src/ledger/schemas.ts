import { z } from 'zod'

/** Shapes of the ledger's API: validated, in OpenAPI, and the types of its clients. */

export const Receipt = z
  .object({
    seq: z.int().meta({ description: 'place in the ledger, counted from 1 without gaps' }),
    duplicate: z.boolean().meta({ description: 'it stood there already, under this seq' }),
  })
  .meta({ id: 'Receipt' })

export const Receipts = z.object({ receipts: z.array(Receipt) }).meta({ id: 'Receipts' })

export const CloudEventShape = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string().optional(),
  time: z.string().optional(),
  data: z.looseObject({}).meta({ description: 'the CDEvent' }),
})

export const RecordedEventShape = z
  .object({ seq: z.int(), recordedAt: z.iso.datetime(), event: CloudEventShape })
  .meta({ id: 'RecordedEvent', description: 'an event, and when it arrived' })

export const RecordedEvents = z.object({ events: z.array(RecordedEventShape) }).meta({ id: 'RecordedEvents' })

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => (typeof value === 'string' ? [value] : value))

export const EventQuery = z.object({
  after: z.coerce.number().int().min(0).optional().meta({ description: 'only events with a larger seq' }),
  type: texts.optional().meta({ description: 'only these types; may be given several times' }),
  subject: z.string().optional(),
  chain: z.string().optional().meta({ description: 'only events of this delivery' }),
  order: z.enum(['oldest', 'newest']).default('oldest').meta({ description: 'which come first' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const EventKinds = z
  .object({
    kinds: z.array(
      z.object({
        type: z.string(),
        description: z.string(),
        origin: z.enum(['cdevents', 'threeways']),
        content: z.looseObject({}).meta({ description: 'JSON Schema of data.subject.content' }),
        custom: z.looseObject({}).optional().meta({ description: 'JSON Schema of data.customData in events of this server' }),
      }),
    ),
  })
  .meta({ id: 'EventKinds' })
