import { invalid } from '../../kernel/errors.ts'
import { checkTree, Refusal } from '../../kernel/refusal.ts'
import type { BroughtIn, ImportChoices, LeftOut, Translation } from '../../flow/flags/import.port.ts'
import { Definition, Feature, Rule, type Condition } from './definition.ts'
import { written } from './groups.ts'
import { ownersOf, rangesOf, runCovered, runOf, type Run } from './ranges.ts'
import { variantsOf, type Variants } from './values.ts'

/** Whether a condition of GrowthBook is met. */
export type Holds = (condition: Condition, attributes: Readonly<Record<string, unknown>>) => boolean

/**
 * GrowthBook's features as flags. Pure.
 * @param raw - what `/api/features/KEY` gives
 * @throws ThreewaysError `GROWTHBOOK_INVALID`
 */
export function translate(raw: unknown, options: ImportChoices, holds: Holds): Translation {
  const read = Definition.safeParse(raw)
  if (!read.success || (read.data.features === undefined && read.data.encryptedFeatures === undefined))
    throw invalid('GROWTHBOOK_INVALID', {
      message: 'this is nothing that GrowthBook gives to its SDKs',
      help: 'give what /api/features/KEY answers: {"features": {…}}',
    })
  if (read.data.encryptedFeatures !== undefined)
    throw invalid('GROWTHBOOK_ENCRYPTED', {
      message: 'these features are encrypted',
      help: 'export them over an SDK connection without encryption',
    })
  const { features = {}, experiments = [] } = read.data
  const { savedGroups = {} } = raw as { readonly savedGroups?: Readonly<Record<string, unknown>> }
  const flags: BroughtIn[] = []
  const refused: LeftOut[] = []
  const groups = groupsIn(savedGroups)
  const reading = new Reading(features)
  const attempt = (name: string, work: () => void) => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refused.push({ name, reason: error.message, help: error.help })
    }
  }
  for (const name of Object.keys(features))
    attempt(name, () => flags.push(new Translating(name, reading, { options, savedGroups: groups, holds }).flag()))
  const { features: all } = raw as { readonly features?: object }
  // A reader leaves it out without a word.
  if (all !== undefined && Object.hasOwn(all, '__proto__')) attempt('__proto__', () => checkTree(all))
  for (const { key } of experiments)
    refused.push({
      name: key ?? 'an experiment',
      reason: 'an experiment that the SDK runs by itself (it alters the page, or leads to another) is no feature',
      help: 'make a feature of it there, and do in code what it does',
    })
  return { flags, refused }
}

/** @throws ThreewaysError `GROWTHBOOK_INVALID` */
function groupsIn(savedGroups: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    checkTree(savedGroups)
    return savedGroups
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw invalid('GROWTHBOOK_INVALID', { message: `the saved groups cannot be read: ${error.message}`, help: error.help })
  }
}

/** Features by name, each read once. */
class Reading {
  private readonly raw: Readonly<Record<string, unknown>>
  private readonly variants = new Map<string, Variants>()

  constructor(raw: Readonly<Record<string, unknown>>) {
    this.raw = raw
  }

  has(name: string): boolean {
    return Object.hasOwn(this.raw, name)
  }

  /** @throws Refusal */
  feature(name: string): Feature {
    checkTree(this.raw[name])
    const read = Feature.safeParse(this.raw[name])
    if (read.success) return read.data
    const [issue] = read.error.issues
    throw new Refusal(`${issue!.path.join('.')}: ${issue!.message}`, 'give what /api/features/KEY answers')
  }

  /** @throws Refusal */
  variantsOf(name: string): Variants {
    const known = this.variants.get(name)
    if (known !== undefined) return known
    const made = variantsOf(this.feature(name))
    this.variants.set(name, made)
    return made
  }
}

type Made = { readonly id: string; readonly when: object; readonly serve: string }
type Bucketing = { readonly bucketing: string; readonly salt: string; readonly by: string; readonly of: number }
/** What whom no rule fits gets, in shares of their buckets. */
type Split = { readonly serve: Readonly<Record<string, string>>; readonly bucketing: Bucketing }

type Around = { readonly options: ImportChoices; readonly savedGroups: Readonly<Record<string, unknown>>; readonly holds: Holds }

/** Who asks is named `targetingKey` by OpenFeature and `id` by GrowthBook. */
const unit = 'targetingKey'
const bucketCounts: Readonly<Record<number, number>> = { 1: 1_000, 2: 10_000 }
const slotCount = 10_000

/** One feature. */
class Translating {
  private readonly name: string
  private readonly feature: Feature
  private readonly variants: Variants
  private readonly reading: Reading
  private readonly around: Around
  private readonly rules: Made[] = []
  private readonly asks = new Set<string>()
  private first: Bucketing | undefined
  private rest: Split | string | undefined

