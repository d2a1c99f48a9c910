import { describe, expect, it } from 'vitest'
import type { FlagSet } from '../evaluate/flag-set.ts'
import { makeFakeServer } from '../testing/fake-server.ts'
import { makeFakeTime } from '../testing/fake-time.ts'
import { createClient, type ClientEvent, type ClientOptions } from './client.ts'

const setOf = (variant: string, metadata = {}): FlagSet => ({
  flags: {
    chat: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: variant, metadata: { 'tw.rev': 1, ...metadata } },
  },
  metadata: { flagSetId: 'production' },
})
const minute = 60_000

function stage(options: Partial<ClientOptions> = {}) {
  const time = makeFakeTime()
  const server = makeFakeServer(setOf('off'))
  const events: ClientEvent[] = []
  const make = () => {
    const client = createClient({
      url: 'http://flags.test/api/flag-sets/production',
      token: 'secret',
      fetch: server.fetch,
      time,
      random: () => 0.5,
      ...options,
    })
    client.on((event) => events.push(event))
    return client
  }
  return { time, server, events, make, types: () => events.map(({ type }) => type) }
}

describe('flags keep themselves up to date', () => {
  it('from the first answer on', async () => {
    const { time, make, types } = stage()
    const client = make()
    expect([client.status(), client.evaluate('chat', {}, true).value]).toEqual(['starting', true])
    await time.pass(0)
    expect([client.status(), client.evaluate('chat', {}, true).value]).toEqual(['ready', false])
    expect(types()).toEqual(['ready'])
    await client.close()
  })

  it('as soon as the server says so, and asks once for each change', async () => {
    const { time, server, make, events } = stage()
    const client = make()
    await time.pass(1_000)
    const before = server.asked.sets
    server.publish(setOf('on'))
    await time.pass(0)
    expect(client.evaluate('chat').value).toBe(true)
    expect(events.at(-1)).toEqual({ type: 'changed', keys: ['chat'] })
    expect(server.asked.sets).toBe(before + 1)
    await client.close()
  })

  it('by asking from time to time where nobody can be listened to', async () => {
    const { time, server, make } = stage()
    server.hasEvents(false)
    const client = make()
    await time.pass(1_000)
    server.publish(setOf('on'))
    await time.pass(35_000)
    expect(client.evaluate('chat').value).toBe(true)
    await time.pass(10 * minute)
    expect(server.asked.same).toBeGreaterThan(15)
    await client.close()
  })

  it('by listening again, later each time, when the line was cut', async () => {
    const { time, server, make } = stage()
    const client = make()
    await time.pass(1_000)
    server.hasEvents(false)
    server.die()
    server.rise()
    await time.pass(10 * minute)
    expect(server.asked.events).toBeGreaterThan(8)
    expect(server.asked.events).toBeLessThan(30)
    server.hasEvents(true)
    await time.pass(2 * minute)
    expect(server.listeners()).toBe(1)
    server.publish(setOf('on'))
    await time.pass(0)
    expect(client.evaluate('chat').value).toBe(true)
    await client.close()
  })

  it('by listening again when the server has become silent', async () => {
    const { time, server, make } = stage()
    const client = make()
    await time.pass(1_000)
    for (let n = 0; n < 20; n++) {
      await time.pass(15_000)
      server.ping()
    }
    await time.pass(0)
    expect(server.asked.events).toBe(1)
    await time.pass(2 * minute)
    expect(server.asked.events).toBeGreaterThan(1)
    await client.close()
  })
})

