import { Refusal } from '../../kernel/refusal.ts'
import type { Feature } from './definition.ts'

/** The values of a feature, by the names they have here. */
export type Variants = {
  readonly values: Readonly<Record<string, unknown>>
  /** The one of its default; `$code` where it has none. */
  readonly control: string
  nameOf(value: unknown): string
}

const isNothing = (value: unknown): value is null | undefined => value === null || value === undefined
const isName = (text: string) => /^(?!constructor$|__proto__$)[A-Za-z][\w.-]{0,99}$/.test(text)

/** @throws Refusal values of more than one type, or none at all */
export function variantsOf({ defaultValue, rules = [] }: Feature): Variants {
  const all = [defaultValue, ...rules.flatMap(({ force, variations = [] }) => [force, ...variations])].filter((value) => !isNothing(value))
  const types = new Set(all.map((value) => typeof value))
  if (types.size > 1)
    throw new Refusal(
      `it comes to values of different types (${[...types].join(', ')}), and code asks for one`,
      'make a feature of each type there',
    )
  if (types.size === 0) throw new Refusal('it has no value at all', 'give it a default value there')
  const names = new Map<string, string>()
  const values: Record<string, unknown> = {}
  for (const value of all) {
    const key = JSON.stringify(value)
    if (names.has(key)) continue
    const own = typeof value === 'boolean' ? (value ? 'on' : 'off') : typeof value === 'string' && isName(value) ? value : undefined
    const name = own !== undefined && !Object.hasOwn(values, own) ? own : `value-${names.size + 1}`
    if (Object.hasOwn(values, name)) throw new Refusal(`two of its values would be called "${name}"`, 'change one of them there')
    names.set(key, name)
    values[name] = value
  }
  const nameOf = (value: unknown) => (isNothing(value) ? '$code' : names.get(JSON.stringify(value))!)
  return { values, control: nameOf(defaultValue), nameOf }
}
