import { createRequire } from 'node:module'
import { GrowthBookClient } from '@growthbook/growthbook'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEvaluator } from '../../sdk/src/evaluate/evaluator.ts'
import { imported } from '../../sdk/src/imported/index.ts'
import { translate as translateGrowthbook } from '../connectors/growthbook/translate.ts'
import { translate as translateUnleash } from '../connectors/unleash/translate.ts'
import { compile } from '../flow/flags/compile.ts'
import { readFlag } from '../flow/flags/document.ts'
import { wished } from '../flow/flags/policy.ts'
import { slotsOf } from '../flow/flags/slots.ts'
import { documentOf } from '../flow/flags/written.ts'
import { growthbookHolds } from './import-flags.ts'
import { evaluatorOf } from './import-testing.ts'

const choices = { environment: 'production', owner: 'shop', anonymousOff: false, stickyOff: false }
const unleash = (features: readonly object[], more: object = {}, chosen: Partial<typeof choices> = {}) =>
  evaluatorOf(translateUnleash({ version: 2, features, ...more }, { ...choices, ...chosen }))
const growthbook = (features: object, more: object = {}, chosen: Partial<typeof choices> = {}) =>
  evaluatorOf(translateGrowthbook({ features, ...more }, { ...choices, ...chosen }, growthbookHolds))
const reasonOf = ({ refused }: ReturnType<typeof evaluatorOf>, name: string) => refused.find((one) => one.name === name)?.reason
const rollout = (share: string, stickiness = 'userId', more: object = {}) => ({
  name: 'flexibleRollout',
  parameters: { rollout: share, stickiness, groupId: 'cart' },
  ...more,
})
const units = Array.from({ length: 400 }, (_, n) => `unit-${n}`)

