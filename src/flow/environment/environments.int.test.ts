import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import { allOnRecord, onRecord } from './on-record.ts'

const definition = JSON.stringify({
  name: 'shop',
  services: { web: { 'x-run': { command: ['sleep', '600'] } } },
  'x-threeways': {
    version: 1,
    artifact: { build: ['true'], pack: ['app'] },
    environments: { test: {}, production: {} },
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

  async function up(settings: string) {
    const response = await t.threeways.app.request('/api/environments', {
      method: 'POST',
      headers: { authorization: `Bearer ${t.threeways.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ candidate, settings, name: 'mine' }),
    })
    expect(await response.text()).toContain('"environment"')
  }
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

  it('is told of also when a server was killed between doing and saying', async () => {
    const { ledger, workshop } = t.threeways
    await up('test')
    await workshop.provider.destroy('shop/mine')
    expect((await down()).status).toBe(200)
    expect(await allOnRecord(ledger)).toEqual([])
  })
})
