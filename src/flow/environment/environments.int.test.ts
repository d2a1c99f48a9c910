import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import { allOnRecord, onRecord } from './on-record.ts'

const definition = JSON.stringify({
  name: 'shop',
  services: { web: { 'x-run': { command: ['sh', '-c', 'exec sleep "$$FOR"'] }, environment: { FOR: '600' } } },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['app'] },
    environments: { defaults: { parity: ['FOR'] }, test: {}, production: {}, broken: { environment: { web: { FOR: 'ever' } } } },
    pipeline: { stages: [{ name: 'dev' }] },
  },
})

describe('an environment of one’s own', () => {
  let t: TestThreeways
  let candidate: string
  beforeEach(async () => {
    t = await openTestThreeways()
    await t.author.write({ 'threeways.yaml': definition, app: 'the app' })
    await t.author.commit('One')
    candidate = (await t.ended((await t.deliver()).id)).candidate!
  })
  afterEach(() => t.close())

  async function asked(wanted: { settings: string; name?: string; ttlMs?: number }): Promise<string> {
    const response = await t.threeways.app.request('/api/environments', {
      method: 'POST',
      headers: { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ candidate, name: 'mine', ...wanted }),
    })
    return response.text()
  }
  const up = async (settings: string, ttlMs?: number) =>
    expect(await asked({ settings, ...(ttlMs === undefined ? {} : { ttlMs }) })).toContain('"environment"')
  const until = async () => (await t.ask('GET', '/api/environments/one?name=mine')).body as { until: string | null }
  const down = () => t.ask('DELETE', '/api/environments?name=mine')

  it('is on record with the settings it was last made from, until it is gone', async () => {
    const { ledger } = t.threeways
    await up('test')
    expect(await onRecord(ledger, 'shop/mine')).toEqual({ settings: 'test' })
    await up('production')
    expect(await onRecord(ledger, 'shop/mine')).toEqual({ settings: 'production' })
    expect((await down()).status).toBe(200)
    expect(await allOnRecord(ledger)).toEqual([])
    expect((await down()).body).toMatchObject({ code: 'ENVIRONMENT_NOT_FOUND' })
  })

  it('lives as long as it was last asked for, and for ever when nobody says more', async () => {
    await up('test', 3_600_000)
    expect((await until()).until).not.toBeNull()
    await up('test')
    expect((await until()).until).toBeNull()
    const far = await t.ask('POST', '/api/environments/extend?name=mine', { ttlMs: Number.MAX_SAFE_INTEGER })
    expect(far.status).toBe(400)
  })

  it('is on record, takes its room and comes to its end also when it never was well', async () => {
    const document = 'version: 1\nquotas: {environments: {total: 1}}\nrules: [{auto: true}]\n'
    expect((await t.ask('PUT', '/api/policy', { document, reason: 'room for one' })).body).toMatchObject({ version: 1 })
    expect(await asked({ settings: 'broken', ttlMs: 3_600_000 })).toContain('SERVICE_UNHEALTHY')
    expect(await onRecord(t.threeways.ledger, 'shop/mine')).toEqual({ settings: 'broken' })
    expect((await until()).until).not.toBeNull()
    expect(await asked({ settings: 'test', name: 'other' })).toContain('QUOTA_EXCEEDED')
    await up('test')
  })

  it('sleeps on when others were given its memory meanwhile, and says who has it', async () => {
    const limited = JSON.parse(definition)
    limited.services.web = {
      ports: ['3000'],
      deploy: { resources: { limits: { memory: '100M' } } },
      'x-run': { command: ['node', '-e', 'require("http").createServer((q, r) => r.end("hello")).listen(process.env.PORT)'] },
      healthcheck: { 'x-http': '/', interval: '100ms', retries: 50 },
    }
    limited['x-threeways'].environments = { defaults: { limits: 'when-present' }, test: {} }
    await t.author.write({ 'threeways.yaml': JSON.stringify(limited), app: 'two' })
    await t.author.commit('Two')
    candidate = (await t.ended((await t.deliver()).id)).candidate!
    const document = 'version: 1\nquotas: {environments: {total: 9}, memory: 150M}\nrules: [{auto: true}]\n'
    expect((await t.ask('PUT', '/api/policy', { document, reason: 'room for one' })).status).toBe(200)
    await up('test')
    const { urls } = (await t.ask('GET', '/api/environments/one?name=mine')).body as { urls: { web: string } }
    expect((await t.ask('POST', '/api/environments/sleep?name=mine')).status).toBe(200)
    expect(await asked({ settings: 'test', name: 'other' })).toContain('"environment"')
    const answered = await fetch(urls.web)
    expect([answered.status, await answered.text()]).toEqual([503, expect.stringContaining('could not be woken: it may use')])
    expect(await t.ask('POST', '/api/environments/wake?name=mine')).toMatchObject({ status: 422, body: { code: 'QUOTA_EXCEEDED' } })
    expect((await t.ask('DELETE', '/api/environments?name=other')).status).toBe(200)
    expect(await (await fetch(urls.web)).text()).toBe('hello')
  })

  it('is told of also when a server was killed between doing and saying', async () => {
    const { ledger, workshop } = t.threeways
    await up('test')
    await workshop.provider.destroy('shop/mine')
    expect((await down()).status).toBe(200)
    expect(await allOnRecord(ledger)).toEqual([])
  })
})
