import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Instant } from '../../kernel/clock.ts'
import { event } from '../../ledger/event.ts'
import { openTestLedger } from '../../ledger/testing.ts'
import { openTestThreeways, type TestThreeways } from '../../server/testing.ts'
import type { Told } from '../history/history.port.ts'
import { eventOf } from '../history/record.ts'
import { streamOwned } from './events.ts'
import { streamOwners } from './projection.ts'
import { readOwners } from './read.ts'
import type { OwnersView } from './schemas.ts'

const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString() as Instant
const deployed = (stream: string, n: number, environment = 'production'): Told => ({
  kind: 'deployment',
  id: `${stream} ${environment} ${n}`,
  at: day(n),
  stream,
  environment,
  version: `v${n}`,
})

describe('which team a value stream belongs to', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
    await t.threeways.ledger.append(['shop', 'cart', 'search'].map((stream) => eventOf(deployed(stream, 1), '/ci')))
  })
  afterAll(() => t.close())
  const say = (owners: readonly object[], more: object = {}) => t.ask('POST', '/api/owners', { owners, ...more })
  const owners = async (query = '') =>
    ((await t.ask('GET', `/api/owners${query}`)).body as OwnersView).owners.map(({ stream, team }) => `${stream}: ${team}`)

  it('is what was said last, and as of a day what was said by then', async () => {
    expect(await say([{ stream: 'shop', team: 'Sales', since: day(10) }], { reason: 'new office' })).toMatchObject({
      body: { recorded: 1, unchanged: 0, unknown: [] },
    })
    await say([{ stream: 'shop', team: 'Checkout', since: day(20) }])
    await say([{ stream: 'shop', team: 'Trade', since: day(15) }])
    expect(await owners()).toEqual(['shop: Checkout'])
    expect(await owners(`?asOf=${day(17)}`)).toEqual(['shop: Trade'])
    expect(await owners(`?asOf=${day(12)}`)).toEqual(['shop: Sales'])
    expect(await owners(`?asOf=${day(9)}`)).toEqual([])
    expect(await owners(`?team=Sales`)).toEqual([])
    await say([{ stream: 'shop', team: null }])
    expect(await owners()).toEqual([])
    expect(await say([{ stream: 'shop', team: 'Trade' }])).toMatchObject({ body: { recorded: 1 } })
    expect(await say([{ stream: 'shop', team: 'Trade' }])).toMatchObject({ body: { recorded: 0, unchanged: 1 } })
  })

  it('is kept of every moment that was said, whatever was so by then', async () => {
    await say([{ stream: 'cart', team: 'A', since: day(1) }])
    const table = [
      { stream: 'cart', team: 'B', since: day(3) },
      { stream: 'cart', team: 'A', since: day(5) },
    ]
    expect(await say(table)).toMatchObject({ body: { recorded: 2, unchanged: 0 } })
    expect(await say(table)).toMatchObject({ body: { recorded: 0, unchanged: 2 } })
    expect(await owners('?asOf=' + day(4))).toContain('cart: B')
    expect(await owners('?asOf=' + day(6))).toContain('cart: A')
  })

  it('can be said of one of which nothing is known yet, by who means it', async () => {
    expect(await say([{ stream: 'later', team: 'Sales' }], { ahead: true })).toMatchObject({ body: { recorded: 1, unknown: ['later'] } })
  })

  it.each([
    ['of a stream that nobody knows', [{ stream: 'shpo', team: 'Sales' }], 404, 'nothing is known of "shpo" (did you mean "shop"?)'],
    ['of a team without a name', [{ stream: 'shop', team: '' }], 400, undefined],
    ['of a team of blanks', [{ stream: 'shop', team: '  ' }], 400, undefined],
    ['of a name of two lines', [{ stream: 'shop', team: 'a\nb' }], 400, undefined],
    ['of a name of 10 kB', [{ stream: 'shop', team: 'x'.repeat(10_240) }], 400, undefined],
    ['of two teams at once', ['A', 'B'].map((team) => ({ stream: 'shop', team })), 400, expect.stringContaining('"A" and to "B"')],
    ['of the future', [{ stream: 'shop', team: 'A', since: '2999-01-01T00:00:00Z' }], 400, expect.stringContaining('future')],
  ])('is refused %s, and nothing of it is recorded', async (_, words, status, detail) => {
    const before = await t.threeways.ledger.head()
    const answer = await say([{ stream: 'cart', team: 'Sales' }, ...words])
    expect(answer).toMatchObject({ status, body: detail === undefined ? { code: 'REQUEST_INVALID' } : { detail } })
    expect(JSON.stringify(answer.body).length).toBeLessThan(2000)
    expect(await t.threeways.ledger.head()).toBe(before)
  })

  it('is said by whoever may operate, and by nobody who only looks', async () => {
    const { body } = await t.ask('POST', '/api/tokens', { name: 'ann', scopes: ['read'] })
    const { secret } = body as { secret: string }
    expect(await t.ask('POST', '/api/owners', { owners: [{ stream: 'shop', team: 'A' }] }, secret)).toMatchObject({ status: 403 })
  })

  it('names the teams that are like one that nobody knows', async () => {
    expect(await t.ask('GET', '/api/owners?team=Sale')).toMatchObject({
      status: 404,
      body: { code: 'TEAM_NOT_FOUND', help: 'did you mean "Sales"?' },
    })
  })
})

