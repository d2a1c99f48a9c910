import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ThreewaysError } from '../kernel/errors.ts'
import type { HttpEnv, Scope } from '../kernel/http.ts'
import { carried, samples } from './cdevents/samples.ts'
import { ledgerRoutes } from './routes.ts'
import { cake, kitchen } from './store/kitchen.fixture.ts'
import { openTestLedger, type TestLedger } from './testing.ts'

let test: TestLedger
let scopes: readonly Scope[] = []
let app: Hono<HttpEnv>
beforeAll(async () => {
  test = await openTestLedger(kitchen)
  app = new Hono<HttpEnv>()
  app.onError((error, c) => {
    if (!(error instanceof ThreewaysError)) throw error
    const { code, message, faults, status } = error
    return c.json({ code, message, faults }, status as 400)
  })
  app.use('*', async (c, next) => {
    c.set('actor', { name: 'test', scopes, anonymous: false })
    await next()
  })
  app.route('/', ledgerRoutes(test.ledger, test.catalogue))
})
afterAll(() => test.close())

type Answer = { readonly status: number; readonly body: Record<string, unknown> }

async function post(
  contentType: string,
  body: unknown,
  headers: Record<string, string> = {},
  as: readonly Scope[] = ['events'],
): Promise<Answer> {
  scopes = as
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await app.request('/events', { method: 'POST', body: text, headers: { 'content-type': contentType, ...headers } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const structured = (event: unknown) => post('application/cloudevents+json; charset=utf-8', event)
const batch = (events: unknown) => post('application/cloudevents-batch+json', events)

async function get(path: string): Promise<Answer> {
  scopes = ['read']
  const response = await app.request(path)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

let n = 0
/** A new event from elsewhere. */
const merged = (id = `merged-${++n}`) => {
  const [sample] = samples
  return carried({ ...sample!, context: { ...sample!.context, id } })
}

describe('POST /events', () => {
  it('records a structured event, and says when it stood there already', async () => {
    const event = merged()
    const first = await structured(event)
    expect(first).toMatchObject({ status: 201, body: { duplicate: false } })
    expect(await structured(event)).toEqual({ status: 200, body: { ...first.body, duplicate: true } })
    expect((await get(`/events/${String(first.body['seq'])}`)).body['event']).toEqual(event)
  })

  it('records a binary event, its headers decoded', async () => {
    const { data, specversion, id: _, source, type, subject, time } = merged()
    const id = 'naïve €'
    const headers = {
      'ce-specversion': specversion,
      'ce-id': 'na%C3%AFve%20%E2%82%AC',
      'ce-source': source,
      'ce-type': type,
      'ce-subject': `"${subject}"`,
      'ce-time': time!,
      'ce-traceparent': '00-abc-01',
    }
    const { status, body } = await post('application/json', { ...data, context: { ...data.context, id } }, headers)
    expect(status).toBe(201)
    const { event } = (await get(`/events/${String(body['seq'])}`)).body as { event: Record<string, unknown> }
    expect(event).toMatchObject({ id, subject, traceparent: '00-abc-01', datacontenttype: 'application/json' })
    expect(await post('application/json', data, { ...headers, 'ce-id': 'bad %FF' })).toMatchObject({
      status: 400,
      body: { code: 'EVENT_INVALID' },
    })
  })

  it('records a batch whole', async () => {
    const known = merged()
    await structured(known)
    const head = await test.ledger.head()
    expect(await batch([merged(), known, merged()])).toEqual({
      status: 201,
      body: {
        receipts: [
          { seq: head + 1, duplicate: false },
          { seq: head, duplicate: true },
          { seq: head + 2, duplicate: false },
        ],
      },
    })
    expect(await batch([known])).toEqual({ status: 200, body: { receipts: [{ seq: head, duplicate: true }] } })
    expect(await batch([])).toEqual({ status: 200, body: { receipts: [] } })
  })

  it('records nothing of a batch with a bad event, and names every fault by its index', async () => {
    const head = await test.ledger.head()
    const known = merged()
    const answer = await batch([known, { ...merged(), type: 'unknown' }, 7, { ...merged(), id: 'other' }])
    expect(answer).toMatchObject({ status: 400, body: { code: 'EVENT_INVALID' } })
    expect((answer.body['faults'] as { path: string }[]).map(({ path }) => path)).toEqual(['/1/type', '/2', '/3/data/context/id'])
    expect(await test.ledger.head()).toBe(head)
    await structured(known)
    const contradicting = { ...known, data: { ...known.data, customData: { another: true } } }
    expect(await batch([merged(), contradicting])).toMatchObject({
      status: 409,
      body: { code: 'EVENT_ID_REUSED', faults: [{ path: '/1/id' }] },
    })
    expect(await test.ledger.head()).toBe(head + 1)
  })

  it('refuses what only the server itself may say, unless its administrator says it', async () => {
    const forged = cake({ id: 'forged', source: '/elsewhere' })
    expect(await structured(forged)).toMatchObject({ status: 403, body: { code: 'EVENT_RESERVED', faults: [{ path: '/type' }] } })
    const posing = carried({ ...samples[0]!, context: { ...samples[0]!.context, source: '/threeways/engine' } })
    expect(await structured(posing)).toMatchObject({ status: 403, body: { faults: [{ path: '/source' }] } })
    expect(await post('application/cloudevents+json', forged, {}, ['events', 'admin'])).toMatchObject({ status: 201 })
  })

  it.each([
    ['a body that is no JSON', 'application/cloudevents+json', '{"secret": oops', 400, 'BODY_INVALID'],
    ['a batch that is no list', 'application/cloudevents-batch+json', '{}', 400, 'BODY_INVALID'],
    ['a form it does not know', 'application/cloudevents+avro', 'x', 400, 'EVENT_MODE_UNKNOWN'],
    ['JSON without attributes', 'application/json', '{}', 400, 'EVENT_MODE_UNKNOWN'],
    ['ten megabytes', 'application/cloudevents+json', `"${'x'.repeat(10 * 1024 * 1024)}"`, 413, 'BODY_TOO_LARGE'],
    ['nine megabytes of batch', 'application/cloudevents-batch+json', `["${'x'.repeat(9 * 1024 * 1024)}"]`, 413, 'BODY_TOO_LARGE'],
    [
      'an event over its limit',
      'application/cloudevents+json',
      JSON.stringify({ ...merged('large'), note: 'x'.repeat(300_000) }),
      400,
      'EVENT_INVALID',
    ],
  ])('refuses %s without repeating it', async (_, contentType, body, status, code) => {
    const answer = await post(contentType, body)
    expect(answer).toMatchObject({ status, body: { code } })
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|x{100}/)
  })

  it('needs the scope for it', async () => {
    expect(await post('application/cloudevents+json', merged(), {}, ['read'])).toMatchObject({
      status: 403,
      body: { code: 'SCOPE_MISSING' },
    })
  })
})

describe('GET /events', () => {
  it('filters and pages', async () => {
    const before = await test.ledger.head()
    await batch([
      merged('page-1'),
      carried({ ...samples[1]!, context: { ...samples[1]!.context, id: 'page-2', chainId: 'page' } }),
      merged('page-3'),
    ])
    const ids = async (query: string) =>
      ((await get(`/events?after=${before}&${query}`)).body['events'] as { event: { id: string } }[]).map(({ event }) => event.id)
    expect(await ids('')).toEqual(['page-1', 'page-2', 'page-3'])
    expect(await ids('order=newest&limit=2')).toEqual(['page-3', 'page-2'])
    expect(await ids(`type=${samples[1]!.context.type}`)).toEqual(['page-2'])
    expect(await ids(`type=${samples[1]!.context.type}&type=${samples[0]!.context.type}`)).toHaveLength(3)
    expect(await ids('chain=page')).toEqual(['page-2'])
    expect(await ids(`subject=${encodeURIComponent(samples[1]!.subject.id)}`)).toEqual(['page-2'])
    expect(await get('/events?limit=5000')).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID', faults: [{ path: '/limit' }] } })
    expect(await get('/events/999999')).toMatchObject({ status: 404, body: { code: 'EVENT_NOT_FOUND' } })
  })

  it('lists the kinds of event', async () => {
    const { body } = await get('/event-kinds')
    expect(body['kinds']).toHaveLength(47)
  })
})
