import { depthMax } from './compile.ts'
import { weightMax } from './bucket.ts'
import { isMap } from './flag-set.ts'
import { versionOf, versionOperators } from './sem-ver.ts'

export type Path = readonly PropertyKey[]
export type Report = (path: Path, message: string) => void

/** `within`: the shared rules that this one is reached through. */
type Place = { readonly shared: Readonly<Record<string, unknown>>; readonly within: readonly string[] }

/** How many arguments an operator takes: at least, at most. */
const counts: Readonly<Record<string, readonly [number, number]>> = {
  if: [1, Infinity],
  '==': [2, 2],
  '===': [2, 2],
  '!=': [2, 2],
  '!==': [2, 2],
  '>': [2, 2],
  '>=': [2, 2],
  '<': [2, 3],
  '<=': [2, 3],
  '!': [1, 1],
  '!!': [1, 1],
  or: [1, Infinity],
  and: [1, Infinity],
  in: [2, 2],
  '+': [1, Infinity],
  '-': [1, Infinity],
  '*': [2, Infinity],
  '/': [2, 2],
  '%': [2, 2],
  max: [1, Infinity],
  min: [1, Infinity],
  merge: [1, Infinity],
  cat: [1, Infinity],
  substr: [2, 3],
  map: [2, 2],
  filter: [2, 2],
  all: [2, 2],
  none: [2, 2],
  some: [2, 2],
  reduce: [3, 3],
  starts_with: [2, 2],
  ends_with: [2, 2],
  sem_ver: [3, 3],
  fractional: [1, Infinity],
}

/** Every fault of a rule. Never throws, however deep it is. */
export function ruleFaults(rule: unknown, path: Path, place: Place, report: Report, depth = 1): void {
  if (depth > depthMax) return report(path, `is nested deeper than ${depthMax}: take the rule apart`)
  if (Array.isArray(rule)) {
    for (const [index, item] of rule.entries()) ruleFaults(item, [...path, index], place, report, depth + 1)
  } else if (isMap(rule)) operationFaults(rule, path, place, report, depth)
  else if (typeof rule === 'number' && !Number.isFinite(rule)) report(path, 'should be a finite number')
}

function operationFaults(rule: Readonly<Record<string, unknown>>, path: Path, place: Place, report: Report, depth: number): void {
  const names = Object.keys(rule)
  if (names.length === 0) return depth > 1 ? report(path, 'should have an operator') : undefined
  if (names.length > 1) return report(path, `should have one operator, and has ${names.length}`)
  const operator = names[0]!
  const at = [...path, operator]
  const given = rule[operator]
  const check = checks[operator]
  if (check !== undefined && Object.hasOwn(checks, operator)) return check(given, at, place, report, depth)
  if (!Object.hasOwn(counts, operator)) return report(path, `there is no operator "${operator}"`)
  const unary = operator === '!' || operator === '!!'
  const args = Array.isArray(given) ? given : unary ? [given] : undefined
  if (args === undefined) return report(at, 'should be a list of arguments')
  const [least, most] = counts[operator]!
  if (args.length < least || args.length > most)
    report(
      at,
      `takes ${most === least ? least : most === Infinity ? `at least ${least}` : `${least} to ${most}`} arguments, and has ${args.length}`,
    )
  special[operator]?.(args, at, report)
  for (const [index, arg] of args.entries()) ruleFaults(arg, [...at, index], place, report, depth + 1)
}

type Check = (given: unknown, path: Path, place: Place, report: Report, depth: number) => void

const checks: Readonly<Record<string, Check>> = {
  $ref: referenceFaults,
  var: (given, path, place, report, depth) =>
    isMap(given) ? ruleFaults(given, path, place, report, depth + 1) : variableFaults(given, path, report),
  missing: (given, path, _, report) => {
    if (!isListOfTexts(given)) report(path, 'should be a list of names')
  },
  missing_some: (given, path, _, report) => {
    const [least, names, ...more] = Array.isArray(given) ? (given as unknown[]) : []
    if (typeof least !== 'number' || !isListOfTexts(names) || more.length > 0) report(path, 'should be a number and a list of names')
  },
}

