import { imported } from '../../../sdk/src/imported/index.ts'
import { messageOf } from '../../kernel/errors.ts'
import type { Condition, Requirement } from './flag.ts'

/** JsonLogic, as flagd reads it. */
export type Logic = unknown

/** What is wrong with a condition, and where in it. */
export type ConditionFault = { readonly path: readonly PropertyKey[]; readonly message: string; readonly help: string }

/** Deeper ones nobody understands, and evaluators differ in what they bear. */
export const depthMax = 16
const listMax = 1_000

const operators = ['in', 'not', 'startsWith', 'endsWith', 'atLeast', 'atMost', 'above', 'below', 'version', 'exists'] as const
const versionRule = /^(>=|<=|>|<|=|!=|\^|~) ?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)$/
const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every fault of a condition. Pure. */
export function conditionFaults(condition: unknown, path: readonly PropertyKey[] = [], depth = 1): readonly ConditionFault[] {
  const bad = (message: string, help: string, at = path) => [{ path: at, message, help }]
  if (!isMap(condition)) return bad('should be attributes and what they have to be', 'for example {country: [DE, AT]}')
  if (depth > depthMax) return bad(`is nested more than ${depthMax} deep`, 'take it apart into several rules')
  if (Object.keys(condition).length === 0) return bad('says nothing, so it would fit everybody', 'leave the rule out, or name an attribute')
  return Object.entries(condition).flatMap(([name, wanted]) => {
    const at = [...path, name]
    if (name === 'not') return conditionFaults(wanted, at, depth + 1)
    if (name === 'any' || name === 'all') {
      if (!Array.isArray(wanted) || wanted.length === 0)
        return bad('should be a list of conditions', 'for example [{country: DE}, {beta: true}]', at)
      return wanted.flatMap((one, index) => conditionFaults(one, [...at, index], depth + 1))
    }
    if (Object.hasOwn(foreign, name)) return foreignFaults(name, wanted, at)
    if (name === '$flag') return flagFaults(wanted, at)
    return wantedFaults(wanted, at)
  })
}

/** What flags that were brought in say in the words of others, and how the evaluator's operator is given it. */
const foreign: Readonly<Record<string, (wanted: unknown) => readonly [operator: string, args: readonly unknown[]]>> = {
  $bucket: (wanted) => {
    const { bucketing, salt, by, of, in: ranges } = isMap(wanted) ? wanted : {}
    return ['tw_bucket', [bucketing, salt, by, of, ...(Array.isArray(ranges) ? (ranges as unknown[]) : [ranges])]]
  },
  $unleash: (wanted) => ['tw_unleash', [wanted]],
  $growthbook: (wanted) => ['tw_growthbook', [wanted]],
}

function foreignFaults(name: string, wanted: unknown, path: readonly PropertyKey[]): readonly ConditionFault[] {
  const [operator, args] = foreign[name]!(wanted)
  try {
    imported.operators[operator]!(args, { now: Date.now })
    return []
  } catch (error) {
    return [{ path, message: messageOf(error), help: 'docs/flags-import.md says what can be honoured' }]
  }
}

function flagFaults(wanted: unknown, path: readonly PropertyKey[]): readonly ConditionFault[] {
  const isGood = isMap(wanted) && Object.keys(wanted).length > 0
  const bad = (at: readonly PropertyKey[]) => [
    { path: at, message: 'should be flags and the variants that they may come to', help: 'for example {chat: [on]}' },
  ]
  if (!isGood) return bad(path)
  return Object.entries(wanted).flatMap(([flag, variants]) =>
    Array.isArray(variants) && variants.length > 0 && variants.every((one) => typeof one === 'string') && isOfDifferent(variants)
      ? []
      : bad([...path, flag]),
  )
}

const isOfDifferent = (list: readonly unknown[]): boolean => new Set(list).size === list.length

function wantedFaults(wanted: unknown, path: readonly PropertyKey[]): readonly ConditionFault[] {
  const bad = (message: string, help: string, at = path) => [{ path: at, message, help }]
  if (isPlain(wanted)) return []
  if (Array.isArray(wanted)) return listFaults(wanted, path)
  if (!isMap(wanted)) return bad('should be a value, a list of values or an operator', `the operators are ${operators.join(', ')}`)
  if (Object.keys(wanted).length === 0) return bad('says nothing', `the operators are ${operators.join(', ')}`)
  return Object.entries(wanted).flatMap(([operator, value]) => {
    const at = [...path, operator]
    switch (operator as (typeof operators)[number]) {
      case 'in':
        return Array.isArray(value) ? listFaults(value, at) : bad('should be a list of values', 'for example [DE, AT]', at)
      case 'not':
        return isPlain(value)
          ? []
          : Array.isArray(value)
            ? listFaults(value, at)
            : bad('should be a value or a list of values', 'for example [DE, AT]', at)
      case 'startsWith':
      case 'endsWith':
        return typeof value === 'string' && value !== '' ? [] : bad('should be text', 'for example "@example.org"', at)
      case 'atLeast':
      case 'atMost':
      case 'above':
      case 'below':
        return typeof value === 'number' && Number.isFinite(value) ? [] : bad('should be a number', 'for example 18', at)
      case 'version':
        return typeof value === 'string' && versionRule.test(value)
          ? []
          : bad('should be a comparison with a version', 'for example ">= 1.2.0" (semantic versioning)', at)
      case 'exists':
        return typeof value === 'boolean' ? [] : bad('should be true or false', 'true: the attribute is there', at)
      default:
        return bad(`there is no operator "${operator}"`, `the operators are ${operators.join(', ')}`, at)
    }
  })
}

