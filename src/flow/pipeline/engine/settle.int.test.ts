import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rowsOf } from '../../../ledger/rows.ts'
import { openTestThreeways, statesOf, type TestThreeways } from '../../../server/testing.ts'
import { deployments } from '../../deployment/projection.ts'

const app = `import { createServer } from 'node:http'
createServer((_, response) => response.end(process.env.SAYS)).listen(Number(process.env.PORT), '127.0.0.1')
`

type Shop = { says: string; services?: string[]; environment?: string; smoke?: string[] }

const definition = ({ says, services = ['web'], environment = 'production', smoke = ['true'] }: Shop) =>
  JSON.stringify({
    name: 'shop',
    services: Object.fromEntries(
      services.map((name) => [
        name,
        {
          ports: ['3000'],
          environment: { SAYS: says },
          healthcheck: { 'x-http': '/', interval: '50ms', start_period: '2s' },
          'x-run': { command: ['node', 'app.mjs'], stop: { grace: '1s' } },
        },
      ]),
    ),
    'x-threeways': {
      version: 1,
      artifact: { build: ['true'], pack: ['app.mjs'] },
      environments: { [environment]: {} },
      checks: { smoke: { run: smoke, in: 'environment' } },
      pipeline: { stages: [{ name: 'production', environment, deploy: { strategy: 'blue-green' }, smoke: ['smoke'] }] },
    },
  })

describe('a stage is settled', () => {
  let t: TestThreeways
  beforeEach(async () => {
    t = await openTestThreeways()
  })
  afterEach(() => t.close())

  async function deliver(shop: Shop) {
    await t.author.write({ 'threeways.yaml': definition(shop), 'app.mjs': app })
    await t.author.commit(shop.says)
    return t.ended((await t.deliver()).id)
  }
  const running = async () => (await t.stream()).stages[0]!.running?.card.summary ?? 'nothing'
  const onRecord = async () => {
    const rows = await rowsOf(t.threeways.ledger.db, deployments).selectAll().where('candidate', 'is not', null).execute()
    return rows.map(({ environment, service, commit }) => `${service} of ${commit!.slice(0, 8)} in ${environment}`).toSorted()
  }

  it('and a redelivery that is cancelled leaves running what ran', async () => {
    await deliver({ says: 'older' })
    const shop = { says: 'good', smoke: ['sh', '-c', `while test -f "${t.home.folder}/slow"; do sleep 0.02; done`] }
    await deliver(shop)
    await writeFile(path.join(t.home.folder, 'slow'), '')
    const again = await t.deliver()
    await t.until(again.id, (run) => statesOf(run)['production/smoke/smoke'] === 'running')
    await t.ask('POST', `/api/runs/${again.id}/cancel`, {})
    expect((await t.ended(again.id)).state).toBe('cancelled')
    expect(await running()).toBe('good')
    expect((await t.stream()).stages[0]!.held).toEqual([])
  })

  it('and what alone was ever verified keeps running when it fails the next time it is delivered', async () => {
    await deliver({ says: 'good', smoke: ['test', '!', '-f', path.join(t.home.folder, 'bad')] })
    await writeFile(path.join(t.home.folder, 'bad'), '')
    const again = await t.ended((await t.deliver()).id)
    expect(again.message).toContain('production still runs it: it was verified there before')
    expect(again.state).toBe('failed')
    expect(await running()).toBe('good')
  })

  it('and says of every service whether it still runs, also of those that are gone from the definition', async () => {
    const first = await deliver({ says: 'one', services: ['web', 'old'] })
    expect(await onRecord()).toEqual(['old', 'web'].map((name) => `${name} of ${first.commit.slice(0, 8)} in shop/production`))
    const second = await deliver({ says: 'two', services: ['web', 'new'] })
    expect(await onRecord()).toEqual(['new', 'web'].map((name) => `${name} of ${second.commit.slice(0, 8)} in shop/production`))
    const third = await deliver({ says: 'three', services: ['web', 'newer'], smoke: ['false'] })
    expect(third.state).toBe('failed')
    expect(await onRecord()).toEqual(['new', 'web'].map((name) => `${name} of ${second.commit.slice(0, 8)} in shop/production`))
  })

  it('and a stage moves to an environment of another name', async () => {
    await deliver({ says: 'one', environment: 'prod' })
    const run = await deliver({ says: 'two', environment: 'production' })
    expect(run.state).toBe('succeeded')
    expect(await running()).toBe('two')
    expect((await t.ask('DELETE', '/api/environments?name=prod')).status).toBe(200)
    expect(await onRecord()).toEqual([`web of ${run.commit.slice(0, 8)} in shop/production`])
  })
})
