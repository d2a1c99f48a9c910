import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkout } from '../flow/flags/testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const dark = `
flag: chat
owner: talk
purpose: release
expires: 2027-06-30
variants: {off: false, on: true}
environments: {production: {state: dark, sample: 10%}}
`

describe('flags over HTTP', () => {
  let t: TestThreeways
  const publish = (...documents: readonly string[]) =>
    t.ask('PUT', '/api/flags', { files: documents.map((document, index) => ({ document, file: `flags/${index}.yaml` })), reason: 'a test' })
  const evaluate = async (key: string, context: object) =>
    (await t.ask('POST', `/api/flag-sets/production/ofrep/v1/evaluate/flags/${key}`, { context })).body
  beforeAll(async () => {
    t = await openTestThreeways({ flagOrigins: ['https://shop.example.org'] })
  })
  afterAll(() => t.close())

  it('are published together, and once', async () => {
    expect(await publish(checkout, dark)).toMatchObject({
      status: 200,
      body: {
        flags: [
          { flag: 'checkout-v2', revision: 1, changed: true },
          { flag: 'chat', revision: 1, changed: true },
        ],
      },
    })
    expect((await publish(checkout, dark)).body).toMatchObject({
      flags: [
        { flag: 'checkout-v2', revision: 1, changed: false },
        { flag: 'chat', revision: 1, changed: false },
      ],
    })
  })

  it('are published all or none', async () => {
    const broken = dark.replace('flag: chat', 'flag: other').replace('production', 'production: {state: ramp}, staging')
    expect(await publish(dark.replace('owner: talk', 'owner: nobody'), broken)).toMatchObject({
      status: 400,
      body: { code: 'FLAG_INVALID', faults: [{ file: 'flags/1.yaml' }] },
    })
    expect((await t.ask('GET', '/api/flags/chat')).body).toMatchObject({ owner: 'talk', latest: { revision: 1 } })
  })

  it('say who gets what, by which rule and revision', async () => {
    expect(await evaluate('checkout-v2', { targetingKey: 'ada', email: 'ada@example.org' })).toEqual({
      key: 'checkout-v2',
      value: true,
      variant: 'on',
      reason: 'TARGETING_MATCH',
      metadata: expect.objectContaining({ 'tw.rule': 'staff', 'tw.rev': 1, 'tw.state': 'ramp' }),
    })
    expect(await evaluate('chat', { targetingKey: 'ada' })).toMatchObject({
      value: false,
      metadata: { 'tw.state': 'dark', 'tw.dark.sample': 1_000 },
    })
  })

  it('never move whoever is in a ramp that grows', async () => {
    const inside = async () => {
      const units = Array.from({ length: 400 }, (_, unit) => `unit-${unit}`)
      const all = await Promise.all(units.map((targetingKey) => evaluate('checkout-v2', { targetingKey })))
      return units.filter((_, index) => (all[index] as { value: boolean }).value)
    }
    const before = await inside()
    expect(before.length).toBeGreaterThan(5)
    expect(
      (await t.ask('POST', '/api/flags/checkout-v2/stand', { environment: 'production', serve: { on: '30%' }, reason: 'all is well' }))
        .body,
    ).toMatchObject({
      flag: 'checkout-v2',
      revision: 2,
      changed: true,
    })
    const after = await inside()
    expect(after).toEqual(expect.arrayContaining(before))
    expect(after.length).toBeGreaterThan(before.length)
  })

  it('are not undone by a file that does not know what somebody did meanwhile', async () => {
    // As it was published before, it has no opinion of it.
    expect(await publish(checkout)).toMatchObject({ status: 200, body: { flags: [{ changed: false, revision: 2 }] } })
    expect(await publish(checkout.replace('serve: {on: 5%}', 'serve: {on: 6%}'))).toMatchObject({
      status: 409,
      body: { code: 'FLAG_CHANGED_ELSEWHERE', detail: expect.stringContaining('all is well') },
    })
  })

  it('refuse the second of two who publish from the same revision', async () => {
    const stand = (serve: string) =>
      t.ask('POST', '/api/flags/checkout-v2/stand', { environment: 'production', serve: { on: serve }, reason: 'two at once', expected: 2 })
    const both = await Promise.all([stand('40%'), stand('45%')])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
  })

  it('refuse to dice everybody anew by mistake', async () => {
    const { body } = await t.ask('GET', '/api/flags/checkout-v2')
    const { document } = body as { document: object }
    const salted = { document: JSON.stringify({ ...document, salt: 'pepper' }), file: 'checkout.json' }
    expect(await t.ask('PUT', '/api/flags', { files: [salted], reason: 'why not', origin: 'api' })).toMatchObject({
      status: 422,
      body: { code: 'FLAG_REBUCKETED', detail: expect.stringMatching(/production: 4[05]% of the units/) },
    })
    const preview = (...files: readonly object[]) => t.ask('POST', '/api/flags/preview', { files })
    expect((await preview(salted)).body).toMatchObject({
      flags: [{ moves: expect.arrayContaining([expect.objectContaining({ how: 'diced' })]) }],
    })
    // As somebody edits it: its text is its file, and what it would be is told without being done.
    const { text } = body as { text: string }
    const same = await preview({ document: text, file: 'checkout.yaml' })
    expect(same.body).toMatchObject({
      flags: [{ moves: [], changed: { fields: [], environments: [] }, would: { flag: 'checkout-v2', document } }],
    })
    const owned = await preview({ document: text.replace('owner: shop', 'owner: till'), file: 'checkout.yaml' })
    expect(owned.body).toMatchObject({ flags: [{ moves: [], changed: { fields: ['owner'], environments: [] }, would: { owner: 'till' } }] })
    // Two that are new, of which one requires the other.
    const one = 'flag: one\nowner: a\npurpose: operations\nenvironments: {production: {state: on, serve: on}}'
    const two = `${one.replace('one', 'two')}\nrequires: [{flag: one, variant: on}]`
    const both = [two, one].map((document, index) => ({ document, file: `${index}.yaml` }))
    expect((await preview(...both)).body).toMatchObject({ flags: [{ flag: 'two', revision: 0 }, { flag: 'one' }] })
    expect(await preview(both[0]!)).toMatchObject({ status: 422, body: { code: 'FLAG_REQUIREMENT_INVALID' } })
  })

  it('are switched off for everybody by the kill switch, and on again as they were', async () => {
    const { body } = await t.ask('GET', '/api/flags/checkout-v2')
    await t.ask('POST', '/api/flags/checkout-v2/kill', { reason: 'checkout fails' })
    expect(await evaluate('checkout-v2', { targetingKey: 'ada', email: 'ada@example.org' })).toMatchObject({
      value: false,
      metadata: { 'tw.killed': true },
    })
    await t.ask('POST', '/api/flags/checkout-v2/revive', { reason: 'mended' })
    const { body: after } = await t.ask('GET', '/api/flags/checkout-v2')
    expect((after as { environments: unknown }).environments).toEqual((body as { environments: unknown }).environments)
    expect((after as { revisions: readonly { change: string; reason: string }[] }).revisions.slice(0, 2)).toMatchObject([
      { change: 'revived', reason: 'mended' },
      { change: 'killed', reason: 'checkout fails' },
    ])
  })

  it('give a safe value to whoever cannot be told apart', async () => {
    expect(await evaluate('checkout-v2', {})).toMatchObject({ value: false, variant: 'off', reason: 'UNKNOWN' })
    expect(await evaluate('checkout-v2', { targetingKey: 'ada', age: Number.NaN, ['__proto__']: { country: 'DE' } })).toMatchObject({
      reason: 'TARGETING_MATCH',
    })
  })

  it('answer as OFREP has it when asked wrongly', async () => {
    expect(await evaluate('chekout', {})).toEqual({
      key: 'chekout',
      errorCode: 'FLAG_NOT_FOUND',
      errorDetails: 'there is no flag "chekout"',
    })
    const url = '/api/flag-sets/production/ofrep/v1/evaluate/flags'
    const ask = async (body: string, to = url) => {
      const headers = { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' }
      const response = await t.threeways.app.request(to, { method: 'POST', body, headers })
      return { status: response.status, body: (await response.json()) as object }
    }
    expect(await ask('{')).toMatchObject({ status: 400, body: { errorCode: 'PARSE_ERROR' } })
    expect(await ask('[]')).toMatchObject({ status: 400, body: { errorCode: 'INVALID_CONTEXT' } })
    expect(await ask('{"context": {"targetingKey": 7}}')).toMatchObject({ status: 400, body: { errorCode: 'INVALID_CONTEXT' } })
    expect(await ask(JSON.stringify({ context: { big: 'x'.repeat(1_000_000) } }))).toMatchObject({
      status: 400,
      body: { errorCode: 'INVALID_CONTEXT' },
    })
    expect(await ask('{"context": {}}', url.replace('production', 'prodution'))).toMatchObject({
      status: 404,
      body: { errorDetails: expect.stringContaining('did you mean "production"?') },
    })
  })

  it('are told again only when something changed', async () => {
    const headers = { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' }
    const bulk = (more: Record<string, string> = {}) =>
      t.threeways.app.request('/api/flag-sets/production/ofrep/v1/evaluate/flags', {
        method: 'POST',
        body: '{"context":{"targetingKey":"ada"}}',
        headers: { ...headers, ...more },
      })
    const first = await bulk()
    const etag = first.headers.get('etag')!
    expect(await first.json()).toMatchObject({
      flags: [{ key: 'chat' }, { key: 'checkout-v2' }],
      eventStreams: [{ type: 'sse', endpoint: { requestUri: expect.stringMatching(/^\/api\/flag-sets\/production\/events\?ticket=/) } }],
    })
    expect((await bulk({ 'if-none-match': etag })).status).toBe(304)
    await t.ask('POST', '/api/flags/chat/stand', { environment: 'production', state: 'on', reason: 'rehearsed' })
    expect((await bulk({ 'if-none-match': etag })).status).toBe(200)
  })

  it('are told as they change to whoever has a ticket, until the token that it was had for is revoked', async () => {
    const { secret } = (await t.ask('POST', '/api/tokens', { name: 'shop', scopes: ['evaluate'] })).body as { secret: string }
    const bulk = await t.threeways.app.request('/api/flag-sets/production/ofrep/v1/evaluate/flags', {
      method: 'POST',
      body: '{"context":{"targetingKey":"ada"}}',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    })
    const { eventStreams } = (await bulk.json()) as { eventStreams: [{ endpoint: { requestUri: string } }] }
    const listening = async () => {
      const response = await t.threeways.app.request(eventStreams[0].endpoint.requestUri)
      await response.body?.cancel()
      return response.status
    }
    expect(await listening()).toBe(200)
    await t.ask('DELETE', '/api/tokens/shop')
    expect(await listening()).toBe(401)
  })

  it('are read by browsers from pages that were named, and from no others', async () => {
    const asked = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }
      const response = await t.threeways.app.request('/api/flag-sets/production/ofrep/v1/evaluate/flags', { method: 'OPTIONS', headers })
      return response.headers.get('access-control-allow-origin')
    }
    expect([await asked('https://shop.example.org'), await asked('https://evil.example.org')]).toEqual(['https://shop.example.org', null])
  })

  const heard = async (environment: string) => {
    const response = await t.threeways.app.request(`/api/flag-sets/${environment}/events`, {
      headers: { authorization: `Bearer ${t.threeways.adminToken}` },
    })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const next = async () =>
      JSON.parse(/^data: (.*)$/m.exec((await reader.read()).value!)![1]!) as { readonly type: string; readonly keys: readonly string[] }
    await next()
    return { next, end: () => reader.cancel() }
  }

  it('tell listeners of a change within a moment', async () => {
    const { next, end } = await heard('production')
    await t.ask('POST', '/api/flags/chat/kill', { reason: 'too much' })
    expect(await next()).toMatchObject({ type: 'refetchEvaluation', keys: ['chat'] })
    await end()
  })

  it('are served at once as they were published at once, however many', async () => {
    const many = (owner: string) =>
      Array.from({ length: 150 }, (_, index) =>
        dark.replace('flag: chat', `flag: many-${index}`).replace('production', 'warehouse').replace('owner: talk', `owner: ${owner}`),
      )
    await publish(...many('talk'))
    const { next, end } = await heard('warehouse')
    await publish(...many('store'))
    expect((await next()).keys).toHaveLength(150)
    await end()
  })

  it('go on by themselves where they have a plan, until somebody takes them into their own hands', async () => {
    const planned = dark
      .replace('flag: chat', 'flag: search')
      .replace('{state: dark, sample: 10%}', '{state: ramp, ramp: {steps: [{share: 1%, hold: 1s}, {share: 50%, hold: 1h}, {share: 100%}]}}')
    expect((await publish(planned)).status).toBe(200)
    const until = async (share: string) => {
      for (;;) {
        const { body } = await t.ask('GET', '/api/flags/search')
        const { environments, revisions } = body as {
          environments: readonly { serve: { on: string }; plan: object | null }[]
          revisions: readonly object[]
        }
        if (environments[0]!.serve.on === share) return { plan: environments[0]!.plan, latest: revisions[0] }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    expect(await until('50%')).toMatchObject({
      plan: { step: 1 },
      latest: { by: 'the plan', origin: 'ramp', reason: expect.stringContaining('step 2 of 3') },
    })
    // The file is as it was: its ramp goes on where it is.
    expect((await publish(planned)).body).toMatchObject({ flags: [{ changed: false }] })
    await t.ask('POST', '/api/flags/search/pause', { environment: 'production', reason: 'errors rise' })
    expect(await until('50%')).toMatchObject({ plan: { paused: 'errors rise', nextAt: null } })
    await t.ask('POST', '/api/flags/search/stand', { environment: 'production', serve: { on: '2%' }, reason: 'by hand' })
    expect(await until('2%')).toMatchObject({ plan: null })
  })

  it('say how often they are asked for', async () => {
    await t.ask('POST', '/api/flag-sets/production/exposures', {
      id: 'exposed-0001',
      at: Date.now(),
      exposures: [{ unit: '00ff', flag: 'chat', revision: 1, variant: 'off', at: Date.now() }],
      evaluations: [{ flag: 'chat', revision: 1, variant: 'off', count: 40 }],
    })
    expect((await t.ask('GET', '/api/flags/chat/traffic')).body).toMatchObject({
      days: [{ environment: 'production', variant: 'off', asked: 40, shown: 1 }],
    })
    expect((await t.ask('GET', '/api/stale-flags')).body).toEqual({ flags: [] })
  })

  it('tell clients how many they are, so that all together play what is asked for', async () => {
    await publish('flag: typing\nowner: talk\npurpose: operations\nenvironments: {production: {state: dark, load: 500}}')
    const headers = { authorization: `Bearer ${t.threeways.adminToken}` }
    const open = await Promise.all([1, 2, 3].map(() => t.threeways.app.request('/api/flag-sets/production/events', { headers })))
    const metadata = async () => {
      const response = await t.threeways.app.request('/api/flag-sets/production', { headers })
      return (await response.json()) as { metadata: Record<string, unknown>; flags: Record<string, { metadata: object }> }
    }
    for (;;) {
      const set = await metadata()
      if (set.metadata['tw.dark.clients'] === 3) {
        expect(set.flags['typing']!.metadata).toMatchObject({ 'tw.dark.load': 500 })
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    for (const one of open) await one.body!.cancel()
  })

  it('stand as before after the server is gone and back', async () => {
    const before = await evaluate('checkout-v2', { targetingKey: 'unit-7' })
    await t.restart()
    expect(await evaluate('checkout-v2', { targetingKey: 'unit-7' })).toEqual({
      ...(before as object),
      metadata: expect.objectContaining({ 'tw.rule': 'ramp' }),
    })
  })
})
