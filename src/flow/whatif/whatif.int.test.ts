import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { ConstraintView } from '../constraint/schemas.ts'
import type { Told, ToldDeployment } from '../history/history.port.ts'
import { eventOf } from '../history/record.ts'
import type { WhatIfView } from './schemas.ts'

const hourMs = 3_600_000
const at = (ms: number) => new Date(Date.UTC(2025, 0, 6) + ms).toISOString() as Told['at']
const days = 70

/** A version a day; a day at test, and production at once. */
const told: readonly Told[] = Array.from({ length: days }, (_, day) => {
  const deployment = (environment: string, ms: number): ToldDeployment => ({
    kind: 'deployment',
    id: `${environment} ${day}`,
    at: at(day * 24 * hourMs + ms),
    stream: 'shop',
    environment,
    version: `v${day}`,
  })
  return [deployment('test', 0), deployment('staging', 20 * hourMs), deployment('production', 21 * hourMs)]
}).flat()

describe('what holds a stream up, and what would help', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    const headers = { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const body = JSON.stringify(told.map((one) => eventOf(one, '/imports/shop')))
    expect((await t.threeways.app.request('/api/events', { method: 'POST', headers, body })).ok).toBe(true)
  })
  afterAll(() => t.close())

  it('is told over HTTP, as a table too', async () => {
    const view = (await t.ask('GET', '/api/constraint/shop?days=28')).body as ConstraintView
    expect(view).toMatchObject({ constraint: { from: 'test', to: 'staging', cause: 'stage' }, little: { holds: true } })
    const board = (await t.ask('GET', '/api/constraint')).body as { rows: ConstraintView[] }
    expect(board.rows).toMatchObject([{ stream: 'shop', constraint: { from: 'test' } }])
    const { app, adminToken } = t.threeways
    const csv = await app.request('/api/constraint/shop?format=csv', { headers: { authorization: `Bearer ${adminToken}` } })
    expect((await csv.text()).split('\r\n')).toHaveLength(4)
  })

  it('is simulated over HTTP', async () => {
    const faster = (await t.ask('GET', `/api/whatif/shop?change=${encodeURIComponent('stage staging x0.5')}`)).body as WhatIfView
    expect(faster.base!.p50.value! / hourMs).toBeCloseTo(21, 1)
    expect(faster.changed!.p50.value! / hourMs).toBeCloseTo(11, 1)
    const { rows } = (await t.ask('GET', '/api/whatif/shop/sweep')).body as { rows: WhatIfView[] }
    expect(rows.map(({ change }) => change)).toContain('stage production x0.5')
  })

  it('is refused where nothing is known, or the change is none', async () => {
    expect(await t.ask('GET', '/api/constraint/cart')).toMatchObject({ status: 404, body: { code: 'STREAM_NOT_FOUND' } })
    expect(await t.ask('GET', '/api/whatif/cart?change=wip%203')).toMatchObject({ status: 404, body: { code: 'STREAM_NOT_FOUND' } })
    expect(await t.ask('GET', '/api/whatif/shop?change=faster')).toMatchObject({ status: 400, body: { code: 'CHANGE_INVALID' } })
    expect(await t.ask('GET', '/api/whatif/shop?change=gate%20moon%20open')).toMatchObject({
      status: 400,
      body: { code: 'ENVIRONMENT_NOT_FOUND' },
    })
    expect((await t.ask('GET', '/api/whatif/shop')).status).toBe(400)
  })
})
