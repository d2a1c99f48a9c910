import { readdir, readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { serve, type ServerType } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { play } from '../examples/release/traffic.ts'
import { openTestThreeways, type TestThreeways } from '../src/server/testing.ts'

const folder = path.resolve(import.meta.dirname, '../examples/release')

describe('the release that is played', () => {
  let t: TestThreeways
  let server: ServerType
  let url: string
  beforeAll(async () => {
    t = await openTestThreeways()
    server = serve({ fetch: t.threeways.app.fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const names = await readdir(path.join(folder, 'flags'))
    const files = await Promise.all(
      names.map(async (file) => ({ file, document: await readFile(path.join(folder, 'flags', file), 'utf8') })),
    )
    expect((await t.ask('PUT', '/api/flags', { files, reason: 'to be seen' })).status).toBe(200)
    expect(
      (await t.ask('POST', '/api/experiments', { plan: parse(await readFile(path.join(folder, 'experiment.yaml'), 'utf8')) as unknown }))
        .status,
    ).toBe(201)
    expect((await t.ask('POST', '/api/experiments/one-page/start')).status).toBe(200)
  })
  afterAll(async () => {
    server.close()
    await t.close()
  })

  it('is counted as it was played, and tells what it showed', async () => {
    let state = 3
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    const seen = await play({ url, users: 600, perSecond: 500, harm: false, random, token: t.threeways.adminToken })
    expect(Object.values(seen).reduce((sum, users) => sum + users, 0)).toBe(600)
    expect((await t.ask('GET', '/api/experiments/one-page')).body).toMatchObject({
      units: 600,
      arms: [
        { arm: 'three-pages', units: seen['three-pages'] },
        { arm: 'one-page', units: seen['one-page'] },
      ],
      split: { verdict: 'right' },
    })
    const { body } = await t.ask('GET', '/api/flags/chat/readiness')
    expect(body).toMatchObject({ ready: 'not yet', differing: { share: 0 } })
    expect((body as { rehearsals: number }).rehearsals).toBeGreaterThan(100)
    expect((await t.ask('GET', '/api/flags/search/traffic')).body).toMatchObject({ days: [{ variant: 'off' }, { variant: 'on' }] })
  })
})
