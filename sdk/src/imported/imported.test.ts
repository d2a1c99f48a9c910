import { describe, expect, it } from 'vitest'
import { createEvaluator } from '../evaluate/evaluator.ts'
import { imported } from './index.ts'
import { patternOf } from './pattern.ts'

const flagOf = (targeting: unknown, bucketing = 'unleash-v1') => ({
  flags: {
    chat: {
      state: 'ENABLED' as const,
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting,
      metadata: { 'tw.bucketing': bucketing },
    },
  },
})
const answer = (targeting: unknown, context: Readonly<Record<string, unknown>>, now = 0) =>
  createEvaluator(flagOf(targeting), { extension: imported, now: () => now }).evaluate('chat', context)
const fits = (condition: unknown, context: Readonly<Record<string, unknown>>, now = 0) =>
  answer({ if: [condition, 'on', 'off'] }, context, now).value
const constraint = (contextName: string, operator: string, more: object) => ({ tw_unleash: [{ contextName, operator, ...more }] })
const condition = (written: object) => ({ tw_growthbook: [written] })

describe('a flag that was brought in', () => {
  const split = { tw_split: ['unleash-v1', 'chat', ['targetingKey', 'session'], ['on', 5_000], ['off', 5_000]] }

  it('needs what others bucket by, and says so', () => {
    const { errorCode, errorMessage, value } = createEvaluator(flagOf(split)).evaluate('chat', { targetingKey: 'a' }, false)
    expect({ errorCode, value }).toEqual({ errorCode: 'PARSE_ERROR', value: false })
    expect(errorMessage).toContain('unleash-v1')
    const inRule = createEvaluator(flagOf(split, 'fractional-v2')).evaluate('chat', { targetingKey: 'a' }, false)
    expect(inRule.errorMessage).toContain('@threeways/sdk/imported')
  })

  it('is split by the first attribute that is there', () => {
    const byKey = answer(split, { targetingKey: 'unit-7', session: 'other' })
    expect(answer(split, { session: 'unit-7' })).toEqual(byKey)
    expect(answer(split, { targetingKey: '', session: 'unit-7' })).toEqual(byKey)
    expect(answer(split, {})).toMatchObject({ variant: 'off', reason: 'DEFAULT' })
  })

  it('gives a share of units that is the share of slots', () => {
    const units = Array.from({ length: 4_000 }, (_, n) => answer(split, { targetingKey: `unit-${n}` }).value)
    expect(units.filter(Boolean).length / units.length).toBeCloseTo(0.5, 1)
  })

  it.each([
    ['an unknown way of bucketing', { tw_split: ['sha', 's', ['id'], ['on', 10_000]] }],
    ['slots that do not add up', { tw_split: ['growthbook-v2', 's', ['id'], ['on', 9_999]] }],
    ['a bucket count that it does not have', { tw_bucket: ['growthbook-v1', 's', ['id'], 10_000, [0, 1]] }],
    ['a range that ends before it begins', { tw_bucket: ['growthbook-v1', 's', ['id'], 1_000, [5, 1]] }],
    ['an operator of nobody', constraint('plan', 'NEAR', { values: ['a'] })],
    ['a pattern that looks ahead', condition({ plan: { $regex: '^(?=a)' } })],
    ['a pattern that refers back', condition({ plan: { $regex: '(a)\\1' } })],
    ['a pattern that repeats without measure', condition({ plan: { $regex: '((a{1000}){1000}){1000}' } })],
  ])('refuses %s', (_, rule) => expect(answer({ if: [rule, 'on', 'off'] }, {}).errorCode).toBe('PARSE_ERROR'))
})