function listFaults(list: readonly unknown[], path: readonly PropertyKey[]): readonly ConditionFault[] {
  if (list.length === 0) return [{ path, message: 'is empty, so it fits nobody', help: 'name values, or leave the rule out' }]
  if (list.length > listMax)
    return [{ path, message: `has more than ${listMax} values`, help: 'put what they have in common into one attribute' }]
  return list.flatMap((value, index) =>
    isPlain(value) ? [] : [{ path: [...path, index], message: 'should be text, a number, true or false', help: 'for example DE' }],
  )
}

/**
 * A condition without faults as JsonLogic. An attribute that is not there fits nothing but `exists: false` and `not`; numbers are
 * compared only with numbers that are there, because JsonLogic would take a missing one for 0. Pure.
 * @param holds - whether another flag comes to a variant
 */
export function logicOf(condition: Condition, holds: (need: Requirement) => Logic): Logic {
  const parts = Object.entries(condition).map(([name, wanted]) => {
    if (name === 'not') return { '!': [logicOf(wanted as Condition, holds)] }
    if (name === 'any') return { or: (wanted as readonly Condition[]).map((one) => logicOf(one, holds)) }
    if (name === 'all') return { and: (wanted as readonly Condition[]).map((one) => logicOf(one, holds)) }
    if (name === '$flag') return flagsLogic(wanted as FlagsWanted, holds)
    if (Object.hasOwn(foreign, name)) {
      const [operator, args] = foreign[name]!(wanted)
      return { [operator]: args }
    }
    return wantedLogic({ var: [name] }, wanted)
  })
  return parts.length === 1 ? parts[0] : { and: parts }
}

type FlagsWanted = Readonly<Record<string, readonly string[]>>

function flagsLogic(wanted: FlagsWanted, holds: (need: Requirement) => Logic): Logic {
  const parts = Object.entries(wanted).map(([flag, variants]) => ({ or: variants.map((variant) => holds({ flag, variant })) }))
  return parts.length === 1 ? parts[0] : { and: parts }
}

/** The variants of other flags that a condition names, wherever in it. Pure. */
export function flagsIn(condition: Condition): readonly Requirement[] {
  return Object.entries(condition).flatMap(([name, wanted]) => {
    if (name === '$flag')
      return Object.entries(wanted as FlagsWanted).flatMap(([flag, variants]) => variants.map((variant) => ({ flag, variant })))
    if (name === 'not') return flagsIn(wanted as Condition)
    return name === 'any' || name === 'all' ? (wanted as readonly Condition[]).flatMap(flagsIn) : []
  })
}

function wantedLogic(attribute: Logic, wanted: unknown): Logic {
  if (isPlain(wanted)) return { '===': [attribute, wanted] }
  if (Array.isArray(wanted)) return { in: [attribute, wanted] }
  const parts = Object.entries(wanted as Readonly<Record<string, unknown>>).map(([operator, value]) =>
    operatorLogic(operator, attribute, value),
  )
  return parts.length === 1 ? parts[0] : { and: parts }
}

const there = (attribute: Logic): Logic => ({ '!==': [attribute, null] })
const comparisons: Readonly<Record<string, string>> = { atLeast: '>=', atMost: '<=', above: '>', below: '<' }

function operatorLogic(operator: string, attribute: Logic, value: unknown): Logic {
  switch (operator) {
    case 'in':
      return { in: [attribute, value] }
    case 'not':
      return { '!': [Array.isArray(value) ? { in: [attribute, value] } : { '===': [attribute, value] }] }
    case 'startsWith':
      return { starts_with: [attribute, value] }
    case 'endsWith':
      return { ends_with: [attribute, value] }
    case 'version': {
      const [, sign, version] = versionRule.exec(value as string)!
      return { sem_ver: [attribute, sign, version] }
    }
    case 'exists':
      return value === true ? there(attribute) : { '===': [attribute, null] }
    default:
      return { and: [there(attribute), { [comparisons[operator]!]: [attribute, value] }] }
  }
}