function referenceFaults(given: unknown, path: Path, { shared, within }: Place, report: Report): void {
  if (typeof given !== 'string') return report(path, 'should be the name of a shared rule')
  if (!Object.hasOwn(shared, given)) return report(path, `there is no shared rule "${given}" in $evaluators`)
  if (leadsBack(given, within, shared)) report(path, `leads back to itself: ${[...within, given].join(' > ')}`)
}

/** Whether one of the rules that led here is reached again from the rule of this name. */
function leadsBack(name: string, within: readonly string[], shared: Readonly<Record<string, unknown>>): boolean {
  const seen = new Set<string>()
  const open: unknown[] = [{ $ref: name }]
  while (open.length > 0) {
    const part = open.pop()
    if (typeof part !== 'object' || part === null) continue
    const ref = (part as Readonly<Record<string, unknown>>)['$ref']
    if (typeof ref !== 'string') open.push(...Object.values(part))
    else if (within.includes(ref)) return true
    else if (!seen.has(ref) && Object.hasOwn(shared, ref)) {
      seen.add(ref)
      open.push(shared[ref])
    }
  }
  return false
}

const flagdNames: readonly unknown[] = ['$flagd.flagKey', '$flagd.timestamp']

function variableFaults(given: unknown, path: Path, report: Report): void {
  const [name, ...more] = Array.isArray(given) ? (given as unknown[]) : [given]
  if (Array.isArray(given) && given.length === 0) return report(path, 'should name an attribute')
  if (Array.isArray(given) && typeof name !== 'string') report(path, 'should name an attribute')
  if (typeof name === 'string' && name.startsWith('$flagd.') && !flagdNames.includes(name)) report(path, `flagd does not know "${name}"`)
  if (more.some((value) => typeof value === 'object' && value !== null))
    report(path, 'takes a text, a number, true, false or null as default')
}

const isListOfTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

type Special = (args: readonly unknown[], path: Path, report: Report) => void

const textsOrRules: Special = (args, path, report) => {
  for (const [index, arg] of args.entries())
    if (typeof arg !== 'string' && !isMap(arg)) report([...path, index], 'should be a text or a rule')
}

/** What some operators want of their arguments beyond being rules. */
const special: Readonly<Record<string, Special>> = {
  starts_with: textsOrRules,
  ends_with: textsOrRules,
  sem_ver: versionFaults,
  fractional: splitFaults,
}

function versionFaults(args: readonly unknown[], path: Path, report: Report): void {
  for (const index of [0, 2])
    if (!isMap(args[index]) && !isFullVersion(args[index])) report([...path, index], 'should be a version like 1.2.3, or {"var": …}')
  const operator = args[1]
  if (typeof operator !== 'string' || !Object.hasOwn(versionOperators, operator))
    report([...path, 1], `should be one of ${Object.keys(versionOperators).join(' ')}`)
}

function isFullVersion(value: unknown): boolean {
  if (typeof value !== 'string' || versionOf(value) === undefined) return false
  return value.startsWith('v') || value.startsWith('V') ? false : value.split(/[-+]/, 1)[0]!.split('.').length === 3
}

function splitFaults(args: readonly unknown[], path: Path, report: Report): void {
  let total = 0
  for (const [index, arm] of args.entries()) {
    if (index === 0 && isMap(arm)) continue
    const at = [...path, index]
    if (!Array.isArray(arm) || arm.length === 0 || arm.length > 2) {
      report(at, 'should be [variant] or [variant, weight]')
      continue
    }
    const weight: unknown = arm.length === 1 ? 1 : arm[1]
    if (typeof weight === 'number' && Number.isInteger(weight) && weight >= 0) total += weight
    else if (!isMap(weight)) report([...at, 1], 'should be a whole number from 0 on, or a rule')
  }
  if (total > weightMax) report(path, `weights add up to ${total}, and may to ${weightMax}`)
}
