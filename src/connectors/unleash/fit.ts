import { Refusal } from '../../kernel/refusal.ts'
import type { Constraint, Strategy } from './definition.ts'

/** In the words of a flag's file. */
export type Condition = Readonly<Record<string, unknown>>

/** Units whose bucket is below `to`, of a hundred. `by`: the first attribute that is there names the unit. */
export type Rollout = { readonly by: readonly string[]; readonly salt: string; readonly to: number }

/** Whom a strategy fits: everybody who meets all conditions, or of them the units of a rollout. */
export type Fit = { readonly when: readonly Condition[]; readonly rollout?: Rollout }

export type Choices = { readonly anonymousOff: boolean; readonly segments: ReadonlyMap<number, readonly Constraint[]> }

/** Who asks is named `targetingKey` by OpenFeature and `userId` by Unleash; its own provider takes the one for the other. */
export const attributeOf = (name: string): string => (name === 'userId' ? 'targetingKey' : name)

const chance = (what: string) =>
  new Refusal(
    `${what}, and rolls the dice for whoever has none of these at each request`,
    'with --anonymous off they get what the flag gives while it is off',
  )
const random = (what: string) =>
  new Refusal(
    `${what} rolls the dice at each request: nobody keeps what they saw`,
    'give it the stickiness userId there, or a percentage of 0 or 100',
  )

/** @throws Refusal what cannot be honoured. @returns undefined: it fits nobody */
export function fitOf(strategy: Strategy, choices: Choices): Fit | undefined {
  if (strategy.disabled === true)
    throw new Refusal(
      'one of its strategies is disabled',
      'export what clients are given (/api/client/features), where such strategies are left out',
    )
  const constraints = [...(strategy.constraints ?? [])]
  for (const id of strategy.segments ?? []) {
    const segment = choices.segments.get(id)
    // As in the original: a segment that is not there fits nobody.
    if (segment === undefined) return undefined
    constraints.push(...segment)
  }
  const own = ownFit(strategy, choices)
  return own === undefined ? undefined : { ...own, when: [...constraints.map(conditionOf), ...own.when] }
}

/** `appName` and the like are texts wherever they come from: there our own words say the same. */
const plain: ReadonlySet<string> = new Set(['userId', 'environment', 'appName'])
const listMax = 1_000

export function conditionOf(constraint: Constraint): Condition {
  const { contextName, operator, inverted } = constraint
  const values = (constraint.values ?? []).filter((one) => one !== '').map((one) => one.trim())
  const isList = operator === 'IN' || operator === 'NOT_IN'
  const name = attributeOf(contextName)
  if (!isList || !plain.has(contextName) || values.length === 0 || values.length > listMax) {
    const { value, values: written, caseInsensitive } = constraint
    return {
      $unleash: {
        contextName: name,
        operator,
        ...(written === undefined || written === null ? {} : { values: written }),
        ...(value === undefined || value === null ? {} : { value }),
        ...(inverted === true ? { inverted } : {}),
        ...(caseInsensitive === true ? { caseInsensitive } : {}),
      },
    }
  }
  const isIn = (operator === 'IN') !== (inverted === true)
  return { [name]: isIn ? values : { not: values } }
}

function ownFit({ name, parameters }: Strategy, choices: Choices): Fit | undefined {
  const text = (key: string): string => {
    const value = parameters?.[key]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const share = Math.floor(Math.min(100, Number(text(name === 'flexibleRollout' ? 'rollout' : 'percentage') || 'none')))
  const groupId = text('groupId')
  switch (name) {
    case 'default':
      return { when: [] }
    case 'userWithId': {
      const ids = listIn(text('userIds'))
      // More than a list of ours may have is told in their words.
      if (ids.length > listMax) return { when: [{ $unleash: { contextName: 'targetingKey', operator: 'IN', values: ids } }] }
      return ids.length === 0 ? undefined : { when: [{ targetingKey: ids }] }
    }
    case 'remoteAddress':
      return addressesFit(listIn(text('IPs')))
    case 'gradualRolloutUserId':
    case 'gradualRolloutSessionId':
      return share > 0
        ? { when: [], rollout: { by: [name === 'gradualRolloutUserId' ? 'targetingKey' : 'sessionId'], salt: groupId, to: share } }
        : undefined
    case 'gradualRolloutRandom':
      if (share > 0 && share < 100) throw random('the strategy gradualRolloutRandom')
      return share > 0 ? { when: [] } : undefined
    case 'flexibleRollout': {
      if (!(share > 0)) return undefined
      const stickiness = text('stickiness') || 'default'
      if (stickiness !== 'default' && stickiness !== 'random')
        return { when: [], rollout: { by: [attributeOf(stickiness)], salt: groupId, to: share } }
      if (share >= 100) return { when: [] }
      if (stickiness === 'random') throw random('flexibleRollout with the stickiness random')
      if (!choices.anonymousOff) throw chance('its rollout goes by userId, else by sessionId')
      return { when: [], rollout: { by: ['targetingKey', 'sessionId'], salt: groupId, to: share } }
    }
    case 'applicationHostname':
      throw new Refusal(
        'the strategy applicationHostname asks for the name of the host, which no context has',
        'give code an attribute with the name of its host, and constrain that',
      )
    default:
      throw new Refusal(
        `the strategy "${name}" is one of your own: what it does is in your code`,
        'put what it decides by into an attribute, and constrain that',
      )
  }
}

const listIn = (written: string): readonly string[] =>
  written
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

function addressesFit(addresses: readonly string[]): Fit | undefined {
  if (addresses.length === 0) return undefined
  // The strategy knows networks of IPv4 only, and compares the rest as texts.
  const networks = addresses.filter((one) => !one.includes(':'))
  const same = { $unleash: { contextName: 'remoteAddress', operator: 'IN', values: addresses } }
  const within = { $unleash: { contextName: 'remoteAddress', operator: 'IN_CIDR', values: networks } }
  return { when: [networks.length === 0 ? same : { any: [same, within] }] }
}

/** The variants' own dice: each a condition, in order; undefined: one variant gets all. */
export function stickinessOf(written: string | undefined, rollout: Rollout | undefined, choices: Choices): readonly string[] {
  const stickiness = written === undefined || written === '' ? 'default' : written
  if (stickiness === 'random') throw random('a variant with the stickiness random')
  const by = stickiness === 'default' ? ['targetingKey', 'sessionId', 'remoteAddress'] : [attributeOf(stickiness)]
  // Whom the rollout takes in has what names the unit.
  const isNamed = rollout !== undefined && rollout.by.every((one) => by.includes(one))
  if (!isNamed && !choices.anonymousOff) throw chance(`its variants go by ${by.join(', else by ').replace('targetingKey', 'userId')}`)
  return by
}
