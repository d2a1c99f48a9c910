import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventOf } from '../flow/history/record.ts'
import type { Found } from '../flow/search/schemas.ts'
import { instantOf } from '../kernel/clock.ts'
import { flagFile, oldAndNew } from './experiment-testing.ts'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const plan = {
  experiment: 'one-page',
  hypothesis: 'fewer pages, more orders',
  owner: 'shop',
  flag: 'checkout',
  arms: ['control', 'treatment'],
  metrics: [{ metric: 'ordered', kind: 'binary', role: 'decision', effect: 0.1 }],
  units: 4_000,
  looks: [0.5, 1],
}

describe('one box for everything that has a name', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    const at = instantOf(Date.parse('2026-01-01T00:00:00Z'))
    await t.threeways.ledger.append(
      ['finder-frontend', 'search-admin', 'legacy-finder'].map((stream) =>
        eventOf({ kind: 'deployment', id: stream, at, stream, environment: 'production', version: 'v1' }, '/imports/test'),
      ),
    )
    const document = flagFile('checkout', { ...oldAndNew, more: `${oldAndNew.more}\ndescription: All of it on 100 % of one page` })
    await t.ask('PUT', '/api/flags', { files: [{ document, file: 'checkout.yaml' }], reason: 'to be asked' })
    await t.ask('POST', '/api/experiments', { plan })
  })
  afterAll(() => t.close())

  const found = async (q: string) =>
    ((await t.ask('GET', `/api/search?q=${encodeURIComponent(q)}`)).body as { found: Found[] }).found.map(({ kind, id }) => `${kind} ${id}`)

  it('finds value streams that others deliver, those first that begin with the word', async () => {
    expect(await found('finder')).toEqual(['history finder-frontend', 'history legacy-finder'])
    expect(await found('ADMIN search')).toEqual(['history search-admin'])
  })

  it('finds flags and experiments by name, and by what they say of themselves', async () => {
    expect(await found('checkout')).toEqual(['flag checkout', 'experiment one-page'])
    expect(await found('more orders')).toEqual(['experiment one-page'])
    expect(await found('100 %')).toEqual(['flag checkout'])
  })
})