  constructor(name: string, reading: Reading, around: Around) {
    this.name = name
    this.reading = reading
    this.feature = reading.feature(name)
    this.variants = reading.variantsOf(name)
    this.around = around
  }

  flag(): BroughtIn {
    const rules = this.feature.rules ?? []
    for (const [index, rule] of rules.entries()) {
      this.take(rule, `rule-${index + 1}`, index === rules.length - 1)
      if (this.rest !== undefined) break
    }
    const { environment, owner, expires } = this.around.options
    const rest = this.rest ?? this.variants.control
    const bucketing = typeof rest === 'string' ? this.first : rest.bucketing
    const isExperiment = rules.some(({ variations }) => variations !== undefined)
    const document = {
      flag: this.name,
      owner,
      purpose: isExperiment && expires !== undefined ? 'experiment' : 'operations',
      expires: expires ?? 'never',
      variants: this.variants.values,
      control: this.variants.control,
      ...(bucketing === undefined ? {} : { bucketing: bucketing.bucketing, bucketBy: bucketing.by, salt: bucketing.salt }),
      environments: {
        [environment]: {
          state: typeof rest === 'string' ? 'on' : 'ramp',
          ...(this.rules.length === 0 ? {} : { rules: this.rules }),
          serve: typeof rest === 'string' ? rest : rest.serve,
        },
      },
    }
    const { id } = this.feature as { id?: unknown }
    return {
      flag: this.name,
      from: this.name,
      document,
      asks: [...this.asks],
      notes: typeof id === 'string' ? [`known there as ${id}`] : [],
    }
  }

  private take(rule: Rule, id: string, isLast: boolean): void {
    checkKnown(rule, this.around.options.stickyOff)
    const parents = this.parents(rule, id)
    if (parents === undefined) return
    const when = [...parents]
    for (const filter of rule.filters ?? []) {
      const of = bucketCounts[filter.hashVersion ?? 2]
      // As in the original: a version of the hash that is not there lets nobody in.
      if (of === undefined) return
      const bucketing = { bucketing: `growthbook-v${filter.hashVersion ?? 2}`, salt: filter.seed, by: attribute(filter.attribute), of }
      when.push(
        bucketCondition(
          bucketing,
          filter.ranges.map((range) => runOf(range, of)),
        ),
      )
    }
    if (Object.hasOwn(rule, 'force')) this.force(rule, id, when, isLast)
    else if (rule.variations !== undefined) this.experiment(rule, id, when, isLast)
  }

  /** Conditions on other flags; undefined: they can never be met. */
  private parents(rule: Rule, id: string): readonly object[] | undefined {
    const when: object[] = []
    for (const [index, { id: parent, condition = {}, gate }] of (rule.parentConditions ?? []).entries()) {
      const meets = (value: unknown) => this.around.holds(written(condition, this.around.savedGroups, 'id'), { value })
      const isThere = this.reading.has(parent)
      const variants = isThere ? this.reading.variantsOf(parent) : undefined
      const all = variants === undefined ? [] : Object.keys(variants.values)
      const good = all.filter((name) => meets(variants!.values[name]))
      // Nothing, which is what it comes to where it is not there or is held up itself.
      const isGoodWithout = meets(null)
      const isAlways = isGoodWithout && good.length === all.length
      if (isAlways) continue
      const isNever = good.length === 0 && (!isGoodWithout || !isThere)
      const wanted = { $flag: { [parent]: [...good, ...(isGoodWithout ? ['$code'] : [])] } }
      if (!isNever) this.asks.add(parent)
      if (gate === true) {
        const held = isNever ? when : [...when, { not: wanted }]
        if (held.length === 0) {
          this.rest = '$code'
          return undefined
        }
        this.rules.push({ id: `${id}-gate-${index + 1}`, when: together(held), serve: '$code' })
      }
      if (isNever) return undefined
      when.push(wanted)
    }
    return when
  }

  private force(rule: Rule, id: string, before: readonly object[], isLast: boolean): void {
    const when = [...before, ...this.conditions(rule)]
    const variant = this.variants.nameOf(rule.force)
    if (rule.range === undefined && rule.coverage === undefined) return this.serve(id, when, variant)
    const bucketing = this.bucketing(rule, this.name)
    if (bucketing === undefined || (rule.range === undefined && rule.coverage === 0)) return
    const run = rule.range === undefined ? runCovered(rule.coverage!, bucketing.of) : runOf(rule.range, bucketing.of)
    if (isSalt(bucketing.salt)) this.first ??= bucketing
    if (isLast && when.length === 0 && variant !== '$code') {
      const shares = sharesOf([[variant, run]], bucketing)
      if (shares !== undefined) return void (this.rest = shares)
    }
    this.serve(id, [...when, bucketCondition(bucketing, [run])], variant)
  }