describe('a definition that names a team', () => {
  let t: TestThreeways
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())
  const definition = (team?: string) =>
    JSON.stringify({
      name: 'shop',
      services: { web: { 'x-run': { command: ['sleep', '600'] } } },
      'x-threeways': {
        version: 1,
        ...(team === undefined ? {} : { team }),
        artifact: { build: ['true'], pack: ['app'] },
        environments: { lab: {} },
        checks: { quick: { run: ['true'] } },
        pipeline: { stages: [{ name: 'dev', checks: ['quick'] }] },
      },
    })
  const delivered = async (team?: string) => {
    await t.author.write({ 'threeways.yaml': definition(team), app: 'the app' })
    await t.author.commit('Change something')
    await t.deliver()
  }
  const words = async () =>
    (
      (await t.ask('GET', `/api/events?type=${streamOwned.type}`)).body as { events: { event: { data: { subject: object } } }[] }
    ).events.map(({ event: { data } }) => data.subject)

  it('says it with the first delivery of the trunk, and again only when something else is on record', async () => {
    await delivered('Checkout')
    await delivered('Checkout')
    expect(await words()).toMatchObject([{ content: { stream: 'shop', team: 'Checkout', by: 'the definition' } }])
    await t.ask('POST', '/api/owners', { owners: [{ stream: 'shop', team: 'Sales' }], ahead: true })
    // One that names none says nothing.
    await delivered()
    expect(await words()).toHaveLength(2)
    await delivered('Checkout')
    // What an older commit says is not so any more.
    await t.author.write({ 'threeways.yaml': definition('Returns') })
    const newest = await t.author.commit('Hand it over')
    await t.deliver(newest)
    await t.deliver(`${newest}~1`)
    expect(((await t.ask('GET', '/api/owners')).body as OwnersView).owners).toMatchObject([{ team: 'Returns' }])
    await delivered('Checkout')
    await t.author.branch('idea')
    await delivered('Elsewhere')
    const { owners } = (await t.ask('GET', '/api/owners')).body as OwnersView
    expect(owners).toMatchObject([{ team: 'Checkout', reason: expect.stringMatching(/^x-threeways.team of commit [0-9a-f]{8}$/) }])
  })
})

describe('words on owners', () => {
  const said = (id: string, n: number, stream: string, team?: string) =>
    event(
      streamOwned,
      { id, time: day(n), source: '/threeways', subject: stream },
      { stream, by: 'ann', ...(team === undefined ? {} : { team }) },
    )
  // Two of them speak of the same moment.
  const events = [
    said('a', 1, 'shop', 'Sales'),
    said('b', 5, 'shop', 'Trade'),
    said('c', 5, 'shop', 'Checkout'),
    said('d', 9, 'shop'),
    said('e', 3, 'cart', 'Trade'),
    said('f', 2, 'cart', 'Sales'),
  ]

  it('come to the same in whatever order they are told, however often and however late', async () => {
    const order = fc.array(fc.nat(events.length - 1), { maxLength: 4 }).chain((more) => {
      const all = [...events.keys(), ...more]
      return fc.shuffledSubarray([...all.keys()], { minLength: all.length }).map((places) => places.map((place) => all[place]!))
    })
    await fc.assert(
      fc.asyncProperty(order, async (indexes) => {
        const test = await openTestLedger({ projections: [streamOwners] as never, ownTypes: [streamOwned] })
        try {
          for (const index of indexes) await test.ledger.append([events[index]!])
          const owners = await readOwners(test.ledger)
          const on = (n: number) => ['shop', 'cart'].map((stream) => owners.of(stream, Date.parse(day(n)))?.team)
          expect([0, 1, 2, 3, 5, 9].map(on)).toEqual([
            [undefined, undefined],
            ['Sales', undefined],
            ['Sales', 'Sales'],
            ['Sales', 'Trade'],
            ['Checkout', 'Trade'],
            [undefined, 'Trade'],
          ])
        } finally {
          await test.close()
        }
      }),
      { numRuns: 6 },
    )
  })
})
