import { Refusal } from '../../kernel/refusal.ts'
import type { Variant } from './definition.ts'
import { attributeOf, stickinessOf, type Choices, type Condition, type Rollout } from './fit.ts'

/** A rule in the words of a flag's file. */
export type Rule = { readonly id: string; readonly when: Condition; readonly serve: string }

type Value = { readonly name: string; readonly payload?: unknown }
/** What each variant is called in the flag, and its value there; by {@link identity}. */
export type Keys = ReadonlyMap<string, { readonly key: string; readonly value: Value }>

const identity = ({ name, payload }: Variant): string => JSON.stringify([name, payload ?? null])
const isKey = (name: string) => /^(?!constructor$|__proto__$|disabled$)[A-Za-z][\w.-]{0,99}$/.test(name)

/** The same name with another payload, in another strategy, is another variant. */
export function keysOf(variants: readonly Variant[]): Keys {
  const keys = new Map<string, { key: string; value: Value }>()
  const taken = new Set<string>()
  for (const variant of variants) {
    if (keys.has(identity(variant))) continue
    const key = isKey(variant.name) && !taken.has(variant.name) ? variant.name : `variant-${keys.size + 1}`
    if (taken.has(key)) throw new Refusal(`its variants cannot be told apart by name: "${key}"`, 'rename them there')
    taken.add(key)
    const { payload } = variant
    keys.set(identity(variant), { key, value: { name: variant.name, ...(payload === undefined || payload === null ? {} : { payload }) } })
  }
  return keys
}

type Choosing = {
  readonly variants: readonly Variant[]
  readonly salt: string
  readonly stickiness: string | null | undefined
  readonly rollout: Rollout | undefined
  readonly choices: Choices
}

/**
 * Rules for the variants of one strategy.
 * @param conditions - whom the strategy fits: nobody else is asked
 * @returns `rest`: where the strategy fits everybody, what those get whom none of the rules fits
 */
export function variantRules(
  id: string,
  conditions: readonly Condition[],
  keys: Keys,
  { variants, salt, stickiness, rollout, choices }: Choosing,
): { readonly rules: readonly Rule[]; readonly rest: string | undefined } {
  const rules: Rule[] = []
  const add = (part: string, more: readonly Condition[], serve: string) => {
    const all = [...conditions, ...more]
    rules.push({ id: `${id}-${part}`, when: all.length === 1 ? all[0]! : { all }, serve })
  }
  const finish = (serve: string) => {
    if (conditions.length === 0) return { rules, rest: serve }
    add('rest', [], serve)
    return { rules, rest: undefined }
  }
  const keyOf = (variant: Variant) => keys.get(identity(variant))!.key
  if (!variants.every(({ weight }) => Number.isInteger(weight) && weight >= 0))
    throw new Refusal('a weight of its variants is no whole number', 'correct it there')
  const total = variants.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return finish('disabled')
  for (const [index, variant] of variants.entries())
    for (const [number, { contextName, values }] of (variant.overrides ?? []).entries())
      add(
        `override-${index + 1}-${number + 1}`,
        [{ $unleash: { contextName: attributeOf(contextName), operator: 'IN', values } }],
        keyOf(variant),
      )
  const weighted = variants.filter(({ weight }) => weight > 0)
  if (weighted.length === 1) return finish(keyOf(weighted[0]!))
  const by = stickinessOf(stickiness ?? undefined, rollout, choices)
  let from = 0
  for (const [index, variant] of variants.entries()) {
    const to = from + variant.weight
    if (variant.weight > 0)
      add(
        `variant-${index + 1}`,
        [{ $bucket: { bucketing: 'unleash-variants-v1', salt, by, of: total, in: [[from, to]] } }],
        keyOf(variant),
      )
    from = to
  }
  return finish('disabled')
}
