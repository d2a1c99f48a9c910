import { describe, expect, it } from 'vitest'
import { jsonFilesIn, sharedData } from '../../sdk/src/testing/shared-data.ts'
import { translate } from '../connectors/unleash/translate.ts'
import { evaluatorOf, importPage } from './import-testing.ts'

type Context = { readonly properties?: object; readonly userId?: unknown }
type Variant = { readonly name: string; readonly payload?: unknown; readonly enabled: boolean; readonly feature_enabled: boolean }
type Suite = {
  readonly name: string
  readonly state: unknown
  readonly tests?: readonly {
    readonly description: string
    readonly context: Context
    readonly toggleName: string
    readonly expectedResult: boolean
  }[]
  readonly variantTests?: readonly {
    readonly description: string
    readonly context: Context
    readonly toggleName: string
    readonly expectedResult: Variant
  }[]
}

const choices = { environment: 'production', owner: 'shop', anonymousOff: true, stickyOff: false }

/** As code asks here: attributes side by side, and who asks is the targeting key. */
const contextOf = ({ properties, userId, ...more }: Context) => ({
  ...properties,
  ...more,
  ...(userId === undefined || userId === null ? {} : { targetingKey: String(userId as string) }),
})

/** Both answers of Unleash, out of the flags that a feature became. */
function answersOf(state: unknown) {
  const { flags, refused } = evaluatorOf(translate(state, choices))
  const isEnabled = (feature: string, context: Context) => flags.evaluate(feature, contextOf(context), false).value
  return {
    refused,
    isEnabled,
    getVariant(feature: string, context: Context) {
      const found = flags.evaluate(`${feature}.variant`, contextOf(context), { name: 'disabled' })
      const value = found.value as Pick<Variant, 'name' | 'payload'>
      return {
        ...value,
        enabled: found.variant !== undefined && found.variant !== 'disabled',
        feature_enabled: isEnabled(feature, context),
      }
    },
  }
}

const folder = sharedData('unleash-client-specification', 'specifications')

describe.skipIf(folder === undefined)("Unleash's client specification (only where its files lie beside the repository)", () => {
  const suites =
    folder === undefined ? [] : jsonFilesIn(folder).flatMap(([file, suite]) => (file === 'index.json' ? [] : [suite as unknown as Suite]))
  const refused: string[] = []
  let answered = 0

  it.each(suites.map((suite) => [suite.name, suite] as const))('%s', (_, { state, tests = [], variantTests = [] }) => {
    const here = answersOf(state)
    const reasons = new Map(here.refused.map(({ name, reason }) => [name, reason]))
    const takes = (feature: string, description: string) => {
      const reason = reasons.get(feature)
      if (reason === undefined) return (answered++, true)
      refused.push(`${description}: ${reason}`)
      return false
    }
    for (const { description, context, toggleName, expectedResult } of tests)
      if (takes(toggleName, description)) expect([description, here.isEnabled(toggleName, context)]).toEqual([description, expectedResult])
    for (const { description, context, toggleName, expectedResult } of variantTests)
      if (takes(toggleName, description)) expect([description, here.getVariant(toggleName, context)]).toEqual([description, expectedResult])
  })

  it('is answered, or refused by name', () => {
    const total = suites.reduce((sum, { tests = [], variantTests = [] }) => sum + tests.length + variantTests.length, 0)
    console.log(
      `Unleash: ${answered} of ${total} cases answered as the original does, ${refused.length} refused:\n${refused.map((one) => `  ${one}`).join('\n')}`,
    )
    expect(answered + refused.length).toBe(total)
    expect(importPage()).toContain(`: ${answered} of ${total} cases answered`)
  })
})
