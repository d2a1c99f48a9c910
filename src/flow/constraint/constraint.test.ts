import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Deployed } from '../measures/environments.ts'
import { closedTimes, type Switched } from '../measures/gates.ts'
import { passagesTo } from '../measures/lead.ts'
import type { Past } from '../measures/past.ts'
import type { FlowQuery } from '../measures/schemas.ts'
import { legsOf, little } from './legs.ts'
import { knownOf, passingOf } from './passing.ts'
import { constraintBoard, constraintView } from './views.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const to = (environment: string, version: string, at: number) => ({
  environment,
  version,
  at,
  source: '/imports/shop',
  deployment: `${environment} ${version}`,
})
const order = ['test', 'staging', 'production']

/** Forty versions, one a day; staging takes an hour, production as long as is told. */
const line = (wait: (n: number) => number) =>
  Array.from({ length: 40 }, (_, n) => [
    to('test', `v${n}`, n * day),
    to('staging', `v${n}`, n * day + hour),
    to('production', `v${n}`, n * day + hour + wait(n)),
  ])
    .flat()
    .filter(({ at }) => at <= 40 * day)
    .toSorted((a, b) => a.at - b.at)

const past = (
  deployments: Past['streams'] extends ReadonlyMap<string, infer S> ? (S extends { deployments: infer D } ? D : never) : never,
  gates: readonly Switched[] = [],
): Past => ({
  streams: new Map([['shop', { stream: 'shop', deployments }]]),
  order,
  heard: new Map([['/imports/shop', 40 * day]]),
  gates: new Map([['shop', gates]]),
})
const look = (of: Past, days = 20) => constraintView(of, 'shop', { days, rows: false }, 0)
const closed = (at: number, environment = 'production'): Switched => ({ environment, way: 'into', at, open: false, by: 'ann' })

describe('the constraint', () => {
  it('is the part of the way that holds most of the time, with its evidence, and the others are told not to be', () => {
    const { constraint, sentences, legs } = look(past(line(() => 9 * hour)))
    expect(constraint).toMatchObject({ from: 'staging', to: 'production', cause: 'stage', agreement: 1 })
    expect(constraint!.share).toBeCloseTo(0.9, 2)
    expect(sentences[0]).toBe('The constraint is staging → production.')
    expect(sentences).toContainEqual(expect.stringMatching(/^test → staging is not: .* 10 % less/))
    expect(sentences).toContainEqual('Half of the versions were through it within 9 h 0 min, in the window before half within 9 h 0 min.')
    expect(legs[1]).toMatchObject({ p50: 9 * hour, before: { p50: 9 * hour }, closedMs: 0 })
  })

  it('is a closed gate, and no machine, where the time was spent while it was closed', () => {
    const deployments = line((n) => (n < 25 ? hour : 90 * day))
    const { constraint, sentences, legs, ageing } = look(past(deployments, [closed(25 * day)]))
    expect(constraint).toMatchObject({ cause: 'gate' })
    expect(sentences).toContainEqual(expect.stringMatching(/^Its gate was closed for 15\.0 of 20\.0 days and is closed now; (99|100) % /))
    expect(legs[1]!.queue).toMatchObject({ now: 15, atBegin: 0, oldest: 15 * day - hour })
    expect([ageing.total, ageing.oldest[0]]).toMatchObject([15, { version: 'v25', in: 'staging' }])
  })

  it('is no gate that is closed and that everything passes', () => {
    const { constraint } = look(
      past(
        line(() => 9 * hour),
        [{ ...closed(0), environment: 'staging' }, closed(39 * day)],
      ),
    )
    expect(constraint).toMatchObject({ from: 'staging', cause: 'stage' })
    const quick = look(
      past(
        line(() => minute),
        [{ ...closed(0), environment: 'staging' }],
      ),
    )
    expect(quick.constraint).toMatchObject({ from: 'test', to: 'staging', cause: 'stage' })
    expect(quick.sentences).toContain(
      'The 19 that came while it was closed stayed 1 h 0 min in the mean, half of them over 1 h 0 min; none came while it was open: it is not what holds them.',
    )
  })

  it('is the closed gate too where a few waited for it for a day, and most of those that came meanwhile for less than an hour', () => {
    const closedOn = [22, 24, 26, 28, 30, 32, 34]
    const wait = (n: number) => (!closedOn.includes(n) ? 5 * minute : n < 26 ? 20 * hour : 35 * minute)
    const gates = closedOn.flatMap((n) => [closed(n * day + minute), { ...closed(n * day + minute + wait(n)), open: true }])
    const deployments = Array.from({ length: 40 }, (_, n) => [
      to('test', `v${n}`, n * day),
      to('staging', `v${n}`, n * day + minute),
      to('production', `v${n}`, n * day + minute + wait(n)),
    ])
    const { constraint, sentences } = look(past(deployments.flat(), gates))
    expect(constraint).toMatchObject({ from: 'staging', cause: 'gate' })
    expect(sentences).toContainEqual(
      expect.stringMatching(
        /^The 7 that came while it was closed stayed 6 h .* over 35 min 0 s; the 13 that came while it was open 5 min 0 s/,
      ),
    )
  })

  it('does not take a gate for open before anybody told of it', () => {
    const deployments = line(() => 9 * hour)
    const gates = [
      { ...closed(34 * day), environment: 'staging', way: 'onwards' as const },
      { ...closed(35 * day), open: true },
    ]
    const { sentences, legs } = look(past(deployments, [...gates, { ...gates[0]!, at: 36 * day, open: true }]))
    // The window ends a moment after all that is known.
    expect(legs[1]).toMatchObject({ closedMs: 2 * day, untoldMs: 14 * day - 1 })
    expect(legs[0]).toMatchObject({ closedMs: 0, untoldMs: 0 })
    expect(sentences).toContain(
      'How the gate into production stood before 1970-02-05 is not known: it was opened then, and nobody told of it before.',
    )
    // Nobody had told of it by then.
    const then = constraintView(past(deployments, gates), 'shop', { days: 20, rows: false, asOf: new Date(34.5 * day).toISOString() }, 0)
    expect(then.sentences.join(' ')).not.toContain('into production')
  })

  it('cannot be told of too few versions, of one environment alone, or where two hold about the same', () => {
    expect(look(past(line(() => 9 * hour)), 3)).toMatchObject({ constraint: null, cannotSay: expect.stringContaining('it takes 8') })
    expect(look(past([to('test', 'v0', 0)]))).toMatchObject({ constraint: null, cannotSay: expect.stringContaining('one environment') })
    const even = look(past(line((n) => (Math.floor((n * day) / (7 * day)) % 2 === 0 ? 10 * 60_000 : 2 * hour))))
    expect(even).toMatchObject({ constraint: null, cannotSay: expect.stringContaining('about the same') })
    expect(even.sentences[0]).toMatch(/^Cannot say: /)
  })
})

