import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sharedData } from '../../sdk/src/testing/shared-data.ts'
import { rangesOf, ownersOf } from '../connectors/growthbook/ranges.ts'
import { translate } from '../connectors/growthbook/translate.ts'
import { ThreewaysError } from '../kernel/errors.ts'
import { evaluatorOf, importPage } from './import-testing.ts'
import { growthbookHolds } from './import-flags.ts'

type Map = Readonly<Record<string, unknown>>

const choices = { environment: 'production', owner: 'shop', anonymousOff: true, stickyOff: false }

/** As code asks here: who asks is the targeting key. */
const contextOf = (attributes: unknown = {}): Map => {
  const { id, ...more } = attributes as Map
  return { ...more, ...(id === undefined ? {} : { targetingKey: id }) }
}

const answersOf = (definition: unknown) => evaluatorOf(translate(definition, choices, growthbookHolds))

/** A case that is not answered, and why. */
class NotHere extends Error {}

/** What `feature` comes to; the code's own default is null. */
function answer(definition: Map, feature: string, attributes: unknown) {
  const { flags, refused } = answersOf(definition)
  const mine = refused.find(({ name }) => name === feature)
  if (mine !== undefined) throw new NotHere(mine.reason)
  const { value, rule, errorCode } = flags.evaluate(feature, contextOf(attributes) as { targetingKey?: string }, null)
  if (errorCode !== undefined && errorCode !== 'FLAG_NOT_FOUND') throw new Error(`${errorCode}`)
  return { value, rule }
}

/** What the SDK is told while it runs is no part of a definition. */
const atRunTime = ['forcedVariations', 'enabled', 'qaMode', 'url', 'stickyBucketAssignmentDocs']
function checkDefinition(context: Map): void {
  const told = atRunTime.find((name) => Object.hasOwn(context, name))
  if (told !== undefined) throw new NotHere(`${told} is told to the SDK while it runs, and is no part of a definition`)
}

type Runner = (one: readonly unknown[]) => void

const runners: Readonly<Record<string, Runner>> = {
  evalCondition: ([, condition, attributes, wanted, savedGroups]) => {
    const features = { flag: { defaultValue: false, rules: [{ condition, force: true }] } }
    expect(answer({ features, savedGroups: savedGroups ?? {} }, 'flag', attributes).value).toBe(wanted)
  },
  feature: ([, context, feature, wanted]) => {
    checkDefinition(context as Map)
    const { features = {}, ...more } = context as Map
    expect(answer({ features, ...more }, feature as string, (context as Map)['attributes']).value).toEqual((wanted as Map)['value'])
  },
  run: ([, context, experiment, value, inExperiment]) => {
    checkDefinition(context as Map)
    const { force, active, ...rule } = experiment as Map
    if (force !== undefined || active !== undefined)
      throw new NotHere('force and active are of experiments in code, and no part of a definition')
    const [first] = rule['variations'] as readonly unknown[]
    const { features = {}, attributes, ...more } = context as Map
    const feature = { defaultValue: first, rules: [rule] }
    const found = answer({ ...more, features: { ...(features as Map), mine: feature } }, 'mine', attributes)
    expect([found.value, found.rule !== 'default' && !(inExperiment === false && found.rule === 'on')]).toEqual([value, inExperiment])
  },
  hash: ([seed, value, version, wanted]) => {
    const buckets = version === 1 ? 1_000 : 10_000
    // Alone in the range of its bucket.
    const isAt = (bucket: number) => {
      const filters = [{ seed, hashVersion: version, ranges: [[bucket / buckets, (bucket + 1) / buckets]] }]
      return answer({ features: { mine: { defaultValue: false, rules: [{ force: true, filters }] } } }, 'mine', { id: value }).value
    }
    expect(isAt(wanted === null ? 0 : Math.round((wanted as number) * buckets))).toBe(wanted !== null)
  },
  inNamespace: ([, id, namespace, wanted]) => {
    const rule = { variations: [true, true], namespace, weights: [1, 0] }
    expect(answer({ features: { mine: { defaultValue: false, rules: [rule] } } }, 'mine', { id }).value).toBe(wanted)
  },
  getBucketRange: ([, given, wanted]) => {
    const [count, coverage, weights] = given as readonly unknown[]
    const ranges = rangesOf(count as number, coverage as number, (weights as readonly number[] | null) ?? undefined)
    expect(ranges.map((range) => range.map((one) => Number(one.toFixed(6))))).toEqual(wanted)
  },
  chooseVariation: ([, n, ranges, wanted]) => {
    const bucket = Math.round((n as number) * 10_000)
    const owner = ownersOf(ranges as readonly (readonly [number, number])[] as never, 10_000).find(
      ([, [from, to]]) => bucket >= from && bucket < to,
    )
    expect(owner?.[0] ?? -1).toBe(wanted)
  },
  getEqualWeights: ([count, wanted]) => {
    const weights = rangesOf(count as number).map(([from, to]) => to - from)
    expect(weights.map((one) => one.toFixed(8))).toEqual((wanted as readonly number[]).map((one) => one.toFixed(8)))
  },
  contextualBandit: ([, context, feature]) => {
    const { features = {}, ...more } = context as Map
    answer({ features, ...more }, feature as string, (context as Map)['attributes'])
    throw new Error('a contextual bandit was brought in')
  },
  stickyBucket: ([, context, documents, feature, wanted]) => {
    const { features = {}, ...more } = context as Map
    const found = answer({ features, ...more }, feature as string, (context as Map)['attributes'])
    if ((documents as readonly unknown[]).length > 0)
      throw new NotHere('what an SDK remembers (sticky bucketing) is no part of a definition')
    expect(found.value).toEqual((wanted as Map | null)?.['value'])
  },
  urlRedirect: ([, context]) => {
    const { refused } = answersOf({ features: {}, ...(context as Map) })
    throw new NotHere(refused[0]!.reason)
  },
  getQueryStringOverride: () => {
    throw new NotHere('a variation named in the address of a page is chosen by the SDK, and no part of a definition')
  },
  decrypt: ([, encryptedFeatures]) => {
    try {
      answersOf({ encryptedFeatures })
    } catch (error) {
      if (error instanceof ThreewaysError) throw new NotHere(error.message)
      throw error
    }
  },
}

const file = sharedData('growthbook', 'cases.json')

describe.skipIf(file === undefined)("GrowthBook's cases (only where their file lies beside the repository)", () => {
  const all = file === undefined ? {} : (JSON.parse(readFileSync(file, 'utf8')) as Map)
  const groups = Object.entries(all).filter((entry): entry is [string, unknown[][]] => Array.isArray(entry[1]))
  const told: string[] = []
  let [answered, total] = [0, 0]

  it.each(groups)('%s', (group, cases) => {
    let mine = 0
    const reasons = new Map<string, number>()
    for (const one of cases) {
      total++
      try {
        runners[group]!(one)
        mine++
      } catch (error) {
        if (!(error instanceof NotHere)) throw new Error(`${group}: ${String(one[0])}`, { cause: error })
        reasons.set(error.message, (reasons.get(error.message) ?? 0) + 1)
      }
    }
    answered += mine
    told.push(`  ${group}: ${mine} of ${cases.length}`, ...[...reasons].map(([reason, count]) => `    ${count} refused: ${reason}`))
  })

  it('are answered, or refused by name', () => {
    console.log(`GrowthBook: ${answered} of ${total} cases answered as the original does\n${told.join('\n')}`)
    expect(importPage()).toContain(`: ${answered} of ${total} cases answered`)
    expect(total).toBe(groups.reduce((sum, [, cases]) => sum + cases.length, 0))
  })
})
