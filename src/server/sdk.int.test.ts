import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type Client } from '../../sdk/src/client/client.ts'
import { fileStore } from '../../sdk/src/node/file-store.ts'
import { checkout } from '../flow/flags/testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const search = `
flag: search-v2
owner: shop
purpose: release
expires: 2027-03-31
environments: {production: {state: dark}}
`
const ada = { targetingKey: 'ada', email: 'ada@example.org' }

/** Until the flags say so; a real server and real time. */
function until(client: Client, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (holds()) return resolve()
    const end = client.on(() => {
      if (!holds()) return
      end()
      resolve()
    })
  })
}

describe('an application with our SDK', () => {
  let t: TestThreeways
  let server: Server
  let port: number
  let folder: string
  let token: string
  const listen = (at: number): Promise<void> =>
    new Promise((resolve) => {
      server = createServer(getRequestListener(t.threeways.app.fetch)).listen(at, '127.0.0.1', resolve)
    })
  const clientOf = (reports = false): Client =>
    createClient({
      url: `http://127.0.0.1:${port}/api/flag-sets/production`,
      token,
      store: fileStore(path.join(folder, 'flags.json')),
      ...(reports ? {} : { reports: false }),
      pollMs: 200,
    })

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'threeways sdk '))
    t = await openTestThreeways()
    await t.ask('PUT', '/api/flags', {
      files: [checkout, search].map((document, index) => ({ document, file: `${index}.yaml` })),
      reason: 'a test',
    })
    const made = await t.ask('POST', '/api/tokens', { name: 'shop-app', scopes: ['evaluate'] })
    token = (made.body as { secret: string }).secret
    await listen(0)
    port = (server.address() as AddressInfo).port
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await t.close()
    await rm(folder, { recursive: true })
  })

  it('has what is published, hears of a kill by itself, and goes on while the server is gone', async () => {
    const client = clientOf()
    expect(await client.ready()).toBe(true)
    expect(client.evaluate('checkout-v2', ada, false)).toMatchObject({ value: true, rule: 'staff', revision: 1 })

    await t.ask('POST', '/api/flags/checkout-v2/kill', { reason: 'orders fail' })
    await until(client, () => client.evaluate('checkout-v2', ada, true).value === false)

    await expect.poll(() => readFile(path.join(folder, 'flags.json'), 'utf8')).toContain(String.raw`\"tw.killed\":true`)

    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    const started = clientOf()
    expect(await started.ready()).toBe(true)
    for (const one of [client, started]) expect(one.evaluate('checkout-v2', ada, true).value).toBe(false)

    await t.ask('POST', '/api/flags/checkout-v2/revive', { reason: 'mended' })
    await listen(port)
    await Promise.all([client, started].map((one) => until(one, () => one.evaluate('checkout-v2', ada, false).value === true)))
    await Promise.all([client.close(), started.close()])
  })

  it('tells who was shown what, what they did, and what rehearsals came to', async () => {
    const client = clientOf(true)
    await client.ready()
    // It may begin with what the test before has left in the file, in which the flag was killed.
    await until(client, () => client.peek('checkout-v2', ada, false).value === true)
    client.evaluate('checkout-v2', ada, false)
    client.track('paid', ada, 12.5)
    client.dark('search-v2', ada, { control: () => ({ hits: [1, 2] }), candidate: () => ({ hits: [1] }) })
    await new Promise((resolve) => setTimeout(resolve, 10))
    await client.close()
    expect(await t.ask('GET', '/api/flags/checkout-v2/traffic')).toMatchObject({
      body: { days: [{ environment: 'production', variant: 'on', asked: 1, shown: 1 }] },
    })
    expect(await t.ask('GET', '/api/flags/search-v2/readiness')).toMatchObject({
      body: { rehearsals: 1, differences: [{ difference: 'hits: shorter list' }] },
    })
  })
})
