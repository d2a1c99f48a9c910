import { Fault } from './fault.ts'
import { isTruthy, type Node, type Run } from './node.ts'
import { versionOf, versionOperators } from './sem-ver.ts'
import { checkLength, countStep } from './steps.ts'

type Operator = (args: readonly Node[]) => Run

const nothing: Run = () => null
const at = (args: readonly Node[], index: number): Run => args[index]?.run ?? nothing
const isSimple = (value: unknown): boolean => value === null || (typeof value !== 'object' && typeof value !== 'function')

/** Loose equality as JsonLogic has it, but an object or a list equals nothing: turning them into text would run code of theirs. */
// oxlint-disable-next-line eqeqeq -- looseness is what the operator is for
const looselyEqual = (one: unknown, other: unknown): boolean => isSimple(one) && isSimple(other) && one == other

function comparing(compare: (one: never, other: never) => boolean): Operator {
  const holds = (one: unknown, other: unknown): boolean => isSimple(one) && isSimple(other) && compare(one as never, other as never)
  return (args) => {
    const [one, other, third] = [at(args, 0), at(args, 1), at(args, 2)]
    if (args.length < 3) return (data) => holds(one(data), other(data))
    return (data) => {
      const middle = other(data)
      return holds(one(data), middle) && holds(middle, third(data))
    }
  }
}

function both(decide: (one: unknown, other: unknown) => unknown): Operator {
  return (args) => {
    const [one, other] = [at(args, 0), at(args, 1)]
    return (data) => decide(one(data), other(data))
  }
}

/** `{"if": [when, then, when, then, …, else]}` */
const choosing: Operator = (args) => {
  const last = args.length % 2 === 1 ? at(args, args.length - 1) : nothing
  if (args.length <= 3) {
    const [when, then] = [at(args, 0), at(args, 1)]
    return args.length === 1 ? last : (data) => (isTruthy(when(data)) ? then(data) : last(data))
  }
  return (data) => {
    for (let i = 0; i + 1 < args.length; i += 2) if (isTruthy(args[i]!.run(data))) return args[i + 1]!.run(data)
    return last(data)
  }
}

/** The first of which the truth is `wanted`, else the last. */
const firstThat =
  (wanted: boolean): Operator =>
  (args) =>
  (data) => {
    let value: unknown = null
    for (const arg of args) {
      value = arg.run(data)
      if (isTruthy(value) === wanted) return value
    }
    return value
  }

/** @throws Fault for what is no number, rather than to go on with NaN */
function numeric(value: unknown): number {
  const number = isSimple(value) ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw new Fault('the rule calculates with something that is not a number')
  return number
}

const calculating =
  (combine: (one: number, other: number) => number, alone: (one: number) => number = (one) => one): Operator =>
  (args) =>
  (data) => {
    let result = args.length === 0 ? 0 : numeric(args[0]!.run(data))
    if (args.length === 1) result = alone(result)
    for (let i = 1; i < args.length; i++) result = combine(result, numeric(args[i]!.run(data)))
    return numeric(result)
  }

/** The commonest condition of all, "is the attribute one of these", without a search when nothing but the list's place is known. */
const within: Operator = (args) => {
  const [one, list] = [at(args, 0), args[1]]
  const values = list?.constant?.value
  if (Array.isArray(values) && values.length > 8 && values.every(isSimple)) {
    const known = new Set<unknown>(values)
    return (data) => known.has(one(data))
  }
  if (Array.isArray(values)) return (data) => values.includes(one(data))
  const found = at(args, 1)
  return (data) => {
    const [item, place] = [one(data), found(data)]
    if (Array.isArray(place)) return place.includes(item)
    return typeof place === 'string' && item !== null && isSimple(item) && place.includes(String(item))
  }
}

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (isSimple(value)) return String(value)
  throw new Fault('the rule makes a text of an object or a list')
}

const concatenating: Operator = (args) => {
  const [one, other] = [at(args, 0), at(args, 1)]
  if (args.length === 2) return (data) => checkLength(textOf(one(data)) + textOf(other(data)))
  return (data) => {
    let text = ''
    for (const arg of args) text = checkLength(text + textOf(arg.run(data)))
    return text
  }
}

const substring: Operator = (args) => (data) => {
  const text = textOf(at(args, 0)(data))
  const from = Math.trunc(numeric(at(args, 1)(data)))
  const start = from < 0 ? Math.max(0, text.length + from) : from
  if (args.length < 3) return text.slice(start)
  const length = Math.trunc(numeric(at(args, 2)(data)))
  return length < 0 ? text.slice(start, Math.max(start, text.length + length)) : text.slice(start, start + length)
}

const merging: Operator = (args) => (data) => {
  const merged: unknown[] = []
  for (const arg of args) {
    const value = arg.run(data)
    for (const item of Array.isArray(value) ? value : [value]) {
      countStep()
      merged.push(item)
    }
  }
  return merged
}

/** null, not false, where there is nothing to compare, so that flagd's default variant is taken. */
const comparingText =
  (holds: (text: string, part: string) => boolean): Operator =>
  (args) => {
    const [one, other] = [at(args, 0), at(args, 1)]
    if (args.length !== 2) return nothing
    return (data) => {
      const [text, part] = [one(data), other(data)]
      return typeof text === 'string' && typeof part === 'string' ? holds(text, part) : null
    }
  }

const comparingVersions: Operator = (args) => {
  if (args.length !== 3) return nothing
  const [one, operator, other] = [at(args, 0), args[1]!, args[2]!]
  const fixed = other.constant === undefined ? undefined : versionOf(other.constant.value)
  return (data) => {
    const name = operator.run(data)
    const compare = typeof name === 'string' && Object.hasOwn(versionOperators, name) ? versionOperators[name] : undefined
    const [left, right] = [versionOf(one(data)), fixed ?? versionOf(other.run(data))]
    return compare === undefined || left === undefined || right === undefined ? null : compare(left, right)
  }
}

/** JsonLogic's operators on values, and flagd's on text and versions. */
export const operators: Readonly<Record<string, Operator>> = {
  if: choosing,
  '==': both(looselyEqual),
  '!=': both((one, other) => !looselyEqual(one, other)),
  '===': both((one, other) => one === other),
  '!==': both((one, other) => one !== other),
  '<': comparing((one, other) => one < other),
  '<=': comparing((one, other) => one <= other),
  '>': comparing((one, other) => one > other),
  '>=': comparing((one, other) => one >= other),
  '!': both((one) => !isTruthy(one)),
  '!!': both((one) => isTruthy(one)),
  and: firstThat(false),
  or: firstThat(true),
  in: within,
  '+': calculating((one, other) => one + other),
  '-': calculating(
    (one, other) => one - other,
    (one) => -one,
  ),
  '*': calculating((one, other) => one * other),
  '/': calculating((one, other) => one / other),
  '%': calculating((one, other) => one % other),
  max: calculating(Math.max),
  min: calculating(Math.min),
  merge: merging,
  cat: concatenating,
  substr: substring,
  starts_with: comparingText((text, part) => text.startsWith(part)),
  ends_with: comparingText((text, part) => text.endsWith(part)),
  sem_ver: comparingVersions,
}
