import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const event = (id: string) => ({
  specversion: '1.0',
  id,
  source: '/ci/elsewhere',
  type: 'dev.cdevents.change.created.0.4.0',
  subject: 'change-1',
  time: '2026-03-01T10:00:00Z',
  data: {
    context: {
      specversion: '0.5.1',
      id,
      source: '/ci/elsewhere',
      type: 'dev.cdevents.change.created.0.4.0',
      timestamp: '2026-03-01T10:00:00Z',
    },
    subject: { id: 'change-1', content: {} },
  },
})

describe('the server over HTTP', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways({
      anonymous: { name: 'anonymous', scopes: ['read'], anonymous: true },
      hosts: new Set(['127.0.0.1', 'localhost']),
    })
  })
  afterAll(() => t.close())

  const token = async (name: string, scopes: string[]) =>
    ((await t.ask('POST', '/api/tokens', { name, scopes })).body as { secret: string }).secret
  const post = (id: string, secret: string | null) =>
    t.threeways.app.request('/api/events', {
      method: 'POST',
      body: JSON.stringify(event(id)),
      headers: { 'content-type': 'application/cloudevents+json', ...(secret === null ? {} : { authorization: `Bearer ${secret}` }) },
    })

  it('lets anyone on a loopback address look, and nobody act without a token', async () => {
    expect(await t.ask('GET', '/api/streams', undefined, null)).toEqual({ status: 200, body: { streams: [] } })
    expect(await t.ask('POST', '/api/deliveries', {}, null)).toMatchObject({ status: 401, body: { code: 'TOKEN_MISSING' } })
    expect(await t.ask('POST', '/api/streams/shop/stop', { reason: 'x' }, null)).toMatchObject({ status: 401 })
  })

  it('holds a token to its scopes', async () => {
    const events = await token('ci', ['events'])
    expect((await post('1', events)).status).toBe(201)
    expect(await t.ask('POST', '/api/deliveries', {}, events)).toMatchObject({
      status: 403,
      body: { code: 'SCOPE_MISSING', detail: expect.stringContaining('"ci"') },
    })
    expect(await t.ask('POST', '/api/tokens', { name: 'more', scopes: ['admin'] }, events)).toMatchObject({ status: 403 })
    const delivers = await token('courier', ['deliver'])
    expect((await t.ask('GET', '/api/me', undefined, delivers)).body).toEqual({ name: 'courier', scopes: ['deliver'], anonymous: false })
  })

  it('forgets a revoked token at once', async () => {
    const secret = await token('leaver', ['read', 'events'])
    await t.ask('DELETE', '/api/tokens/leaver')
    expect(await t.ask('GET', '/api/streams', undefined, secret)).toMatchObject({ status: 401, body: { code: 'TOKEN_UNKNOWN' } })
    expect(await t.ask('DELETE', '/api/tokens/leaver')).toMatchObject({ status: 404 })
    expect(await t.ask('POST', '/api/tokens', { name: 'leaver', scopes: ['read'] })).toMatchObject({
      status: 409,
      body: { code: 'TOKEN_EXISTS' },
    })
  })

  it('keeps only the hash of a secret', async () => {
    const secret = await token('hashed', ['read'])
    const rows = await t.threeways.ledger.db
      .withTables<{ token: { name: string; hash: string } }>()
      .selectFrom('token')
      .selectAll()
      .execute()
    expect(JSON.stringify(rows)).not.toContain(secret)
  })

  it('does not let others speak in its own name', async () => {
    const forged = { ...event('9'), source: '/threeways/line' }
    const body = JSON.stringify({ ...forged, data: { ...forged.data, context: { ...forged.data.context, source: '/threeways/line' } } })
    const events = await token('forger', ['events'])
    const answer = await t.threeways.app.request('/api/events', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/cloudevents+json', authorization: `Bearer ${events}` },
    })
    expect(answer.status).toBe(403)
  })

  it('answers what is wrong as a problem, with its place and without echoing the input', async () => {
    const answer = await t.threeways.app.request('/api/deliveries', {
      method: 'POST',
      body: JSON.stringify({ revision: 7, secret: 'hunter2' }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${t.threeways.adminToken}` },
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const text = await answer.text()
    expect(JSON.parse(text)).toMatchObject({ code: 'REQUEST_INVALID', status: 400, faults: [{ path: '/revision' }] })
    expect(text).not.toContain('hunter2')
  })

  it('answers malformed JSON, unknown routes and bodies that are too large with problems', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${t.threeways.adminToken}` }
    expect((await t.threeways.app.request('/api/deliveries', { method: 'POST', body: '{', headers })).status).toBe(400)
    expect(await t.ask('GET', '/api/nothing')).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } })
    const large = await t.threeways.app.request('/api/events', {
      method: 'POST',
      body: `"${'x'.repeat(10 * 1024 * 1024)}"`,
      headers: { ...headers, 'content-type': 'application/cloudevents+json' },
    })
    expect(large.status).toBe(413)
    expect(large.headers.get('content-type')).toBe('application/problem+json')
  })

  it('is not to be reached under a name that is not its own', async () => {
    const answer = await t.threeways.app.request('http://evil.example/api/streams', { headers: { host: 'evil.example' } })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'HOST_UNKNOWN' })
  })

  it('counts nobody as a watcher who asks only for the head of an answer', async () => {
    for (let n = 0; n < 600; n++) expect((await t.threeways.app.request('/api/live', { method: 'HEAD' })).status).toBe(200)
    const watching = await t.threeways.app.request('/api/live')
    expect(watching.status).toBe(200)
    await watching.body!.cancel()
  })

  it('describes every route in OpenAPI 3.1, generated from what validates', async () => {
    const { body } = await t.ask('GET', '/api/openapi.json')
    const document = body as {
      openapi: string
      paths: Record<string, Record<string, { responses: object }>>
      components: { schemas: object }
    }
    expect(document.openapi).toMatch(/^3\.1/)
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/events',
        '/api/deliveries',
        '/api/streams/{stream}',
        '/api/runs/{id}',
        '/api/candidates/{digest}',
        '/api/environments',
        '/api/tokens',
        '/api/live',
      ]),
    )
    expect(document.paths['/api/deliveries']?.['post']).toMatchObject({
      requestBody: { content: { 'application/json': { schema: expect.anything() } } },
    })
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Run', 'Step', 'Problem', 'ValueStream']))
    const routes = t.threeways.app.routes.filter(({ method, path }) => path.startsWith('/api/') && method !== 'ALL' && !path.includes('*'))
    const undescribed = routes
      .map(({ path }) => path.replaceAll(/:(\w+)(\{.*\})?/g, '{$1}'))
      .filter((path) => path !== '/api/openapi.json' && document.paths[path] === undefined)
    expect([...new Set(undescribed)]).toEqual([])
  })

  it('tells a page that something changed, as it changes', async () => {
    const answer = await t.threeways.app.request('/api/live', { headers: { authorization: `Bearer ${t.threeways.adminToken}` } })
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    const heads: number[] = []
    const read = async () => {
      const { value } = await reader.read()
      for (const [, head] of (value ?? '').matchAll(/"head":(\d+)/g)) heads.push(Number(head))
    }
    await read()
    await post('live-1', t.threeways.adminToken)
    // It may also be told of what is no event.
    while (heads.at(-1) === heads[0]) await read()
    expect(heads.at(-1)).toBe(heads[0]! + 1)
    await reader.cancel()
  })
})
