import { Fault } from '../evaluate/fault.ts'
import { isMap } from '../evaluate/flag-set.ts'
import type { Run } from '../evaluate/node.ts'
import { compareVersions, versionOf } from '../evaluate/sem-ver.ts'
import { inNetwork, networkOf } from './address.ts'
import { patternOf } from './pattern.ts'
import { NoPattern } from './pattern-parts.ts'

type Constraint = {
  readonly contextName: string
  readonly operator: string
  readonly value: string
  readonly values: readonly string[]
  readonly inverted: boolean
  readonly caseInsensitive: boolean
}
type Holds = (value: string | undefined) => boolean
type Maker = (constraint: Constraint, now: () => number) => Holds

const compares: Readonly<Record<string, (order: number) => boolean>> = {
  EQ: (order) => order === 0,
  GT: (order) => order > 0,
  GTE: (order) => order >= 0,
  LT: (order) => order < 0,
  LTE: (order) => order <= 0,
}

const within =
  (isIn: boolean): Maker =>
  ({ values }) => {
    const wanted = new Set(values)
    return (value) => (value !== undefined && wanted.has(value)) === isIn
  }

const text =
  (holds: (text: string, part: string) => boolean): Maker =>
  ({ values, caseInsensitive }) => {
    const parts = caseInsensitive ? values.map((one) => one.toLowerCase()) : values
    return (value) => {
      if (value === undefined) return false
      const found = caseInsensitive ? value.toLowerCase() : value
      return parts.some((part) => holds(found, part))
    }
  }

const number =
  (holds: (order: number) => boolean): Maker =>
  ({ value: written }) => {
    const wanted = Number(written)
    return (value) => {
      const found = Number(value)
      return !Number.isNaN(wanted) && !Number.isNaN(found) && holds(found === wanted ? 0 : found - wanted)
    }
  }

/** Three numbers and no leading v, which `versionOf` would forgive. */
const strictVersion = (raw: string | undefined) =>
  raw !== undefined && !/^v/i.test(raw) && raw.split(/[-+]/, 1)[0]!.split('.').length === 3 ? versionOf(raw) : undefined

const version =
  (holds: (order: number) => boolean): Maker =>
  ({ value: written }) => {
    const wanted = strictVersion(written.replace(/^v/, ''))
    return (value) => {
      const found = strictVersion(value)
      return wanted !== undefined && found !== undefined && holds(compareVersions(found, wanted))
    }
  }

const date =
  (isAfter: boolean): Maker =>
  ({ value: written }, now) => {
    const wanted = new Date(written).getTime()
    return (value) => {
      const found = value === undefined || value === '' ? now() : new Date(value).getTime()
      return isAfter ? found > wanted : found < wanted
    }
  }

const pattern: Maker = ({ value: written, caseInsensitive }) => {
  try {
    const isFound = patternOf(written, 're2', caseInsensitive)
    return (value) => value !== undefined && isFound(value)
  } catch (error) {
    // As in the original: what is no pattern fits nothing.
    if (error instanceof NoPattern) return () => false
    throw error
  }
}

const network: Maker = ({ values }) => {
  const networks = values.map(networkOf).filter((one) => one !== undefined)
  return (value) => {
    const address = value === undefined ? undefined : networkOf(value)
    return address !== undefined && networks.some((one) => inNetwork(address, one))
  }
}

const makers: Readonly<Record<string, Maker>> = {
  IN: within(true),
  NOT_IN: within(false),
  STR_STARTS_WITH: text((one, part) => one.startsWith(part)),
  STR_ENDS_WITH: text((one, part) => one.endsWith(part)),
  STR_CONTAINS: text((one, part) => one.includes(part)),
  ...Object.fromEntries(
    Object.entries(compares).flatMap(([name, holds]) => [
      [`NUM_${name}`, number(holds)],
      [`SEMVER_${name}`, version(holds)],
    ]),
  ),
  DATE_AFTER: date(true),
  DATE_BEFORE: date(false),
  REGEX: pattern,
  IN_CIDR: network,
}

/** What Unleash constrains by, as it names them. */
export const unleashOperators: readonly string[] = Object.keys(makers)

/** Names of an own member only, as text. */
function attribute(data: unknown, name: string): string | undefined {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, name)) return undefined
  const value = (data as Readonly<Record<string, unknown>>)[name]
  if (value instanceof Date) return value.toISOString()
  // What is no simple value has no text: to make one would run code of whoever asks.
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/**
 * `{"tw_unleash": [constraint]}`: a constraint of Unleash, in its own words.
 * @throws Fault an operator that is not known, a pattern that cannot be honoured
 */
export function unleashConstraint([written]: readonly unknown[], { now }: { readonly now: () => number }): Run {
  if (!isMap(written)) throw new Fault('a constraint is an object')
  const { contextName, operator, value, values, inverted, caseInsensitive } = written
  if (typeof contextName !== 'string' || contextName === '') throw new Fault('a constraint names what it is about (contextName)')
  if (typeof operator !== 'string' || !Object.hasOwn(makers, operator))
    throw new Fault(`Unleash has no operator "${String(operator)}"; it has ${unleashOperators.join(', ')}`)
  if (values !== undefined && values !== null && !(Array.isArray(values) && values.every((one) => typeof one === 'string')))
    throw new Fault('the values of a constraint are a list of texts')
  const holds = makers[operator]!(
    {
      contextName,
      operator,
      value: value === undefined || value === null ? '' : String(value as string | number),
      values: ((values ?? []) as readonly string[]).filter((one) => one !== '').map((one) => one.trim()),
      inverted: inverted === true,
      caseInsensitive: caseInsensitive === true,
    },
    now,
  )
  // Only the time of the context is asked for where a date is compared.
  const name = operator.startsWith('DATE_') ? 'currentTime' : contextName
  return (data) => holds(attribute(data, name)) !== (inverted === true)
}