describe('flags are served whatever becomes of the server', () => {
  it('when it is gone for an hour, and come back with it', async () => {
    const { time, server, make, types } = stage()
    const client = make()
    await time.pass(1_000)
    server.publish(setOf('on'))
    await time.pass(0)
    server.die()
    await time.pass(60 * minute)
    expect([client.status(), client.evaluate('chat').value]).toEqual(['stale', true])
    server.publish(setOf('off'))
    server.rise()
    await time.pass(2 * minute)
    expect([client.status(), client.evaluate('chat').value]).toEqual(['ready', false])
    expect(types().filter((type) => type !== 'error')).toEqual(['ready', 'changed', 'stale', 'changed', 'ready'])
    await client.close()
  })

  it('and asks no earlier than the server wants to be asked', async () => {
    const { time, server, make } = stage({ listen: false })
    const client = make()
    await time.pass(1_000)
    server.answers(503, 300)
    await time.pass(minute)
    const asked = server.asked.sets
    await time.pass(3 * minute)
    expect(server.asked.sets).toBe(asked)
    server.answers(200)
    await time.pass(2 * minute)
    expect(server.asked.sets).toBeGreaterThan(asked)
    await client.close()
  })

  it('and asks again soon after a failure, also while it listens', async () => {
    const { time, server, make } = stage()
    server.answers(503)
    const client = make()
    await time.pass(10_000)
    server.answers(200)
    await time.pass(minute)
    expect(client.status()).toBe('ready')
    await client.close()
  })

  it('from what was kept, when the application starts meanwhile', async () => {
    const kept = { text: undefined as string | undefined }
    const store = { load: async () => kept.text, save: async (text: string) => void (kept.text = text) }
    const { time, server, make } = stage({ store })
    const first = make()
    await time.pass(1_000)
    await first.close()
    server.die()
    const second = make()
    await time.pass(1_000)
    expect([second.status(), second.evaluate('chat', {}, true).value]).toEqual(['ready', false])
    await second.close()
  })

  it('but not from what was kept of another environment, or of nobody knows which', async () => {
    for (const of of ['http://flags.test/api/flag-sets/production', undefined]) {
      const store = {
        load: async () => JSON.stringify(of === undefined ? setOf('off') : { of, set: JSON.stringify(setOf('off')) }),
        save: async () => {},
      }
      const { time, server, make } = stage({ store, url: 'http://flags.test/api/flag-sets/nosuch/' })
      server.answers(404)
      const client = make()
      await time.pass(minute)
      expect([client.status(), client.evaluate('chat', {}, true).value]).toEqual(['starting', true])
      await client.close()
    }
  })

  it('says once of a metric that what is tracked is no finite number, and goes on', async () => {
    const { time, make, server, events } = stage()
    const client = make()
    await time.pass(0)
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 'x', null, 3]) client.track('paid', { targetingKey: 'ada' }, value as number)
    expect(events.filter(({ type }) => type === 'error')).toEqual([
      { type: 'error', error: expect.objectContaining({ message: expect.stringMatching(/"paid" is no finite number: NaN/) }) as Error },
    ])
    await client.flush()
    expect(server.batches).toMatchObject([{ metrics: [{ metric: 'paid', n: 1, sum: 3 }], dropped: 4 }])
    await client.close()
  })

  it('tells the server of rehearsals that somebody here took too', async () => {
    const { time, server, make } = stage({ bootstrap: setOf('off', { 'tw.state': 'dark' }) })
    server.answers(503)
    const client = make()
    client.dark('chat', { targetingKey: 'ada' }, { control: () => 1, candidate: () => 2 })
    await time.pass(100)
    expect(client.dark.take()).toMatchObject([{ flag: 'chat', candidate: { compared: 1, different: 1 } }])
    expect(client.dark.take()).toEqual([])
    await client.flush()
    expect(server.batches).toMatchObject([{ rehearsals: [{ flag: 'chat', candidate: { compared: 1 } }] }])
    await client.close()
  })

  it.each([[401], [403], [404], [500]])('when it answers %i', async (status) => {
    const { time, server, make, types } = stage({ bootstrap: setOf('on') })
    server.answers(status)
    const client = make()
    await time.pass(5 * minute)
    expect([client.status(), client.evaluate('chat').value]).toEqual(['stale', true])
    expect(types()).toContain('error')
    expect(server.asked.sets).toBeLessThan(30)
    await client.close()
  })

  it.each(['', '{', '[]', '{"flags": 7}', 'null', '<!doctype html>'])('when it answers nonsense: %j', async (nonsense) => {
    const { time, server, make, events } = stage()
    const client = make()
    await time.pass(1_000)
    server.publish(nonsense)
    await time.pass(minute)
    expect(client.evaluate('chat', {}, true).value).toBe(false)
    const message = expect.stringMatching(
      /production does not answer with a set of flags: is it …\/api\/flag-sets\/<environment>\?/,
    ) as string
    expect(events).toContainEqual({ type: 'error', error: expect.objectContaining({ message }) as Error })
    await client.close()
  })

  it('when a listener throws', async () => {
    const { time, server, make } = stage()
    const client = make()
    client.on(() => {
      throw new Error('not today')
    })
    await time.pass(1_000)
    server.publish(setOf('on'))
    await time.pass(0)
    expect(client.evaluate('chat').value).toBe(true)
    await client.close()
  })

  it('and says whether there are any, when asked to wait', async () => {
    const { time, server, make } = stage()
    server.die()
    const client = make()
    const waits = client.ready(3_000)
    await time.pass(3_000)
    expect(await waits).toBe(false)
    const again = client.ready(minute)
    server.rise()
    await time.pass(minute)
    expect(await again).toBe(true)
    await client.close()
  })

  it('without a server at all', async () => {
    const client = createClient({ bootstrap: setOf('on') })
    expect([client.status(), client.evaluate('chat').value]).toEqual(['ready', true])
    client.track('bought', { targetingKey: 'user-1' })
    await client.close()
  })
})

it('a closed client asks and listens no more', async () => {
  const { time, server, make } = stage()
  const client = make()
  await time.pass(1_000)
  await client.close()
  const before = { ...server.asked }
  await time.pass(60 * minute)
  expect(server.asked).toEqual(before)
  expect(server.listeners()).toBe(0)
})
