import { Refusal } from '../../kernel/refusal.ts'
import type { Condition } from './definition.ts'

type Groups = Readonly<Record<string, unknown>>
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A condition that fits nobody. */
const nobody: Condition = { $nor: [{}] }
/** Of a value, that it fits nothing. */
const nothing = { $in: [] }

/** A condition with the groups that it names written out, and who asks under the name it has here. */
export function written(condition: Condition, groups: Groups, unit: string, within: readonly string[] = []): Condition {
  const more: Condition[] = []
  const made: Record<string, unknown> = {}
  for (const [name, wanted] of Object.entries(condition)) {
    if (name === '$savedGroup') more.push(groupCondition(wanted, groups, unit, within))
    else if (name === '$not' && isMap(wanted)) made[name] = written(wanted, groups, unit, within)
    else if ((name === '$or' || name === '$nor' || name === '$and') && Array.isArray(wanted))
      made[name] = wanted.map((one) => (isMap(one) ? written(one, groups, unit, within) : (one as unknown)))
    else made[name === 'id' ? unit : name] = valueOf(wanted, groups)
  }
  return more.length === 0 ? made : { $and: [made, ...more] }
}

function groupCondition(reference: unknown, groups: Groups, unit: string, within: readonly string[]): Condition {
  const { id, attributeKey } = isMap(reference) ? reference : {}
  if (typeof id !== 'string' || within.includes(id)) return nobody
  const group = Object.hasOwn(groups, id) ? groups[id] : undefined
  if (!isMap(group)) return nobody
  if (group['type'] === 'condition') return isMap(group['condition']) ? written(group['condition'], groups, unit, [...within, id]) : nobody
  const key = attributeKey ?? group['attributeKey']
  if (group['type'] !== 'list' || typeof key !== 'string' || !Array.isArray(group['values'])) return nobody
  return { [key === 'id' ? unit : key]: { $in: group['values'] } }
}

/** `$inGroup` and `$notInGroup`, however deep. */
function valueOf(wanted: unknown, groups: Groups, depth = 1): unknown {
  if (depth > 64) throw new Refusal('a condition is nested deeper than 64', 'take it apart there')
  if (Array.isArray(wanted)) return wanted
  if (!isMap(wanted)) return wanted
  const made: Record<string, unknown> = {}
  const more: unknown[] = []
  for (const [name, value] of Object.entries(wanted)) {
    if (name !== '$inGroup' && name !== '$notInGroup') {
      made[name] = name === '$not' || name === '$elemMatch' || name === '$size' ? valueOf(value, groups, depth + 1) : value
      continue
    }
    const values = valuesOf(typeof value === 'string' && Object.hasOwn(groups, value) ? groups[value] : undefined)
    const operator = name === '$inGroup' ? '$in' : '$nin'
    more.push(values === undefined ? nothing : { [operator]: values })
  }
  for (const one of more as Readonly<Record<string, unknown>>[]) {
    for (const [operator, values] of Object.entries(one)) {
      if (Object.hasOwn(made, operator))
        throw new Refusal(`a condition has ${operator} beside a saved group`, 'take it apart with $and there')
      made[operator] = values
    }
  }
  return made
}

/** An unknown group is an empty one; undefined: it is none that can be read, and fits nobody. */
function valuesOf(group: unknown): readonly unknown[] | undefined {
  if (group === undefined) return []
  if (Array.isArray(group)) return group
  return isMap(group) && group['type'] === 'list' && Array.isArray(group['values']) ? group['values'] : undefined
}
