import { Fault } from '../evaluate/fault.ts'
import { isMap } from '../evaluate/flag-set.ts'
import type { Run } from '../evaluate/node.ts'
import { countStep } from '../evaluate/steps.ts'
import { patternOf } from './pattern.ts'
import { NoPattern } from './pattern-parts.ts'

type Test = (value: unknown) => boolean
type Map = Readonly<Record<string, unknown>>

const depthMax = 64

/**
 * `{"tw_growthbook": [condition]}`: a condition of GrowthBook, in its own words, with its own rules of what equals what.
 * @throws Fault an operator that is not known, a pattern that cannot be honoured
 */
export function growthbookCondition([written]: readonly unknown[]): Run {
  return conditionOf(written, 1)
}

function conditionOf(condition: unknown, depth: number): Test {
  if (depth > depthMax) throw new Fault(`a condition is nested deeper than ${depthMax}`)
  if (!isMap(condition)) throw new Fault('a condition of GrowthBook is an object')
  const tests = Object.entries(condition).map(([name, wanted]): Test => {
    switch (name) {
      case '$or':
        return anyOf(wanted, depth)
      case '$nor':
        return not(anyOf(wanted, depth))
      case '$and':
        return every(listOf(wanted, name).map((one) => conditionOf(one, depth + 1)))
      case '$not':
        return not(conditionOf(wanted, depth + 1))
      default: {
        if (name.startsWith('$')) throw unknown(name)
        const path = name.split('.')
        const test = valueTest(wanted, depth + 1)
        return (data) => test(at(data, path))
      }
    }
  })
  return every(tests)
}

const unknown = (name: string) => new Fault(`GrowthBook's operator ${name} is not known here`)
const not =
  (test: Test): Test =>
  (value) =>
    !test(value)
const every =
  (tests: readonly Test[]): Test =>
  (value) =>
    tests.every((test) => test(value))

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Fault(`${name} takes a list`)
  return value
}

/** Of no conditions at all, one is always met: so the original has it. */
function anyOf(wanted: unknown, depth: number): Test {
  const tests = listOf(wanted, '$or').map((one) => conditionOf(one, depth + 1))
  return (value) => tests.length === 0 || tests.some((test) => test(value))
}

/** null where there is nothing; own members only. */
function at(data: unknown, path: readonly string[]): unknown {
  let value = data
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null
    value = (value as Map)[name]
  }
  return value
}

/** What JavaScript makes of a list or an object where it compares it, without running code of theirs. */
function primitive(value: unknown): string | number | boolean | null | undefined {
  if (Array.isArray(value))
    return value
      .map((item) => {
        countStep()
        return item === null || item === undefined ? '' : String(primitive(item))
      })
      .join(',')
  return typeof value === 'object' && value !== null ? '[object Object]' : (value as string | number | boolean | null | undefined)
}

const isOperators = (wanted: Map): boolean => {
  const names = Object.keys(wanted)
  return names.length > 0 && names.every((name) => name.startsWith('$'))
}

function valueTest(wanted: unknown, depth: number, insensitive = false): Test {
  if (depth > depthMax) throw new Fault(`a condition is nested deeper than ${depthMax}`)
  if (typeof wanted === 'string') {
    const folded = wanted.toLowerCase()
    return insensitive ? (value) => String(primitive(value)).toLowerCase() === folded : (value) => String(primitive(value)) === wanted
  }
  if (typeof wanted === 'number') return (value) => Number(primitive(value)) === wanted
  if (typeof wanted === 'boolean') return (value) => value !== null && Boolean(value) === wanted
  if (wanted === null) return (value) => value === null
  if (!isMap(wanted) || !isOperators(wanted)) {
    const text = JSON.stringify(wanted)
    return (value) => JSON.stringify(value) === text
  }
  return every(Object.entries(wanted).map(([operator, argument]) => operatorTest(operator, argument, depth + 1)))
}

type Ordering = (one: never, other: never) => boolean
const orderings: Readonly<Record<string, Ordering>> = {
  lt: (one, other) => one < other,
  lte: (one, other) => one <= other,
  gt: (one, other) => one > other,
  gte: (one, other) => one >= other,
  eq: (one, other) => one === other,
  ne: (one, other) => one !== other,
}

