import { invalid } from '../../kernel/errors.ts'
import { checkTree, Refusal } from '../../kernel/refusal.ts'
import type { BroughtIn, ImportChoices, LeftOut, Translation } from '../../flow/flags/import.port.ts'
import { Feature, readDefinition, type Definition, type Variant } from './definition.ts'
import { fitOf, type Choices, type Condition, type Fit, type Rollout } from './fit.ts'
import { keysOf, variantRules, type Rule } from './variants.ts'

/**
 * Unleash's features as flags: one of true and false for each, as `isEnabled` answers; for one with variants a second, `NAME.variant`, as
 * `getVariant` does, which requires the first. Pure.
 * @param raw - what `/api/client/features` or `/api/client/delta` gives
 * @throws ThreewaysError `UNLEASH_INVALID`
 */
export function translate(raw: unknown, options: ImportChoices): Translation {
  const definition = readDefinition(raw)
  if (definition === undefined)
    throw invalid('UNLEASH_INVALID', {
      message: 'this is nothing that Unleash gives to its clients',
      help: 'give what /api/client/features answers: {"version": 2, "features": […]}',
    })
  const flags: BroughtIn[] = []
  const refused: LeftOut[] = []
  for (const feature of definition.features) {
    try {
      flags.push(...new Translating(feature, definition, options).flags())
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refused.push({ name: feature.name, reason: error.message, help: error.help })
    }
  }
  return { flags, refused }
}

/** Whether a file can say it; what it cannot say is said in a rule. */
const isSalt = (salt: string): boolean => salt.length <= 200 && salt.trim() === salt && salt !== ''

const nameOf = (feature: string) => `${feature}.variant`

/** One feature. */
class Translating {
  private readonly feature: Feature
  private readonly definition: Definition
  private readonly options: ImportChoices
  private readonly choices: Choices
  private readonly fits: readonly {
    readonly fit: Fit
    readonly group: string | undefined
    readonly variants: readonly Variant[]
    readonly stickiness: string | undefined
  }[]

  constructor(raw: { readonly name: string }, definition: Definition, options: ImportChoices) {
    checkTree(raw)
    const read = Feature.safeParse(raw)
    if (!read.success) {
      const [issue] = read.error.issues
      throw new Refusal(`${issue!.path.join('.')}: ${issue!.message}`, 'give what /api/client/features answers')
    }
    this.feature = read.data
    this.definition = definition
    this.options = options
    this.choices = { anonymousOff: options.anonymousOff, segments: definition.segments }
    const strategies = this.feature.strategies ?? []
    this.fits =
      strategies.length === 0
        ? [{ fit: { when: [] }, group: undefined, variants: [], stickiness: undefined }]
        : strategies.flatMap((strategy) => {
            const fit = fitOf(strategy, this.choices)
            if (fit === undefined) return []
            const { groupId, stickiness } = strategy.parameters ?? {}
            const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
            return [{ fit, group: String(text(groupId)), variants: strategy.variants ?? [], stickiness: text(stickiness) }]
          })
  }

  flags(): readonly BroughtIn[] {
    const one = this.boolean()
    const hasVariants =
      (this.feature.variants ?? []).length > 0 || (this.feature.strategies ?? []).some(({ variants }) => (variants ?? []).length > 0)
    if (!hasVariants) return [one]
    if (this.definition.features.some(({ name }) => name === nameOf(this.feature.name)))
      throw new Refusal(
        `its variants would become the flag "${nameOf(this.feature.name)}", and another feature is called so`,
        'rename one of the two there',
      )
    return [one, this.variant()]
  }

  private boolean(): BroughtIn {
    const needs = this.needs()
    const rules: Rule[] = [...needs.rules]
    let serve: string | Readonly<Record<string, string>> = 'off'
    let own: Rollout | undefined
    for (const [index, { fit }] of this.fits.entries()) {
      const isLast = index === this.fits.length - 1
      if (fit.when.length === 0 && fit.rollout === undefined) {
        serve = 'on'
        break
      }
      if (fit.when.length === 0 && isLast && isSalt(fit.rollout!.salt)) {
        own = fit.rollout
        serve = { on: `${fit.rollout!.to}%` }
      } else rules.push({ id: `strategy-${index + 1}`, when: together(conditionsOf(fit)), serve: 'on' })
    }
    const isOn = this.feature.enabled && !needs.never
    const state = !isOn ? 'off' : typeof serve === 'string' ? 'on' : 'ramp'
    return this.brought(
      this.feature.name,
      {
        variants: { off: false, on: true },
        control: 'off',
        ...this.bucketing(own),
        ...(needs.requires.length === 0 ? {} : { requires: needs.requires }),
        environments: { [this.options.environment]: { state, ...(rules.length === 0 ? {} : { rules }), serve } },
      },
      [...needs.requires.map(({ flag }) => flag), ...needs.asks],
      needs.notes,
    )
  }