describe('a feature of Unleash', () => {
  it('becomes a ramp that goes on where it was, and moves nobody who saw it', () => {
    const { flags, read } = unleash([{ name: 'cart', enabled: true, strategies: [rollout('30')] }])
    const flag = read.get('cart')!
    expect(documentOf(flag)).toMatchObject({
      bucketing: 'unleash-v1',
      environments: { production: { state: 'ramp', serve: { on: '30%' } } },
    })
    const further = wished(flag, { environment: 'production', serve: { on: 5_000 } }).flag
    const slots = slotsOf(further, slotsOf(flag, {}))
    const later = createEvaluator(compile([{ flag: further, slots, revision: 2 }], 'production', 2), { extension: imported })
    const isOn = (one: typeof flags, targetingKey: string) => one.evaluate('cart', { targetingKey }, false).value === true
    const [before, after] = [units.filter((unit) => isOn(flags, unit)), units.filter((unit) => isOn(later, unit))]
    expect(after).toEqual(expect.arrayContaining(before))
    // As Unleash itself would have gone on.
    const there = unleash([{ name: 'cart', enabled: true, strategies: [rollout('50')] }])
    expect(after).toEqual(units.filter((unit) => isOn(there.flags, unit)))
  })

  it('is given to whole buckets only', () => {
    const written = (share: string) => {
      const [one] = translateUnleash({ features: [{ name: 'cart', enabled: true, strategies: [rollout('30')] }] }, choices).flags
      return () => readFlag(JSON.stringify(one!.document).replace('30%', share), 'cart.yaml')
    }
    expect(written('31%')().environments['production']!.serve).toEqual({ on: 3_100 })
    expect(written('30.5%')).toThrow('is a part of a bucket: unleash-v1 has 100 of them')
  })

  it('with variants becomes a second flag, which is off with the first', () => {
    const variants = [
      { name: 'red', weight: 500, payload: { type: 'string', value: 'ff0000' } },
      { name: 'dark red', weight: 500 },
    ]
    const { read, flags } = unleash([{ name: 'cart', enabled: true, strategies: [rollout('100', 'userId', { variants })] }])
    expect(Object.keys(read.get('cart.variant')!.variants)).toEqual(['disabled', 'red', 'variant-2'])
    expect(read.get('cart.variant')!.requires).toEqual([{ flag: 'cart', variant: 'on' }])
    const found = new Set(units.map((targetingKey) => flags.evaluate('cart.variant', { targetingKey }, {}).variant))
    expect([...found].toSorted()).toEqual(['red', 'variant-2'])
    expect(flags.evaluate('cart.variant', {}, {}).value).toEqual({ name: 'disabled' })
  })

  it('that depends on others asks them', () => {
    const { flags, read } = unleash([
      { name: 'base', enabled: true, strategies: [{ name: 'userWithId', parameters: { userIds: 'ada, bob' } }] },
      { name: 'cart', enabled: true, dependencies: [{ feature: 'base' }], strategies: [] },
      { name: 'old-cart', enabled: true, dependencies: [{ feature: 'base', enabled: false }], strategies: [] },
      { name: 'lost', enabled: true, dependencies: [{ feature: 'nowhere' }], strategies: [] },
    ])
    const on = (targetingKey: string) => ['cart', 'old-cart', 'lost'].filter((flag) => flags.evaluate(flag, { targetingKey }, false).value)
    expect([on('ada'), on('eve')]).toEqual([['cart'], ['old-cart']])
    expect(read.get('lost')!.environments['production']!.state).toBe('off')
  })

  it.each([
    ['gradualRolloutRandom', { name: 'gradualRolloutRandom', parameters: { percentage: '20' } }, 'rolls the dice'],
    ['stickiness random', rollout('20', 'random'), 'stickiness random'],
    ['default stickiness, where nothing may say who it is', rollout('20', 'default'), 'by userId, else by sessionId'],
    [
      'variants by default stickiness',
      {
        name: 'default',
        variants: [
          { name: 'a', weight: 1 },
          { name: 'b', weight: 1 },
        ],
      },
      'its variants go by',
    ],
    ['a strategy of your own', { name: 'fullMoon' }, '"fullMoon"'],
    ['applicationHostname', { name: 'applicationHostname', parameters: { hostNames: 'a' } }, 'applicationHostname'],
    ['a strategy that is disabled', { name: 'default', disabled: true }, 'disabled'],
    ['an unknown operator', { name: 'default', constraints: [{ contextName: 'plan', operator: 'NEAR', values: ['a'] }] }, 'NEAR'],
    [
      'a pattern with a class that is not known',
      { name: 'default', constraints: [{ contextName: 'plan', operator: 'REGEX', value: '\\pL' }] },
      '\\p',
    ],
  ])('with %s is refused, and so is what depends on it', (_, strategy, reason) => {
    const made = unleash([
      { name: 'cart', enabled: true, strategies: [strategy] },
      { name: 'child', enabled: true, dependencies: [{ feature: 'cart' }], strategies: [] },
    ])
    expect(reasonOf(made, 'cart')).toContain(reason)
    expect(reasonOf(made, 'child')).toContain('"cart", which is left out')
    expect(made.flags.keys()).toEqual([])
  })

  it('gives nobody without a name a share, where that is said to be meant', () => {
    const { flags } = unleash([{ name: 'cart', enabled: true, strategies: [rollout('50', 'default')] }], {}, { anonymousOff: true })
    expect(flags.evaluate('cart', {}, true).value).toBe(false)
    const bySession = units.map((sessionId) => flags.evaluate('cart', { sessionId }, false).value)
    expect(bySession).toEqual(units.map((targetingKey) => flags.evaluate('cart', { targetingKey }, false).value))
  })

  it('is read from events as from the whole', () => {
    const feature = { name: 'cart', enabled: true, strategies: [{ name: 'default', segments: [7] }] }
    const events = [
      { type: 'hydration', features: [{ ...feature, name: 'gone' }], segments: [] },
      { type: 'segment-updated', segment: { id: 7, constraints: [{ contextName: 'plan', operator: 'IN', values: ['gold'] }] } },
      { type: 'feature-updated', feature },
      { type: 'feature-removed', featureName: 'gone' },
    ]
    const { flags } = evaluatorOf(translateUnleash({ events }, choices))
    expect(flags.keys()).toEqual(['cart'])
    expect([{ plan: 'gold' }, {}].map((context) => flags.evaluate('cart', context, false).value)).toEqual([true, false])
  })

  it('is nothing else', () => expect(() => translateUnleash({ flags: [] }, choices)).toThrow('nothing that Unleash gives'))
})

