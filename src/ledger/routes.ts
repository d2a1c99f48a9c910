import { Hono } from 'hono'
import { describeRoute, resolver } from 'hono-openapi'
import type { ZodType } from 'zod'
import { forbidden, notFound } from '../kernel/errors.ts'
import { answers, requires, valid, type Ask, type HttpEnv } from '../kernel/http.ts'
import { prepareBatch } from './batch.ts'
import { isOurs, type Catalogue } from './catalogue.ts'
import { bodyBytesMax, receive } from './cloudevents-http.ts'
import { EventKinds, EventQuery, Receipt, Receipts, RecordedEvents, RecordedEventShape } from './schemas.ts'
import type { Prepared } from './store/append.ts'
import type { KeptEvent, LedgerStore } from './store/store.ts'

/** What a request may record, and of what kinds. */
type Desk = { readonly ledger: LedgerStore; readonly open: ReadonlySet<string> }

/**
 * The ledger over HTTP. A batch is recorded whole or, with one fault in it, not at all: what was sent again after a repair
 * is then what was sent the first time.
 * @param open - own kinds that others may record as well: what they say is a fact of theirs, and nothing is decided by it
 */
export function ledgerRoutes(ledger: LedgerStore, catalogue: Catalogue, open: ReadonlySet<string> = new Set()): Hono<HttpEnv> {
  const desk: Desk = { ledger, open }
  const app = new Hono<HttpEnv>()
  const route = (summary: string, response: ZodType) => describeRoute({ summary, tags: ['ledger'], responses: answers(summary, response) })

  app.post('/events', recording, requires('events'), async (c) => {
    const received = await receive(c.req.raw)
    if (received.mode === 'batch') {
      const receipts = await ledger.submit(await prepareBatch(received.events, (value) => prepareOne(c, desk, value)))
      return c.json({ receipts: [...receipts] }, receipts.every(({ duplicate }) => duplicate) ? 200 : 201)
    }
    const [receipt] = await ledger.submit([prepareOne(c, desk, received.event)])
    return c.json(receipt!, receipt!.duplicate ? 200 : 201)
  })

  app.get('/events', route('events in the order they arrived', RecordedEvents), requires('read'), valid('query', EventQuery), async (c) => {
    const { after, type, subject, chain, order, limit } = c.req.valid('query')
    const kept = await ledger.readKept({
      newestFirst: order === 'newest',
      limit,
      ...(after === undefined ? {} : { after }),
      ...(type === undefined ? {} : { types: type }),
      ...(subject === undefined ? {} : { subject }),
      ...(chain === undefined ? {} : { chainId: chain }),
    })
    return json(c, `{"events":[${kept.map(textOf).join(',')}]}`)
  })

  app.get('/events/:seq{[0-9]{1,15}}', route('one event', RecordedEventShape), requires('read'), async (c) => {
    const seq = Number(c.req.param('seq'))
    const [kept] = await ledger.readKept({ after: seq - 1, limit: 1 })
    if (kept?.seq !== seq) {
      throw notFound('EVENT_NOT_FOUND', { message: `there is no event ${seq}`, help: `the latest is ${await ledger.head()}` })
    }
    return json(c, textOf(kept))
  })

  app.get('/event-kinds', route('the kinds of event and their schemas', EventKinds), requires('read'), (c) =>
    c.json({ kinds: catalogue.entries }),
  )
  return app
}

const cloudEvent = { schema: { type: 'object', description: 'a CloudEvent 1.0 that carries a CDEvent' } } as const
const recording = describeRoute({
  summary: 'record events',
  description: `CloudEvents over HTTP: structured, binary (attributes in ce- headers, the CDEvent as body) or batch. (source, id) names an event: sending it again is safe. A batch is recorded whole or not at all. At most ${bodyBytesMax.single} bytes, a batch ${bodyBytesMax.batch}.`,
  tags: ['ledger'],
  requestBody: {
    required: true,
    content: {
      'application/cloudevents+json': cloudEvent,
      'application/cloudevents-batch+json': { schema: { type: 'array', items: cloudEvent.schema } },
      'application/json': { schema: { type: 'object', description: 'the CDEvent of a binary-mode CloudEvent' } },
    },
  },
  responses: {
    ...answers('recorded; for a batch one receipt per event, in its order', Receipt.or(Receipts), 201),
    200: { description: 'all of it stood there already', content: { 'application/json': { schema: resolver(Receipt.or(Receipts)) } } },
  },
})

/** The events' own text goes out as it is kept. */
const textOf = ({ seq, recordedAt, body }: KeptEvent): string => `{"seq":${seq},"recordedAt":"${recordedAt}","event":${body}}`
const json = (c: Ask, text: string) => c.body(text, 200, { 'content-type': 'application/json' })

/** What the server says of itself cannot be said by others: deciding events would be forged by it. */
function prepareOne(c: Ask, { ledger, open }: Desk, value: unknown): Prepared {
  const prepared = ledger.prepareOne(value)
  const { type, source } = prepared.event
  const isReserved = isOurs(source) || (type.startsWith('dev.cdeventsx.threeways-') && !open.has(type))
  if (isReserved && !c.var.actor.scopes.includes('admin')) {
    throw forbidden('EVENT_RESERVED', {
      message: `only the server itself records events from "/threeways" or of the tool "threeways", this one is "${type}" from "${source}"`,
      help: 'name your own tool as source; a copy of a ledger is brought in with `threeways ledger import`',
      faults: [{ path: isOurs(source) ? '/source' : '/type', message: 'is reserved for the server' }],
    })
  }
  return prepared
}