  private experiment(rule: Rule, id: string, before: readonly object[], isLast: boolean): void {
    const variations = rule.variations!
    if (variations.length < 2) return
    const bucketing = this.bucketing(rule, given(rule.key) ?? this.name)
    if (bucketing === undefined) return
    const when = [...before]
    if (rule.filters === undefined && rule.namespace !== undefined) {
      const [name, from, to] = rule.namespace
      when.push(bucketCondition({ bucketing: 'growthbook-v1', salt: `__${name}`, by: bucketing.by, of: 1_000 }, [runOf([from, to], 1_000)]))
    }
    when.push(...this.conditions(rule))
    if (isSalt(bucketing.salt)) this.first ??= bucketing
    const ranges = rule.ranges ?? rangesOf(variations.length, rule.coverage, rule.weights)
    const owners = ownersOf(ranges.slice(0, variations.length), bucketing.of)
    const served = owners.flatMap(([owner, run]): [string, Run][] =>
      // Whom it passes on is asked by the rules behind it.
      owner === null || rule.meta?.[owner]?.passthrough === true ? [] : [[this.variants.nameOf(variations[owner]), run]],
    )
    if (isLast && when.length === 0) {
      const shares = sharesOf(served, bucketing)
      if (shares !== undefined) return void (this.rest = shares)
    }
    const byVariant = Map.groupBy(served, ([variant]) => variant)
    for (const [index, [variant, all]] of [...byVariant].entries())
      this.serve(
        `${id}-${index + 1}`,
        [
          ...when,
          bucketCondition(
            bucketing,
            all.map(([, run]) => run),
          ),
        ],
        variant,
      )
  }

  private serve(id: string, when: readonly object[], variant: string): void {
    if (when.length === 0) this.rest = variant
    else this.rules.push({ id, when: together(when), serve: variant })
  }

  private conditions({ condition }: Rule): readonly object[] {
    if (condition === undefined || Object.keys(condition).length === 0) return []
    return [{ $growthbook: written(condition, this.around.savedGroups, unit) }]
  }

  /** @returns undefined: a version of the hash that is not there lets nobody in, as in the original */
  private bucketing({ seed, hashAttribute, hashVersion = 1 }: Rule, otherwise: string): Bucketing | undefined {
    // In the original, a version of 0 is none.
    const version = hashVersion === 0 ? 1 : hashVersion
    const of = bucketCounts[version]
    if (of === undefined) return undefined
    return {
      bucketing: `growthbook-v${version}`,
      salt: given(seed) ?? otherwise,
      by: attribute(hashAttribute),
      of,
    }
  }
}

/** In the original, an empty text is none. */
const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
/** Whether a file can say it; what it cannot say is said in a rule. */
const isSalt = (salt: string): boolean => salt.trim() === salt && salt !== '' && salt.length <= 200
const attribute = (name: string | undefined): string => (given(name) === undefined || name === 'id' ? unit : name!)
const together = (all: readonly object[]): object => (all.length === 1 ? all[0]! : { all })
const bucketCondition = ({ bucketing, salt, by, of }: Bucketing, runs: readonly Run[]) => ({
  $bucket: { bucketing, salt, by: [by], of, in: runs },
})

/** As shares, where each variant has one run and they follow each other from the first bucket on: as slots are given away here. */
function sharesOf(served: readonly (readonly [variant: string, run: Run])[], bucketing: Bucketing): Split | undefined {
  let end = 0
  const serve: Record<string, string> = {}
  const { salt, of } = bucketing
  if (!isSalt(salt)) return undefined
  for (const [variant, [from, to]] of served) {
    if (from !== end || to === from || Object.hasOwn(serve, variant) || variant === '$code') return undefined
    end = to
    serve[variant] = `${((to - from) * (slotCount / of)) / 100}%`
  }
  return end === 0 ? undefined : { serve, bucketing }
}

/** @throws Refusal what would have to be remembered, or learnt, to be honoured */
function checkKnown(rule: Rule, stickyOff: boolean): void {
  if (Object.hasOwn(rule, 'contextualVariations') || Object.hasOwn(rule, 'contextualBanditRef'))
    throw new Refusal('a contextual bandit learns its weights as it goes', 'end it there, and serve what it found')
  if (stickyOff || rule.disableStickyBucketing === true) return
  const { fallbackAttribute, bucketVersion = 0, minBucketVersion = 0 } = rule
  if (fallbackAttribute !== undefined || bucketVersion > 0 || minBucketVersion > 0)
    throw new Refusal(
      'one of its rules is made for sticky bucketing: an SDK may remember there who was put where, and nobody does here',
      'turn it off for the rule there; or, where your SDKs do not use it, --sticky off',
    )
}
