import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { ConstraintView } from '../constraint/schemas.ts'
import type { Told, ToldDeployment } from '../history/history.port.ts'
import { eventOf } from '../history/record.ts'
import type { PredictionBoard } from './prediction/schemas.ts'
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

  it('is kept as a prediction and held against what happened, once', async () => {
    const kept = await t.ask('POST', '/api/whatif/shop', { change: 'stage staging x1', asOf: at(42 * 24 * hourMs), days: 14 })
    expect(kept).toMatchObject({
      status: 200,
      body: { stream: 'shop', hindsight: true, score: { held: expect.any(Array) }, since: at(42 * 24 * hourMs) },
    })
    await t.ask('POST', '/api/whatif/shop', { change: 'gate production open', asOf: at(42 * 24 * hourMs), days: 14 })
    await t.ask('POST', '/api/whatif/shop', { change: 'batch max 1', days: 14 })
    const board = async () => (await t.ask('GET', '/api/predictions?stream=shop')).body as PredictionBoard
    const { rows, coverage } = await board()
    expect(rows.map(({ change, score }) => [change, score?.made])).toEqual([
      ['batch max 1', undefined],
      ['stage staging x1', 'unknown'],
    ])
    expect(rows[1]!.score).toMatchObject({
      versions: 14,
      p50: 21 * hourMs,
      withinDay: 1,
      held: [{ figure: 'p50', inside: true }, {}, {}, {}],
    })
    expect(coverage.figures).toBe(4)
    expect(await t.ask('POST', '/api/predictions/score')).toMatchObject({ body: { scored: 1 } })
    expect(await t.ask('POST', '/api/predictions/score')).toMatchObject({ body: { scored: 0 } })
    expect((await board()).rows[1]).toMatchObject({ score: rows[1]!.score, scored: expect.any(String) })
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
    const impossible = await t.ask('POST', '/api/whatif/shop', { change: 'runners +2' })
    expect(impossible).toMatchObject({ status: 422, body: { code: 'PREDICTION_IMPOSSIBLE' } })
  })
})