  private variant(): BroughtIn {
    const all = [...this.fits.flatMap(({ variants }) => variants), ...(this.feature.variants ?? [])]
    const keys = keysOf(all)
    const rules: Rule[] = []
    let serve = 'disabled'
    for (const [index, { fit, group, variants, stickiness }] of this.fits.entries()) {
      // Of its own it is asked only where one of them has a weight.
      const isOwn = variants.some(({ weight }) => weight > 0)
      const chosen = isOwn ? variants : (this.feature.variants ?? [])
      const made = variantRules(`strategy-${index + 1}`, conditionsOf(fit), keys, {
        variants: chosen,
        salt: isOwn ? group! : this.feature.name,
        stickiness: chosen[0]?.stickiness ?? (isOwn ? stickiness : undefined),
        rollout: fit.rollout,
        choices: this.choices,
      })
      rules.push(...made.rules)
      if (made.rest !== undefined) {
        serve = made.rest
        break
      }
    }
    return this.brought(
      nameOf(this.feature.name),
      {
        variants: { disabled: { name: 'disabled' }, ...Object.fromEntries([...keys.values()].map(({ key, value }) => [key, value])) },
        control: 'disabled',
        ...this.bucketing(undefined),
        requires: [{ flag: this.feature.name, variant: 'on' }],
        environments: {
          [this.options.environment]: { state: this.feature.enabled ? 'on' : 'off', ...(rules.length === 0 ? {} : { rules }), serve },
        },
      },
      [this.feature.name],
      [],
    )
  }

  private brought(flag: string, more: object, asks: readonly string[], notes: readonly string[]): BroughtIn {
    const { description, name } = this.feature
    const attributes = [...new Set(this.fits.flatMap(({ fit }) => [...fit.when.flatMap(attributesIn), ...(fit.rollout?.by ?? [])]))].filter(
      (one) => one !== 'targetingKey',
    )
    const document = {
      flag,
      ...(description === undefined || description === null || description.trim() === ''
        ? {}
        : { description: description.trim().slice(0, 1_000) }),
      owner: this.options.owner,
      ...this.purpose(),
      ...more,
    }
    const told = attributes.length === 0 ? [] : [`code has to give ${attributes.join(', ')}`]
    return { flag, from: name, document, asks, notes: [...notes, ...told] }
  }

  private purpose(): object {
    const { expires } = this.options
    const { type } = this.feature
    if (type === 'permission') return { purpose: 'permission', expires: expires ?? 'never' }
    if (expires !== undefined && (type === 'release' || type === 'experiment')) return { purpose: type, expires }
    return { purpose: 'operations', expires: expires ?? 'never' }
  }

  /** How whom no rule fits is bucketed: as the rollout that is the rest, else as the first there is. */
  private bucketing(own: Rollout | undefined): object {
    const rollout = own ?? this.fits.find(({ fit }) => fit.rollout !== undefined && isSalt(fit.rollout.salt))?.fit.rollout
    if (rollout === undefined) return {}
    return { bucketing: 'unleash-v1', bucketBy: rollout.by.join('|'), salt: rollout.salt }
  }

  /** What it depends on. `never`: that cannot be met. */
  private needs() {
    const requires: { flag: string; variant: string }[] = []
    const rules: Rule[] = []
    const asks: string[] = []
    const notes: string[] = []
    for (const [index, { feature: parent, enabled, variants }] of (this.feature.dependencies ?? []).entries()) {
      const found = this.definition.features.find(({ name }) => name === parent)
      const read = found === undefined ? undefined : Feature.safeParse(found).data
      // As in the original: what is not there, or depends on others itself, is never met.
      if (found === undefined) notes.push(`off, because "${parent}", on which it depends, is not there`)
      else if ((read?.dependencies ?? []).length > 0) notes.push(`off, because "${parent}", on which it depends, depends on others itself`)
      else if (enabled === false) requires.push({ flag: parent, variant: 'off' })
      else {
        requires.push({ flag: parent, variant: 'on' })
        if (variants === undefined || variants === null || variants.length === 0 || read === undefined) continue
        const names = variantNames(read)
        if (names === undefined) {
          if (!variants.includes('disabled')) notes.push(`off, because "${parent}" has no variants, and it depends on one`)
          continue
        }
        const wanted = variants.flatMap((name) => names.get(name) ?? [])
        if (wanted.length === 0) notes.push(`off, because "${parent}" has no variant that it depends on`)
        else {
          asks.push(nameOf(parent))
          rules.push({ id: `depends-${index + 1}`, when: { not: { $flag: { [nameOf(parent)]: wanted } } }, serve: 'off' })
        }
      }
    }
    return { requires, rules, asks, notes, never: notes.length > 0 }
  }
}

/** Names of a feature's variants, and what they are called in its flag; undefined: it has none. */
function variantNames(feature: Feature): ReadonlyMap<string, readonly string[]> | undefined {
  const all = [...(feature.strategies ?? []).flatMap(({ variants }) => variants ?? []), ...(feature.variants ?? [])]
  if (all.length === 0) return undefined
  const names = new Map<string, string[]>([['disabled', ['disabled']]])
  for (const { key, value } of keysOf(all).values()) names.set(value.name, [...(names.get(value.name) ?? []), key])
  return names
}

const together = (conditions: readonly Condition[]): Condition => (conditions.length === 1 ? conditions[0]! : { all: conditions })

const conditionsOf = ({ when, rollout }: Fit): readonly Condition[] =>
  rollout === undefined
    ? when
    : [...when, { $bucket: { bucketing: 'unleash-v1', salt: rollout.salt, by: rollout.by, of: 100, in: [[0, rollout.to]] } }]

/** Attributes that conditions ask for. */
function attributesIn(condition: Condition): readonly string[] {
  return Object.entries(condition).flatMap(([name, wanted]) => {
    if (name === 'any') return (wanted as readonly Condition[]).flatMap(attributesIn)
    return name === '$unleash' ? [(wanted as { readonly contextName: string }).contextName] : [name]
  })
}
