import { FlagdCore } from '@openfeature/flagd-core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEvaluator } from './evaluator.ts'

/**
 * Random rules and contexts, here and in flagd's own evaluator for Node. Only where that one does what flagd's daemon does: keys are
 * ASCII (it hashes others by their 16-bit units), numbers are compared with numbers (it throws where JsonLogic has null for 0), and no empty text is looked for (JsonLogic calls it missing).
 */
const word = fc.constantFrom('DE', 'US', 'FR', 'gold', 'a@example.org', 'b@example.com', '')
const text = fc.constantFrom('country', 'plan', 'user.email', 'targetingKey').map((name) => ({ var: [name] }))
const version = fc.constantFrom('1.0.0', '1.2.3', '2.0.0-rc.1', '2.0.0', '2.1.0')
const number = fc.oneof(fc.constant({ var: ['age'] }), fc.integer({ min: -5, max: 60 }))
const pair = <A, B>(one: fc.Arbitrary<A>, other: fc.Arbitrary<B>) => fc.tuple(one, other)

const split = (arm: fc.Arbitrary<unknown>) =>
  fc
    .tuple(
      fc.constantFrom<unknown[]>([], [{ cat: ['salt', { var: ['targetingKey'] }] }], [{ var: ['country'] }]),
      fc.array(pair(arm, fc.nat(300)), { minLength: 1, maxLength: 8 }),
    )
    .map(([key, arms]) => ({ fractional: [...key, ...arms] }))

const { condition } = fc.letrec((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    fc.boolean(),
    text,
    pair(text, word).map((args) => ({ '==': args })),
    pair(text, word).map((args) => ({ '!==': args })),
    pair(text, fc.array(word, { maxLength: 12 })).map((args) => ({ in: args })),
    pair(text, fc.constantFrom('a@', 'D', 'go')).map((args) => ({ starts_with: args })),
    pair(text, fc.constantFrom('.org', 'E', 'ld')).map((args) => ({ ends_with: args })),
    fc
      .tuple(fc.oneof(version, fc.constant({ var: ['version'] })), fc.constantFrom('=', '!=', '<', '<=', '>', '>=', '^', '~'), version)
      .map((args) => ({ sem_ver: args })),
    fc.tuple(fc.constantFrom('<', '<=', '>', '>=', '=='), number, number).map(([operator, ...args]) => ({ [operator]: args })),
    fc.constantFrom({ missing: ['version', 'user'] }, { missing_some: [1, ['version', 'user']] }),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((args) => ({ and: args })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((args) => ({ or: args })),
    tie('condition').map((arg) => ({ '!': [arg] })),
    fc
      .tuple(fc.constantFrom('some', 'all', 'none'), word)
      .map(([operator, wanted]) => ({ [operator]: [{ var: ['groups'] }, { '==': [{ var: '' }, wanted] }] })),
    split(fc.boolean()),
  ),
}))

const variant = fc.constantFrom('a', 'b', 'c')
const { rule } = fc.letrec((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small' },
    variant,
    split(variant),
    fc
      .array(pair(condition, fc.oneof(variant, fc.constant(null), tie('rule'))), { minLength: 1, maxLength: 3 })
      .map((branches) => ({ if: branches.flat() })),
    fc.tuple(condition, tie('rule'), tie('rule')).map((args) => ({ if: args })),
  ),
}))

/** A text put together with nothing is another one there, depending on whether the rule is compiled: there, everybody has a key. */
const context = (compiled: boolean) =>
  fc.record(
    {
      targetingKey: fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      country: word,
      plan: word,
      version,
      user: fc.record({ email: word }, { requiredKeys: [] }),
      groups: fc.array(word, { maxLength: 3 }),
      age: fc.integer({ min: 0, max: 60 }),
    },
    { requiredKeys: ['age', 'groups', ...(compiled ? (['targetingKey'] as const) : [])] },
  )

describe('random rules come to the same in flagd-core', () => {
  it.each([true, false])('interpreted there: %s', (disableDynamicCodeGeneration) => {
    fc.assert(
      fc.property(rule, fc.array(context(!disableDynamicCodeGeneration), { minLength: 5, maxLength: 5 }), (targeting, contexts) => {
        const flag = {
          state: 'ENABLED' as const,
          variants: { a: 'A', b: 'B', c: 'C' },
          defaultVariant: 'c',
          ...(typeof targeting === 'string' ? {} : { targeting }),
        }
        const theirs = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration })
        theirs.setConfigurations(JSON.stringify({ flags: { flag } }))
        const ours = createEvaluator({ flags: { flag } })
        for (const one of contexts) {
          const { value, variant, reason } = ours.evaluate('flag', one, '?')
          const wanted = theirs.resolveStringEvaluation('flag', '?', one)
          expect({ value, variant, reason, one }).toEqual({ value: wanted.value, variant: wanted.variant, reason: wanted.reason, one })
        }
      }),
      { numRuns: 150 },
    )
  })
})
