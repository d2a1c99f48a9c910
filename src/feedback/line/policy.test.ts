import { describe, expect, it } from 'vitest'
import { blocking, endedBy, tooLarge, type Passing } from './policy.ts'
import { measure } from './measures.ts'
import { covers, overlap, parseScope, scopeText } from './scope.ts'

const to = { stream: 'shop', stage: 'production', environment: 'live', services: ['web'] }
const change: Passing = { ...to, commit: 'c1', run: 'r1', fixesStop: undefined, reverts: [] }
const stop = (scope: string, more: object = {}) => ({ id: 'stop-a', scope, commit: null, stage: null, cause: 'person', run: null, ...more })

describe('what a stop covers', () => {
  it.each([
    ['all', true],
    ['service/shop', true],
    ['service/bank', false],
    ['service/shop/web', true],
    ['service/shop/mail', false],
    ['stage/shop/production', true],
    ['stage/shop/test', false],
    ['stage/*/production', true],
    ['stage/bank/production', false],
    ['environment/shop/live', true],
    ['environment/shop/test', false],
  ])('%s: a promotion to production with web is held up: %s', (scope, held) => {
    expect(covers(parseScope(scope), to)).toBe(held)
    expect(blocking([stop(scope)], change, new Set())).toHaveLength(held ? 1 : 0)
    expect(scopeText(parseScope(scope))).toBe(scope)
  })

  it('takes the name of a value stream alone, and refuses what is no scope', () => {
    expect(scopeText(parseScope('shop'))).toBe('service/shop')
    for (const text of ['', '/', 'stage/shop', 'stage/shop/a/b', 'environment/*/live', 'service/', 'shop/production', 'a b'])
      expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: 'SCOPE_INVALID' }))
  })

  it('covers everything when a newer version wrote what this one cannot read', () => {
    expect(blocking([stop('planet/mars')], change, new Set())).toHaveLength(1)
  })

  it('shares something with whoever asks wider or cannot be told apart', () => {
    const shares = (a: string, b: string, known?: boolean) => overlap(parseScope(a), parseScope(b), () => known)
    expect(shares('stage/shop/production', 'shop')).toBe(true)
    expect(shares('stage/*/production', 'stage/shop/test')).toBe(false)
    expect(shares('stage/shop/production', 'environment/shop/live')).toBe(true)
    expect(shares('stage/shop/production', 'environment/shop/live', false)).toBe(false)
    expect(shares('service/shop/web', 'service/shop/mail')).toBe(false)
  })
})

describe('who passes a stop', () => {
  it('the commit that says it fixes it, the verified revert of its cause, and an emergency; nobody else', () => {
    const open = [stop('shop', { commit: 'bad' })]
    expect(blocking(open, change, new Set())).toHaveLength(1)
    expect(blocking(open, { ...change, fixesStop: 'stop-x, stop-a' }, new Set())).toEqual([])
    expect(blocking(open, { ...change, reverts: ['bad'] }, new Set())).toEqual([])
    expect(blocking(open, { ...change, reverts: ['other'] }, new Set())).toHaveLength(1)
    expect(blocking(open, change, new Set(['stop-a']))).toEqual([])
  })

  it('ends it only where it failed; a stop that a person made, where they made it or in production', () => {
    const fix = { ...change, fixesStop: 'stop-a' }
    const ends = (more: object, scope = 'shop', inProduction = false) => endedBy([stop(scope, more)], fix, inProduction).length === 1
    expect(ends({ stage: 'production' })).toBe(true)
    expect(ends({ stage: 'test' }, 'shop', true)).toBe(false)
    expect(ends({})).toBe(false)
    expect(ends({}, 'shop', true)).toBe(true)
    expect(ends({}, 'stage/shop/production')).toBe(true)
    expect(ends({}, 'environment/shop/test', true)).toBe(false)
  })
})

it('a batch is too large when it carries more than is meant to go together, or when nobody can tell', () => {
  expect(tooLarge({ changes: 3, lines: 100 }, { changes: 3 })).toBeUndefined()
  expect(tooLarge({ changes: 4, lines: 100 }, { changes: 3, lines: 50 })).toBe(
    '4 changes, at most 3 are meant to go together; 100 lines, at most 50 are meant to go together',
  )
  expect(tooLarge({ changes: Infinity, lines: Infinity }, { changes: 3 })).toContain('cannot be told')
})

describe('measures of the line', () => {
  const at = (minute: number) => new Date(minute * 60_000).toISOString()
  const one = (id: string, scope: string, since: number, startedAt: number | null, more: object = {}) => ({
    id,
    scope,
    stream: scope === 'all' ? '*' : 'shop',
    cause: 'person',
    since: at(since),
    startedAt: startedAt === null ? null : at(startedAt),
    falseStop: null,
    ...more,
  })

  it('count overlapping stops once and open ones up to now; no data is not zero', () => {
    const stops = [one('a', 'service/shop', 0, 10), one('b', 'service/shop', 5, 20, { falseStop: true }), one('c', 'all', 90, null)]
    const found = measure(
      stops,
      [
        { stop: 'a', who: 'Ada', at: at(2) },
        { stop: 'a', who: 'Bo', at: at(1) },
      ],
      0,
      100 * 60_000,
    )
    expect(found).toMatchObject({ stops: 3, open: 1, falseStops: 1 })
    expect(found.byStream.find(({ stream }) => stream === 'shop')).toEqual({ stream: 'shop', ms: 30 * 60_000, stops: 3 })
    expect(found.timeToJoin).toEqual({ medianMs: 60_000, longestMs: 60_000, ended: 1, open: 1 })
    expect(found.timeToRestart).toEqual({ medianMs: 12.5 * 60_000, longestMs: 15 * 60_000, ended: 2, open: 1 })
    expect(measure([], [], 0, 1).timeToRestart.medianMs).toBeNull()
  })
})
