import { describe, expect, it } from 'vitest'
import cases from './cases.json' with { type: 'json' }
import { createEvaluator } from './evaluator.ts'
import type { FlagDefinition, FlagSet } from './flag-set.ts'

type Case = {
  readonly what: string
  readonly state?: 'DISABLED' | 'ENABLED'
  readonly variants: Readonly<Record<string, unknown>>
  readonly default: string | null
  readonly code?: unknown
  readonly targeting?: unknown
  readonly context?: Readonly<Record<string, unknown>>
  readonly value: unknown
  readonly variant?: string
  readonly reason: string
  readonly error?: string
}

const $evaluators = { staff: { ends_with: [{ var: 'email' }, '@example.org'] }, outsiders: { '!': [{ $ref: 'staff' }] } }
const flagOf = (targeting: unknown, more: Partial<FlagDefinition> = {}): FlagDefinition => ({
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  targeting,
  ...more,
})
const setOf = (flag: FlagDefinition, more: Partial<FlagSet> = {}): FlagSet => ({ flags: { flag }, ...more })

describe('a flag comes to what flagd says, by cases that say the same as its own suite', () => {
  it.each(cases as readonly Case[])('$what', ({ state = 'ENABLED' as const, variants, targeting, context, ...one }) => {
    const flag = flagOf(targeting, { state, variants, defaultVariant: one.default })
    const { value, variant, reason, errorCode } = createEvaluator(setOf(flag, { $evaluators }), { now: () => 1_800_000_000_123 }).evaluate(
      'flag',
      context,
      one.code,
    )
    expect({ value, variant, reason, errorCode }).toEqual({
      value: one.value,
      variant: one.variant,
      reason: one.reason,
      errorCode: one.error,
    })
  })
})

describe('every result says why', () => {
  const split = { fractional: [['on', 1]] }
  const metadata = { 'tw.rules': 'staff,germany,ramp', 'tw.rev': 12 }
  const targeting = { if: [{ $ref: 'staff' }, 'on', { '==': [{ var: 'country' }, 'DE'] }, { if: [{ var: 'old' }, 'off', null] }, split] }
  const flags = createEvaluator(setOf(flagOf(targeting, { metadata }), { $evaluators, metadata: { version: '7' } }))

  it.each([
    [{ email: 'ann@example.org' }, 'staff'],
    [{ country: 'DE', old: true }, 'germany'],
    [{ country: 'DE' }, 'default'],
    [{ targetingKey: 'user-1' }, 'ramp'],
    [{}, 'default'],
  ])('%j fires %s', (context, rule) => {
    expect(flags.evaluate('flag', context, false)).toMatchObject({ rule, revision: 12, metadata: { ...metadata, version: '7' } })
  })

  it('numbers the branches where nobody named them', () => {
    const nameless = createEvaluator(setOf(flagOf(targeting), { $evaluators }))
    const rules = [{ email: 'a@example.org' }, { country: 'DE', old: true }, { targetingKey: 'a' }].map(
      (context) => nameless.evaluate('flag', context).rule,
    )
    expect(rules).toEqual(['#1', '#2', 'else'])
  })

  it('says that there is no such flag', () => {
    expect(flags.evaluate('other', {}, 'x')).toMatchObject({
      value: 'x',
      reason: 'ERROR',
      errorCode: 'FLAG_NOT_FOUND',
      errorMessage: 'there is no flag "other"',
    })
  })

  it('answers for all flags at once', () => {
    expect(flags.evaluateAll({ targetingKey: 'user-1' })).toMatchObject([{ key: 'flag', value: true, variant: 'on', rule: 'ramp' }])
  })
})

describe('buckets', () => {
  const split = (bucketing: string, key: unknown) => {
    const targeting = {
      fractional: [...(key === undefined ? [] : [key]), ['a', 2_500], ['b', 2_500], ['a', 1_000], ['b', 1], ['c', 3_999]],
    }
    return createEvaluator(
      setOf(flagOf(targeting, { variants: { a: 'a', b: 'b', c: 'c' }, defaultVariant: 'c', metadata: { 'tw.bucketing': bucketing } })),
    )
  }
  const keys = { explicit: { var: 'id' }, salted: { cat: ['salt', { var: 'id' }] }, implicit: undefined }
  const ids = ['user-1', 'user-2', 'café', '日本語', 'x'.repeat(300), '😀']

  // What was given out once must be given out for ever: these are the variants of a release, not of a calculation.
  it.each([
    ['explicit', ['ccaccc', 'baccaa']],
    ['salted', ['abcabc', 'cabcaa']],
    ['implicit', ['cacbbc', 'bccbac']],
  ] as const)('stay as they were, by the %s key', (name, wanted) => {
    const given = ['fractional-v2', 'fractional-v3'].map((bucketing) =>
      ids.map((id) => split(bucketing, keys[name]).evaluate('flag', { targetingKey: id, id }).value).join(''),
    )
    expect(given).toEqual(wanted)
  })

  it('take a number as key in the third version only', () => {
    expect(split('fractional-v2', keys.explicit).evaluate('flag', { id: 5 }).reason).toBe('DEFAULT')
    expect(split('fractional-v3', keys.explicit).evaluate('flag', { id: 5 }).reason).toBe('TARGETING_MATCH')
  })

  it('are refused by an algorithm that is not known', () => {
    expect(split('fractional-v9', undefined).evaluate('flag', {}, 'x')).toMatchObject({ value: 'x', errorCode: 'PARSE_ERROR' })
  })
})
