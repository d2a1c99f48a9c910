import { describe, expect, it } from 'vitest'
import type { FlagSet } from '../evaluate/flag-set.ts'
import { makeFakeServer } from '../testing/fake-server.ts'
import { makeFakeTime } from '../testing/fake-time.ts'
import type { Batch } from './batch.ts'
import { createClient, type ClientOptions } from './client.ts'

const split = {
  fractional: [
    ['on', 1],
    ['off', 1],
  ],
}
const setOf = (revision: number, targeting: unknown = split, metadata = {}): FlagSet => ({
  flags: {
    chat: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting,
      metadata: { 'tw.rev': revision, 'tw.rules': 'ramp', ...metadata },
    },
  },
  metadata: { flagSetId: 'production' },
})

async function stage(set = setOf(1), options: Partial<ClientOptions> = {}) {
  const time = makeFakeTime()
  const server = makeFakeServer(set)
  let state = 7
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  const client = createClient({ url: 'http://flags.test/api/flag-sets/production', fetch: server.fetch, time, random, ...options })
  await time.pass(0)
  const told = async (ms = 15_000): Promise<readonly Batch[]> => {
    await time.pass(ms)
    return server.batches.splice(0)
  }
  return { time, server, client, told }
}

const user = { targetingKey: 'user-1' }

describe('the server is told', () => {
  it('who was shown what, once, and how often was asked', async () => {
    const { client, told, time } = await stage()
    const at = time.wall()
    for (let n = 0; n < 5; n++) client.evaluate('chat', user, false)
    const variant = client.peek('chat', user, false).variant
    expect(await told()).toMatchObject([
      {
        environment: 'production',
        exposures: [{ flag: 'chat', revision: 1, variant, rule: 'ramp', at }],
        evaluations: [{ flag: 'chat', revision: 1, variant, count: 5 }],
        dropped: 0,
      },
    ])
    client.evaluate('chat', user, false)
    expect(await told()).toMatchObject([{ exposures: [], evaluations: [{ count: 1 }] }])
    await client.close()
  })

  it('again when the flag has another revision', async () => {
    const { client, server, told } = await stage()
    client.evaluate('chat', user, false)
    server.publish(setOf(2))
    await told()
    client.evaluate('chat', user, false)
    expect(await told()).toMatchObject([{ exposures: [{ revision: 2 }] }])
    await client.close()
  })

  it('into which buckets values fell, of metrics whose quantiles are asked for, and of no other', async () => {
    const { client, told } = await stage(setOf(1), { quantiles: ['ms'] })
    for (const ms of [100, 101, 250, 0]) client.track('ms', user, ms)
    // No bucket holds it, and what is counted should be the same everywhere.
    client.track('ms', user, -1)
    client.track('paid', user, 12)
    const [batch] = await told()
    expect(batch!.metrics).toMatchObject([
      {
        metric: 'ms',
        n: 4,
        sum: 451,
        buckets: [
          [0, 1],
          [294, 2],
          [317, 1],
        ],
      },
      { metric: 'paid', n: 1 },
    ])
    expect(batch!.metrics[1]).not.toHaveProperty('buckets')
    expect(batch!.dropped).toBe(1)
    await client.close()
  })

  it('many buckets in several reports, and no more than there is room for', async () => {
    const { client, told } = await stage(setOf(1), { quantiles: ['ms'] })
    for (let unit = 0; unit < 120; unit++)
      for (let bucket = 1; bucket <= 400; bucket++) client.track('ms', { targetingKey: `user-${unit}` }, 0.001 * 1.04 ** (bucket - 0.5))
    const batches = await told()
    const sizes = batches.map(({ metrics }) => metrics.reduce((sum, { buckets }) => sum + buckets!.length, 0))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000)
    const counted = batches.flatMap(({ metrics }) => metrics).reduce((sum, { n }) => sum + n, 0)
    expect(counted).toBe(40_000)
    expect(batches.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(8_000)
    await client.close()
  })

  it('nothing of who it was but 64 bits of a hash', async () => {
    const { client, server, told } = await stage()
    client.evaluate('chat', { targetingKey: 'ann@example.org' }, false)
    client.track('bought', { targetingKey: 'ann@example.org' })
    const [batch] = await told()
    expect(JSON.stringify(batch)).not.toContain('ann')
    expect(batch!.exposures[0]!.unit).toMatch(/^[\da-f]{16}$/)
    expect(batch!.metrics[0]!.unit).toBe(batch!.exposures[0]!.unit)
    expect(server.batches).toEqual([])
    await client.close()
  })

  it('of others, when the name of a unit cannot be made', async () => {
    const unitOf = (targetingKey: string): string => {
      if (targetingKey === 'user-1') throw new Error('no secret')
      return targetingKey
    }
    const { client, told } = await stage(setOf(1), { unitOf })
    client.track('paid', user)
    for (const targetingKey of ['user-1', 'user-2']) expect(client.evaluate('chat', { targetingKey }, false).reason).toBe('TARGETING_MATCH')
    expect(await told()).toMatchObject([{ exposures: [{ unit: 'user-2' }], metrics: [], evaluations: [{ count: 2 }], dropped: 2 }])
    await client.close()
  })

  it('of nobody who was not put into an arm', async () => {
    const { client, told } = await stage()
    client.evaluate('chat', {}, false)
    client.evaluate('other', user, false)
    expect(await told()).toMatchObject([{ exposures: [], evaluations: [{ flag: 'chat', variant: 'off', count: 1 }] }])
    await client.close()
  })

  it('what units did, in numbers that can be added up', async () => {
    const { client, told } = await stage()
    for (const value of [1, 2, 4]) client.track('paid', user, value)
    client.track('bought', user)
    for (const value of [Number.NaN, Infinity, -1e200]) client.track('paid', user, value)
    client.track('paid', {}, 1)
    expect(await told()).toMatchObject([
      {
        metrics: [
          { metric: 'paid', n: 3, sum: 7, sumsq: 21 },
          { metric: 'bought', n: 1, sum: 1, sumsq: 1 },
        ],
        dropped: 4,
      },
    ])
    await client.close()
  })

  it('what rehearsals came to', async () => {
    const { client, told } = await stage(setOf(1, {}, { 'tw.state': 'dark' }))
    client.dark('chat', user, { control: () => 1, candidate: () => 2 })
    expect(await told()).toMatchObject([{ rehearsals: [{ flag: 'chat', revision: 1, candidate: { compared: 1, different: 1 } }] }])
    await client.close()
  })

  it('at once when asked, and at the end', async () => {
    const { client, server } = await stage()
    client.track('bought', user)
    await client.flush()
    client.track('bought', user)
    await client.close()
    expect(server.batches.map(({ metrics }) => metrics.length)).toEqual([1, 1])
  })

  it('nothing when there is nothing to tell', async () => {
    const { client, server, told } = await stage()
    expect(await told(600_000)).toEqual([])
    expect(server.asked.reports).toBe(0)
    await client.close()
  })
})