describe('the board', () => {
  it('is the same to whoever looked before, at whatever else and whatever was known then', () => {
    const deployments = line((n) => (n < 25 ? hour : 90 * day))
    const known = past(deployments)
    // Nothing is remembered of a stream that nobody asked about before.
    const fresh = (of: Past): Past => ({ ...of, streams: new Map([...of.streams].map(([name, stream]) => [name, { ...stream }])) })
    const asked: readonly Partial<FlowQuery>[] = [{}, { days: 3 }, { asOf: new Date(20 * day).toISOString() }, { to: 'staging' }]
    const board = (of: Past, more: Partial<FlowQuery>) => constraintBoard(of, { days: 20, rows: false, ...more }, 0)
    for (const more of [...asked, ...asked]) expect(board(known, more)).toEqual(board(fresh(known), more))
    // A gate was switched, was heard of later, and another way is the one of the estate: all of the same deployments.
    const others: readonly Past[] = [
      { ...known, gates: new Map([['shop', [closed(25 * day)]]]) },
      { ...known, heard: new Map([['/imports/shop', 45 * day]]) },
      { ...known, order: order.toReversed() },
      past(line(() => 9 * hour)),
    ]
    for (const other of others) {
      expect(board(other, {})).toEqual(board(fresh(other), {}))
      expect(board(known, {})).toEqual(board(fresh(known), {}))
    }
    expect(board(others[0]!, {})).toMatchObject([{ constraint: { cause: 'gate' } }])
    expect(board(known, {})).toMatchObject([{ constraint: { cause: 'stage' } }])
  })
})

describe('the books', () => {
  const row = fc.record({
    environment: fc.constantFrom(...order),
    version: fc.integer({ min: 0, max: 12 }).map((n) => `v${n}`),
    at: fc.integer({ min: 0, max: 1000 }),
  })
  const rows = fc.array(row, { maxLength: 80 }).map((all): readonly Deployed[] => all.toSorted((a, b) => a.at - b.at))
  const window = { since: 200, until: 801, asOf: 900 }

  it("keep Little's law: the number on the way over time is the time of each version", () => {
    fc.assert(
      fc.property(rows, (deployments) => {
        const passings = passingOf(
          order,
          deployments.filter(({ at }) => at <= window.asOf),
        )
        const { counted, summed } = little(passings, window)
        expect(counted).toBeCloseTo(summed, 6)
        const spent = legsOf(order, passings, [], window).reduce((sum, leg) => sum + leg.spent, 0)
        expect(spent).toBeCloseTo(summed, 6)
      }),
    )
  })

  it('agree with the passages: the times between environments add up to the lead time', () => {
    fc.assert(
      fc.property(rows, (deployments) => {
        const passings = passingOf(order, deployments)
        const { passages } = passagesTo('production', deployments)
        expect(passings.map(({ version, at }) => [version, at[0], at.at(-1)])).toEqual(
          passages.map(({ version, arrived, reached }) => [version, arrived, reached ?? Number.POSITIVE_INFINITY]),
        )
        for (const { at } of passings) expect([...at]).toEqual(at.toSorted((a, b) => a - b))
      }),
    )
  })

  it('are the same as of an earlier moment as if nothing had been recorded later', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 1000 }), (deployments, asOf) => {
        const then = passingOf(
          order,
          deployments.filter(({ at }) => at <= asOf),
        )
        expect(knownOf(passingOf(order, deployments), { since: 0, asOf })).toEqual(then)
      }),
    )
  })

  it('count what was waited while a gate was closed, once, however many gates were', () => {
    const passings = passingOf(order, [to('test', 'v0', 0), to('staging', 'v0', 10), to('production', 'v0', 110)])
    const gates = closedTimes([closed(50), { ...closed(60), environment: 'staging', way: 'onwards' }, { ...closed(80), open: true }], 200)
    const [, leg] = legsOf(order, passings, gates, { since: 0, until: 200, asOf: 200 })
    expect(leg).toMatchObject({ spent: 100, spentClosed: 60, closed: 150, closedNow: true })
  })
})
