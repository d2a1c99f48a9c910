import type { SettingView } from '../api/types.ts'
import { numberOf, percent } from './shares.ts'

const operators: Readonly<Record<string, string>> = {
  in: 'is',
  not: 'is not',
  startsWith: 'starts with',
  endsWith: 'ends with',
  atLeast: 'is at least',
  atMost: 'is at most',
  above: 'is above',
  below: 'is below',
  version: 'is a version',
}

type Words = Readonly<Record<string, unknown>>

/** What others say in their own words, and what only flags that came from them ask. */
const brought: Readonly<Record<string, (wanted: Words) => string>> = {
  $flag: (wanted) =>
    joined(
      Object.entries(wanted).map(([flag, variants]) => `the flag ${flag} is ${valueTold(variants)}`),
      ', and ',
    ),
  $bucket: ({ bucketing, by, of, in: ranges }) =>
    `the bucket of ${joined(listed(by), ', else ')} is ${joined(listed(ranges).map(rangeTold), ' or ')} of ${valueTold(of)} (${valueTold(bucketing)})`,
  $unleash: ({ contextName, operator, value, values, inverted, caseInsensitive }) =>
    `${inverted === true ? 'not: ' : ''}${valueTold(contextName)} ${valueTold(operator)} ${valueTold(values ?? value ?? '')}${caseInsensitive === true ? ', in any case' : ''} (Unleash)`,
  $growthbook: (wanted) => `${JSON.stringify(wanted)} (GrowthBook)`,
}

const listed = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : []

/** `[0,30]`: the second is left out. */
function rangeTold(range: string): string {
  const [from, to] = JSON.parse(range) as readonly [number, number]
  return to === from + 1 ? String(from) : `${from} to ${to - 1}`
}

/** Whom a rule fits: `country is DE or AT, and age is at least 18`. Pure. */
export function conditionTold(condition: unknown): string {
  if (!isMap(condition)) return JSON.stringify(condition)
  return joined(Object.entries(condition).flatMap(partTold), ', and ')
}

function partTold([name, wanted]: readonly [string, unknown]): readonly string[] {
  if (name === 'not') return [`not (${conditionTold(wanted)})`]
  if ((name === 'any' || name === 'all') && Array.isArray(wanted))
    return [`(${joined(wanted.map(conditionTold), name === 'any' ? '; or ' : '; and ')})`]
  if (!isMap(wanted)) return [`${name} is ${valueTold(wanted)}`]
  if (Object.hasOwn(brought, name)) return [brought[name]!(wanted)]
  return Object.entries(wanted).map(([operator, value]) => {
    if (operator === 'exists') return `${name} is ${value === true ? '' : 'not '}there`
    return `${name} ${operators[operator] ?? operator} ${valueTold(value)}`
  })
}

/** Of a long list the first few. */
const few = 8

function valueTold(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  const said = value.slice(0, few).map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  return joined(value.length > few ? [...said, `${value.length - few} more`] : said, ' or ')
}

const joined = (parts: readonly string[], by: string) => parts.join(by)
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is served: a variant, or shares of variants; the rest gets control. */
export function serveTold(serve: SettingView['serve']): string {
  if (typeof serve === 'string') return serve
  const shares = Object.entries(serve)
  return shares.length === 0 ? 'control' : shares.map(([variant, share]) => `${variant} ${percent(numberOf(share))}`).join(', ')
}