describe('what cannot be told', () => {
  it('is told later, under the same id, so that it counts once', async () => {
    const { client, server, told } = await stage()
    client.track('bought', user)
    server.takes('nothing')
    await told(60_000)
    expect(server.asked.reports).toBeGreaterThan(1)
    server.takes(500)
    await told(60_000)
    server.takes(202)
    const batches = await told(600_000)
    expect(batches).toMatchObject([{ metrics: [{ n: 1 }] }])
    await client.close()
  })

  it('is dropped when the server will never take it, and counted', async () => {
    const { client, server, told } = await stage()
    server.takes(400)
    for (const unit of ['a', 'b', 'c']) client.track('bought', { targetingKey: unit })
    await told()
    server.takes(202)
    expect(await told()).toMatchObject([{ metrics: [], dropped: 3 }])
    await client.close()
  })

  it('is bounded, and what there was no room for is counted', async () => {
    const { client, server, told } = await stage()
    for (let n = 0; n < 25_000; n++) client.track('bought', { targetingKey: `user-${n}` })
    server.takes('nothing')
    await told(600_000)
    for (let n = 0; n < 25_000; n++) client.track('bought', { targetingKey: `user-${n}` })
    await told(600_000)
    server.takes(202)
    const batches = await told(1_200_000)
    const metrics = batches.reduce((sum, batch) => sum + batch.metrics.length, 0)
    const dropped = batches.reduce((sum, batch) => sum + batch.dropped, 0)
    expect(batches.length).toBeLessThanOrEqual(52)
    expect(metrics + dropped).toBe(50_000)
    expect(Math.max(...batches.map((batch) => JSON.stringify(batch).length))).toBeLessThan(65_536)
    await client.close()
  })
})
