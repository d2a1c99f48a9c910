import { describe, expect, it } from 'vitest'
import { conditionTold } from './condition-words.ts'

describe('whom a rule fits, in words', () => {
  it.each([
    [{ country: ['DE', 'AT'], age: { atLeast: 18 } }, 'country is DE or AT, and age is at least 18'],
    [{ not: { $flag: { chat: ['on', 'blue'] } } }, 'not (the flag chat is on or blue)'],
    [
      {
        $bucket: {
          bucketing: 'unleash-v1',
          salt: 's',
          by: ['targetingKey', 'session'],
          of: 100,
          in: [
            [0, 30],
            [40, 41],
          ],
        },
      },
      'the bucket of targetingKey, else session is 0 to 29 or 40 of 100 (unleash-v1)',
    ],
    [
      { $unleash: { contextName: 'plan', operator: 'STR_CONTAINS', values: ['go', 'si'], inverted: true, caseInsensitive: true } },
      'not: plan STR_CONTAINS go or si, in any case (Unleash)',
    ],
    [{ $unleash: { contextName: 'age', operator: 'NUM_GT', value: '5' } }, 'age NUM_GT 5 (Unleash)'],
    [{ $growthbook: { plan: { $ne: 'gold' } } }, '{"plan":{"$ne":"gold"}} (GrowthBook)'],
  ])('%j', (condition, words) => expect(conditionTold(condition)).toBe(words))
})
