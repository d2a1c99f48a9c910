import type { AddressInfo } from 'node:net'
import { serve, type ServerType } from '@hono/node-server'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature } from '@openfeature/server-sdk'
import { OpenFeature as WebOpenFeature, ProviderEvents as WebEvents, type Provider } from '@openfeature/web-sdk'
import { FlagdCore } from '@openfeature/flagd-core'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkout } from '../flow/flags/testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const banner = `
flag: banner
owner: shop
purpose: operations
variants: {none: {text: "", lines: 0}, sale: {text: Sale, lines: 2}}
control: none
environments: {production: {state: on, serve: sale}}
`
const limit = `
flag: limit
owner: shop
purpose: operations
variants: {low: 10, high: 99.5}
control: low
environments: {production: {state: ramp, rules: [{id: paying, when: {plan: paid}, serve: high}], serve: {high: 50%}}}
`

describe('an OpenFeature SDK, as it comes', () => {
  let t: TestThreeways
  let server: ServerType
  let baseUrl: string
  let token: string
  beforeAll(async () => {
    t = await openTestThreeways()
    const files = [checkout, banner, limit].map((document, index) => ({ document, file: `${index}.yaml` }))
    await t.ask('PUT', '/api/flags', { files, reason: 'a test' })
    const made = await t.ask('POST', '/api/tokens', { name: 'shop-app', scopes: ['evaluate'] })
    token = (made.body as { secret: string }).secret
    server = serve({ fetch: t.threeways.app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/flag-sets/production`
    Object.assign(globalThis, { EventSource })
  })
  afterAll(async () => {
    await OpenFeature.close()
    await WebOpenFeature.close()
    server.close()
    await t.close()
  })

  it('asks from a server, flag by flag, with a token that is good for nothing else', async () => {
    await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers: [['Authorization', `Bearer ${token}`]] }))
    const client = OpenFeature.getClient()
    const ada = { targetingKey: 'ada', email: 'ada@example.org', plan: 'paid' }
    expect(await client.getBooleanDetails('checkout-v2', false, ada)).toMatchObject({
      value: true,
      variant: 'on',
      flagMetadata: { 'tw.rule': 'staff' },
    })
    expect(await client.getNumberValue('limit', 0, ada)).toBe(99.5)
    expect(await client.getObjectValue('banner', {}, ada)).toEqual({ text: 'Sale', lines: 2 })
    expect(await client.getBooleanDetails('no-such-flag', true, ada)).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' })
    expect(await client.getBooleanDetails('limit', true, ada)).toMatchObject({ value: true, errorCode: 'TYPE_MISMATCH' })
    expect(await t.ask('GET', '/api/flags', undefined, token)).toMatchObject({ status: 403 })
  })

  it('asks from a browser once, and hears of a change by itself', async () => {
    await WebOpenFeature.setContext({ targetingKey: 'ada', email: 'ada@example.org' })
    const provider = new OFREPWebProvider({ baseUrl, headers: [['Authorization', `Bearer ${token}`]], pollInterval: 0 })
    // Its types leave out what ours forbid to be left out.
    await WebOpenFeature.setProviderAndWait(provider as Provider)
    const client = WebOpenFeature.getClient()
    expect(client.getBooleanValue('checkout-v2', false)).toBe(true)
    const changed = new Promise<void>((resolve) => client.addHandler(WebEvents.ConfigurationChanged, () => resolve()))
    await t.ask('POST', '/api/flags/checkout-v2/kill', { reason: 'orders fail' })
    await changed
    expect(client.getBooleanValue('checkout-v2', true)).toBe(false)
  })

  it('gets from another evaluator of flagd JSON what it gets from ours', async () => {
    const flags = await (await fetch(baseUrl, { headers: { authorization: `Bearer ${token}` } })).text()
    const other = new FlagdCore()
    other.setConfigurations(flags)
    for (let unit = 0; unit < 300; unit++) {
      const context = { targetingKey: `unit-${unit}`, country: unit % 2 === 0 ? 'DE' : 'FR', age: unit % 40 }
      const response = await fetch(`${baseUrl}/ofrep/v1/evaluate/flags/limit`, {
        method: 'POST',
        body: JSON.stringify({ context }),
        headers: { authorization: `Bearer ${token}` },
      })
      const ours = (await response.json()) as { value: number; variant: string }
      const theirs = other.resolveNumberEvaluation('limit', 0, context, console)
      expect([ours.value, ours.variant]).toEqual([theirs.value, theirs.variant])
    }
  })
})