describe('a feature of GrowthBook', () => {
  it('goes on as an experiment with shares, as it was', () => {
    const { read } = growthbook({
      cart: { defaultValue: 'old', rules: [{ key: 'exp', hashVersion: 2, variations: ['old', 'new'], weights: [0.25, 0.75] }] },
    })
    const { bucketing, salt, environments } = read.get('cart')!
    expect({ bucketing, salt, serve: environments['production']!.serve }).toEqual({
      bucketing: 'growthbook-v2',
      salt: 'exp',
      serve: { old: 2_500, new: 7_500 },
    })
  })

  it('whose prerequisite holds it up leaves code with its own default', () => {
    const { flags } = growthbook({
      base: { defaultValue: 'off-peak', rules: [{ condition: { hour: { $gt: 17 } }, force: 'peak' }] },
      cart: {
        defaultValue: 1,
        rules: [
          { parentConditions: [{ id: 'base', condition: { value: 'peak' }, gate: true }] },
          { force: 2, condition: { plan: 'gold' } },
        ],
      },
    })
    const value = (context: object) => flags.evaluate('cart', { ...context }, 7).value
    expect([value({ hour: 9 }), value({ hour: 18 }), value({ hour: 18, plan: 'gold' })]).toEqual([7, 1, 2])
  })

  it.each([
    ['a contextual bandit', { defaultValue: 1, rules: [{ contextualVariations: [1, 2], contextualBanditRef: 'b' }] }, 'bandit'],
    ['sticky bucketing', { defaultValue: 1, rules: [{ variations: [1, 2], fallbackAttribute: 'device' }] }, 'sticky'],
    ['values of several types', { defaultValue: 1, rules: [{ force: 'two' }] }, 'different types (number, string)'],
    ['no value', {}, 'no value at all'],
    ['an unknown operator', { defaultValue: 1, rules: [{ condition: { plan: { $near: 1 } }, force: 2 }] }, '$near'],
    ['a pattern that looks ahead', { defaultValue: 1, rules: [{ condition: { plan: { $regex: '(?!a)' } }, force: 2 }] }, 'looks ahead'],
    [
      'a prerequisite that leads back',
      { defaultValue: 1, rules: [{ parentConditions: [{ id: 'child', condition: { value: 1 } }], force: 2 }] },
      'circle',
    ],
  ])('with %s is refused, and so is what depends on it', (_, feature, reason) => {
    const child = { defaultValue: 1, rules: [{ parentConditions: [{ id: 'cart', condition: { value: 1 } }], force: 2 }] }
    const made = growthbook({ cart: feature, child })
    expect(made.refused.map((one) => one.reason).join('; ')).toContain(reason)
    expect(made.flags.keys()).toEqual([])
  })

  it.each([
    ['a condition without end', Array.from({ length: 5_000 }).reduce((inner) => ({ $not: inner }), { plan: 1 } as object), 'nested deeper'],
    ['a name that reaches into what all objects have', JSON.parse('{"__proto__": {"$eq": 1}}') as object, '"__proto__"'],
    ['a pattern that grows without end', { plan: { $regex: '(x{1000}){1000}' } }, 'more than 4000 steps'],
  ])('with %s is refused, and the others are not', (_, condition, reason) => {
    const made = growthbook({ cart: { defaultValue: 1, rules: [{ condition, force: 2 }] }, other: { defaultValue: 1 } })
    expect(reasonOf(made, 'cart')).toContain(reason)
    expect(made.flags.keys()).toEqual(['other'])
  })

  it('that is encrypted, or an experiment of the SDK, is refused', () => {
    expect(() => growthbook({}, { encryptedFeatures: 'abc' })).toThrow('encrypted')
    expect(reasonOf(growthbook({}, { experiments: [{ key: 'banner' }] }), 'banner')).toContain('by itself')
  })
})

const word = fc.constantFrom('gold', 'silver', 'DE', 'de', '7', '1.2.3', '')
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })

describe('random features come to the same in unleash-client', () => {
  const require = createRequire(import.meta.url)
  const { default: Client } = require('unleash-client/lib/client') as {
    default: new (
      repository: object,
      strategies: object,
    ) => { isEnabled: Ask; getVariant: (name: string, context: object) => { name: string } }
  }
  type Ask = (name: string, context: object, fallback: () => boolean) => boolean
  const { defaultStrategies } = require('unleash-client/lib/strategy') as { defaultStrategies: object }

  const constraint = fc.record({
    contextName: fc.constantFrom('userId', 'plan', 'environment'),
    operator: fc.constantFrom(
      'IN',
      'NOT_IN',
      'STR_CONTAINS',
      'STR_STARTS_WITH',
      'STR_ENDS_WITH',
      'NUM_GT',
      'NUM_LTE',
      'SEMVER_LT',
      'SEMVER_EQ',
    ),
    values: fc.array(word, { maxLength: 3 }),
    value: word,
    inverted: fc.boolean(),
    caseInsensitive: fc.boolean(),
  })
  const variants = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), weight: fc.nat(3), stickiness: fc.constant('userId') }), {
    maxLength: 3,
  })
  const strategy = fc.record({
    name: fc.constantFrom('default', 'userWithId', 'gradualRolloutUserId', 'flexibleRollout'),
    parameters: fc.record({
      userIds: fc.constantFrom('unit-1, unit-2', ''),
      percentage: fc.nat(101).map(String),
      rollout: fc.nat(101).map(String),
      stickiness: fc.constantFrom('userId', 'plan'),
      groupId: fc.constantFrom('cart', 'g'),
    }),
    constraints: fc.array(constraint, { maxLength: 2 }),
    variants,
  })
  const feature = fc.record({
    name: fc.constant('cart'),
    enabled: fc.boolean(),
    strategies: fc.array(strategy, { maxLength: 3 }),
    variants,
  })
  const context = fc.record({ userId: fc.nat(300).map((n) => `unit-${n}`), plan: maybe(word), environment: maybe(word) })

  it('whoever asks', () => {
    fc.assert(
      fc.property(feature, fc.array(context, { minLength: 5, maxLength: 5 }), (one, contexts) => {
        const there = new Client({ getToggle: () => one, getSegment: () => undefined }, defaultStrategies)
        const { flags, refused } = unleash([one], {}, { anonymousOff: true })
        expect(refused).toEqual([])
        for (const { userId, ...asked } of contexts) {
          const here = { targetingKey: userId, ...asked }
          const { name } = flags.evaluate('cart.variant', here, { name: 'disabled' }).value as { name: string }
          expect([flags.evaluate('cart', here, false).value, name]).toEqual([
            there.isEnabled('cart', { userId, ...asked }, () => false),
            there.getVariant('cart', { userId, ...asked }).name,
          ])
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('random features come to the same in growthbook', () => {
  const share = fc.constantFrom(0, 0.001, 0.1, 0.25, 0.3, 1 / 3, 0.5, 0.999, 1)
  const condition = fc.oneof(
    word.map((plan) => ({ plan })),
    fc.array(word, { maxLength: 3 }).map((all) => ({ plan: { $in: all } })),
    fc.tuple(fc.constantFrom('$vgt', '$lte', '$ne'), word).map(([operator, value]) => ({ plan: { [operator]: value } })),
    fc.constant({ id: { $regex: '-1' } }),
  )
  const range = fc.tuple(share, share)
  const common = {
    condition: maybe(condition),
    hashVersion: maybe(fc.constantFrom(1, 2)),
    seed: maybe(fc.constantFrom('s', 't')),
    hashAttribute: maybe(fc.constantFrom('id', 'plan')),
    coverage: maybe(share),
    filters: maybe(fc.array(fc.record({ seed: word, ranges: fc.array(range, { maxLength: 2 }) }), { maxLength: 2 })),
  }
  const rule = fc.oneof(
    fc.record({ ...common, force: fc.nat(3), range: maybe(range) }),
    fc.record({
      ...common,
      key: maybe(word),
      variations: fc.constantFrom([1, 2], [1, 2, 3], [2, 2]),
      weights: maybe(fc.constantFrom([0.2, 0.8], [0.5, 0.5], [0.3, 0.3, 0.4])),
      ranges: maybe(fc.array(range, { minLength: 2, maxLength: 2 })),
      namespace: maybe(fc.tuple(word, share, share)),
      meta: maybe(fc.constantFrom([{}, { passthrough: true }, {}], [{}, {}, {}])),
    }),
  )
  const feature = fc.record({ defaultValue: fc.constant(0), rules: fc.array(rule, { maxLength: 3 }) })
  const context = fc.record({ id: fc.nat(300).map((n) => `unit-${n}`), plan: maybe(word) })
  const written = (one: unknown) => JSON.parse(JSON.stringify(one)) as never

  it('whoever asks', () => {
    fc.assert(
      fc.property(feature, fc.array(context, { minLength: 5, maxLength: 5 }), (one, contexts) => {
        const features = written({ cart: one })
        const there = new GrowthBookClient().initSync({ payload: { features } })
        const { flags, refused } = growthbook(features)
        expect(refused).toEqual([])
        for (const { id, plan } of contexts) {
          const more = plan === undefined ? {} : { plan }
          expect(flags.evaluate('cart', { targetingKey: id, ...more }, 9).value).toBe(
            there.getFeatureValue('cart', 9, { attributes: { id, ...more } }),
          )
        }
      }),
      { numRuns: 100 },
    )
  })
})