describe("Unleash's constraints", () => {
  it.each([
    ['IN', { values: [' gold ', ''] }, 'gold', true],
    ['IN', { values: ['1'] }, 1, true],
    ['NOT_IN', { values: ['gold'] }, undefined, true],
    ['STR_CONTAINS', { values: ['OL'], caseInsensitive: true }, 'gold', true],
    ['STR_CONTAINS', { values: ['OL'] }, 'gold', false],
    ['STR_STARTS_WITH', { values: ['x', 'go'] }, 'gold', true],
    ['STR_ENDS_WITH', { values: ['ld'], inverted: true }, 'gold', false],
    ['STR_ENDS_WITH', { values: ['ld'], inverted: true }, undefined, true],
    ['NUM_GTE', { value: '7.5' }, '7.5', true],
    ['NUM_LT', { value: '7.5' }, 'seven', false],
    ['SEMVER_GT', { value: '1.9.0' }, '1.10.0', true],
    ['SEMVER_GT', { value: '1.9.0-rc.2' }, '1.9.0', true],
    ['SEMVER_EQ', { value: '1.9.0' }, 'v1.9.0', false],
    ['SEMVER_EQ', { value: '1.9.0' }, '1.9', false],
    ['REGEX', { value: '^go{1,2}ld$' }, 'goold', true],
    ['REGEX', { value: '^(?i)G' }, 'gold', true],
    ['REGEX', { value: '(' }, '(', false],
    ['IN_CIDR', { values: ['nowhere', '10.1.0.0/16'] }, '10.1.255.3', true],
    ['IN_CIDR', { values: ['10.1.0.0/16'] }, '10.2.0.1', false],
    ['IN_CIDR', { values: ['fd00::/8'] }, 'fdab::7', true],
    ['IN_CIDR', { values: ['::ffff:10.0.0.1'] }, '::ffff:a00:1', true],
  ])('%s %j of %j: %s', (operator, more, plan, wanted) => expect(fits(constraint('plan', operator, more), { plan })).toBe(wanted))

  it('compares dates with the time of the context, or with now', () => {
    const after = constraint('currentTime', 'DATE_AFTER', { value: '2026-05-01T00:00:00Z' })
    expect(fits(after, { currentTime: '2026-05-02T00:00:00Z' })).toBe(true)
    expect(fits(after, {}, Date.parse('2026-04-30T00:00:00Z'))).toBe(false)
  })

  it('looks up own members only', () => {
    expect(fits(constraint('constructor', 'NOT_IN', { values: ['x'] }), {})).toBe(true)
    expect(fits(condition({ 'constructor.name': { $exists: true } }), {})).toBe(false)
  })
})

describe("GrowthBook's conditions", () => {
  it.each([
    [{ plan: 'gold', age: { $gte: 18 } }, { plan: 'gold', age: 18 }, true],
    [{ 'user.plan': 'gold' }, { user: { plan: 'gold' } }, true],
    [{ age: { $lt: 5 } }, {}, true],
    [{ plan: { $nin: ['gold'] } }, {}, true],
    [{ tags: { $in: ['b'] } }, { tags: ['a', 'b'] }, true],
    [{ tags: { $all: ['a', 'c'] } }, { tags: ['a', 'b'] }, false],
    [{ tags: { $elemMatch: { $regex: '^b' } } }, { tags: ['a', 'bc'] }, true],
    [{ tags: { $size: { $gt: 1 } } }, { tags: ['a', 'b'] }, true],
    [{ v: { $vgt: '1.9.0' } }, { v: '1.10.0' }, true],
    [{ v: { $vlt: '2.0.0' } }, { v: '2.0.0-rc.1' }, true],
    [{ plan: { $not: { $eq: 'gold' } } }, { plan: 'silver' }, true],
    [{ $nor: [{ plan: 'gold' }, { plan: 'silver' }] }, { plan: 'silver' }, false],
    [{ $or: [] }, {}, true],
    [{ plan: { $exists: false } }, { plan: null }, true],
    [{ plan: { $ini: ['GOLD'] } }, { plan: 'gold' }, true],
    [{ n: '5' }, { n: 5 }, true],
    [{ plan: { $type: 'string' } }, { plan: 'gold' }, true],
  ])('%j of %j: %s', (written, context, wanted) => expect(fits(condition(written), context)).toBe(wanted))
})

describe('a pattern', () => {
  const samples = ['', 'a', 'ab', 'abab', 'foo bar', 'x1y22', 'A-B_c', 'line\nnext', '.', '[]', 'é', 'user@example.org', '0x1F', '  pad ']
  it.each([
    'a*b?',
    '^(ab)+$',
    'a|b|',
    '[^a-z]',
    '\\d{2,}',
    '\\bbar\\b',
    '\\Bo',
    '^$',
    '.',
    '^.$',
    '[\\w.-]+@[\\w.-]+',
    '(?:fo|f)o',
    'x{0}a',
    '[]a]',
    '[a\\]-]',
    '\\x41',
    '\\u00e9',
    '(a+)+$',
    'a{,2}',
    'a{2',
    '^\\s',
    '\\S+$',
    '(|a)b',
    '[^]',
    '\\.',
    '[\\d-]',
  ])('%s is found where JavaScript finds it', (written) => {
    const isFound = patternOf(written, 'js')
    const theirs = new RegExp(written)
    for (const text of samples) expect([text, isFound(text)]).toEqual([text, theirs.test(text)])
  })

  it.each(['[^a]', '^[^a-f]+$', '[^\\W]', 'FOO', '[a-b]b'])('%s is found so too where case is of no account', (written) => {
    const isFound = patternOf(written, 'js', true)
    const theirs = new RegExp(written, 'i')
    for (const text of [...samples, 'A', 'AA', 'Ab']) expect([text, isFound(text)]).toEqual([text, theirs.test(text)])
  })

  it('takes no longer however it is written', () => {
    expect(patternOf('^(a+)+$', 'js')(`${'a'.repeat(5_000)}b`)).toBe(false)
    expect(patternOf('(a|a)*(a|a)*c', 're2')('a'.repeat(5_000))).toBe(false)
    expect(patternOf('((((){1000}){1000}){1000}){1000}', 'js')('a')).toBe(true)
  })
})
