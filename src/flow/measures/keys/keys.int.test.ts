import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../../server/testing.ts'
import type { Told } from '../../history/history.port.ts'
import { eventOf } from '../../history/record.ts'
import type { Failures, KeysBoard, StreamKeysDetail } from './schemas.ts'

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString() as Told['at']
const place = { stream: 'shop', environment: 'production' } as const
const deployed = (hour: number, version: string): Told => ({ ...place, kind: 'deployment', id: version, at: at(hour), version })
const incident = (phase: 'detected' | 'resolved', hour: number): Told => ({
  ...place,
  kind: 'incident',
  phase,
  id: phase,
  at: at(hour),
  incident: 'INC/1',
})

describe('the five keys over HTTP', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())
  const tell = async (told: readonly Told[]) => {
    const { app, adminToken } = t.threeways
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/cloudevents-batch+json' }
    const answer = await app.request('/api/events', {
      method: 'POST',
      headers,
      body: JSON.stringify(told.map((one) => eventOf(one, '/ci'))),
    })
    expect(answer.ok).toBe(true)
  }
  const keys = async () => (await t.ask('GET', '/api/keys/shop?rows=true')).body as StreamKeysDetail
  const said = (incident: string, body: object) => t.ask('POST', `/api/incidents/${encodeURIComponent(incident)}/attribution`, body)

  it('weigh what an incident came of, until a person says it', async () => {
    expect((await t.ask('GET', '/api/keys/shop')).body).toMatchObject({ code: 'STREAM_NOT_FOUND' })
    // That it was over is told before all else.
    await tell([incident('resolved', 40), deployed(1, 'v1'), deployed(30, 'v2')])
    expect(await keys()).toMatchObject({ known: [], failRate: null, recovery: null, rework: null, frequency: { deployments: 2 } })
    await tell([incident('detected', 31)])
    const weighed = await keys()
    expect(weighed).toMatchObject({
      known: ['incident'],
      failRate: { of: 2 },
      recovery: { count: 1, ended: 1, p50: { value: 9 * 3_600_000 } },
    })
    expect(weighed.rows).toMatchObject([{ version: 'v1' }, { version: 'v2', failures: ['INC/1'] }])
    const [failure] = ((await t.ask('GET', '/api/failures')).body as Failures).failures
    expect(failure).toMatchObject({ kind: 'incident', id: 'INC/1', causes: [{ version: 'v2' }, { version: 'v1' }] })

    const mended = (await t.ask('GET', '/api/flow/shop/recovery')).body
    expect(mended).toMatchObject({ failures: 1, ways: { other: 1 }, rows: [{ id: 'INC/1', detectMs: 3_600_000, recoverMs: null }] })
    const table = await t.threeways.app.request('/api/flow/shop/recovery?format=csv', {
      headers: { authorization: `Bearer ${t.threeways.adminToken}` },
    })
    expect(await table.text()).toMatch(/^kind,id,.*\r\nincident,INC\/1,/)
    expect((await t.ask('GET', '/api/recovery')).body).toMatchObject({ rows: [{ stream: 'shop', failures: 1, recover: null }] })
    expect((await t.ask('GET', '/api/flow/nix/recovery')).body).toMatchObject({ code: 'STREAM_NOT_FOUND' })

    expect(await said('INC/1', { deployment: 'v1', reason: 'the graphs' })).toMatchObject({
      status: 200,
      body: { version: 'v1', deployment: '/ci#v1' },
    })
    expect(await keys()).toMatchObject({ failRate: { expected: 1 }, rows: [{ version: 'v1', failed: 1 }, { failed: 0 }] })
    await said('INC/1', { deployment: 'none', reason: 'the network' })
    expect(await keys()).toMatchObject({ failRate: { expected: 0, share: 0 }, recovery: null })
    const board = (await t.ask('GET', '/api/keys')).body as KeysBoard
    expect(board).toMatchObject({ known: ['incident'], estate: { frequency: { deployments: 2 } }, streams: [{ stream: 'shop' }] })
  })

  it.each([
    ['an incident that nobody told of', 'INC-9', { deployment: 'v1', reason: 'x' }, 404, 'INCIDENT_NOT_FOUND'],
    ['a version that nobody deployed', 'INC/1', { deployment: 'v9', reason: 'x' }, 404, 'DEPLOYMENT_NOT_FOUND'],
    ['no reason', 'INC/1', { deployment: 'v1', reason: ' ' }, 400, undefined],
  ])('refuse %s', async (_, name, body, status, code) => {
    expect(await said(name, body)).toMatchObject({ status, body: code === undefined ? {} : { code } })
  })

  it('refuse a deployment that came after the incident', async () => {
    await tell([deployed(50, 'v3')])
    expect(await said('INC/1', { deployment: 'v3', reason: 'x' })).toMatchObject({ status: 400, body: { code: 'DEPLOYMENT_LATER' } })
  })
})