function operatorTest(operator: string, wanted: unknown, depth: number): Test {
  const name = operator.slice(1)
  const ordering = (key: string): Ordering | undefined => (Object.hasOwn(orderings, key) ? orderings[key] : undefined)
  const versions = name.startsWith('v') ? ordering(name.slice(1)) : undefined
  if (versions !== undefined) {
    const version = paddedVersion(wanted)
    return (value) => versions(paddedVersion(value) as never, version as never)
  }
  switch (operator) {
    case '$eq':
      return (value) => value === wanted
    case '$ne':
      return (value) => value !== wanted
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte': {
      const [compare, limit] = [ordering(name)!, primitive(wanted)]
      return (value) => compare(primitive(value) as never, limit as never)
    }
    case '$exists':
      return (value) => (value !== null && value !== undefined) === Boolean(wanted)
    case '$in':
      return among(wanted, false)
    case '$ini':
      return among(wanted, true)
    case '$nin':
      return Array.isArray(wanted) ? not(among(wanted, false)) : () => false
    case '$nini':
      return Array.isArray(wanted) ? not(among(wanted, true)) : () => false
    case '$not':
      return not(valueTest(wanted, depth))
    case '$size': {
      const test = valueTest(wanted, depth)
      return (value) => Array.isArray(value) && test(value.length)
    }
    case '$elemMatch':
      return elementTest(wanted, depth)
    case '$all':
      return allOf(wanted, depth, false)
    case '$alli':
      return allOf(wanted, depth, true)
    case '$regex':
      return pattern(wanted, false)
    case '$regexi':
      return pattern(wanted, true)
    case '$type':
      return (value) => typeName(value) === wanted
    default:
      throw unknown(operator)
  }
}

const typeName = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
const folded = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)

/** Of a list, one item is enough. */
function among(wanted: unknown, insensitive: boolean): Test {
  if (!Array.isArray(wanted)) return () => false
  const known = new Set<unknown>(insensitive ? wanted.map(folded) : wanted)
  const isKnown = (value: unknown): boolean => {
    countStep()
    return known.has(insensitive ? folded(value) : value)
  }
  return (value) => (Array.isArray(value) ? value.some(isKnown) : isKnown(value))
}

function elementTest(wanted: unknown, depth: number): Test {
  if (!isMap(wanted)) throw new Fault('$elemMatch takes a condition')
  const test = isOperators(wanted) ? valueTest(wanted, depth) : conditionOf(wanted, depth)
  return (value) =>
    Array.isArray(value) &&
    value.some((item) => {
      countStep()
      return item !== null && item !== undefined && test(item)
    })
}

function allOf(wanted: unknown, depth: number, insensitive: boolean): Test {
  if (!Array.isArray(wanted)) return () => false
  const tests = wanted.map((one) => valueTest(one, depth, insensitive))
  return (value) =>
    Array.isArray(value) &&
    tests.every((test) =>
      value.some((item) => {
        countStep()
        return test(item)
      }),
    )
}

function pattern(wanted: unknown, insensitive: boolean): Test {
  if (typeof wanted !== 'string') return () => false
  try {
    const isFound = patternOf(wanted, 'js', insensitive)
    return (value) => isFound(String(primitive(value)))
  } catch (error) {
    // As in the original: what is no pattern fits nothing.
    if (error instanceof NoPattern) return () => false
    throw error
  }
}

/** Versions as texts that are in their order; what is none is `0`. */
function paddedVersion(value: unknown): string {
  const written = typeof value === 'number' ? String(value) : value
  const text = typeof written === 'string' && written !== '' ? written : '0'
  const parts = text.replaceAll(/(^v|\+.*$)/g, '').split(/[-.]/)
  // Without a pre-release it comes after all of its pre-releases: ~ is behind every letter.
  if (parts.length === 3) parts.push('~')
  return parts.map((part) => (/^[0-9]+$/.test(part) ? part.padStart(5, ' ') : part)).join('-')
}
