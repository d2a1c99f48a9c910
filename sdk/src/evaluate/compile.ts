import { Fault } from './fault.ts'
import { isMap } from './flag-set.ts'
import { fractional } from './fractional.ts'
import { listOperators } from './lists.ts'
import { constant, type Node, type Run, type Scope } from './node.ts'
import { operators } from './operators.ts'
import { missing, missingSome, variable } from './variable.ts'

/** Deeper rules nobody understands, and a rule of any depth could be made to exhaust the stack of whoever evaluates it. */
export const depthMax = 64
/** Parts of one flag's rule, shared rules counted wherever they are used: a few that use each other twice can grow without end. */
export const partsMax = 100_000

/** @throws Fault unknown operator, unknown or circular `$ref`, too deep, too large */
export function compile(logic: unknown, scope: Scope, depth = 1): Node {
  if (++scope.size.parts > partsMax) throw new Fault(`the rule has more than ${partsMax} parts`)
  if (depth > depthMax) throw new Fault(`the rule is nested deeper than ${depthMax}`)
  if (Array.isArray(logic)) return listOf(logic, scope, depth)
  if (!isMap(logic)) return constant(logic)
  const operation = operationOf(logic)
  if (operation === undefined) return constant(logic)
  if (operation.operator === '$ref') return compileShared(operation.args[0], scope, (shared, within) => compile(shared, within, depth + 1))
  const compileArg = (arg: unknown): Node => compile(arg, scope, depth + 1)
  if (operation.operator === 'fractional') {
    scope.size.parts += operation.args.length
    return fractional(operation.args, scope, compileArg)
  }
  const foreign = scope.extension?.operators
  if (foreign !== undefined && Object.hasOwn(foreign, operation.operator)) {
    scope.size.parts += operation.args.length
    return { run: foreign[operation.operator]!(operation.args, scope) }
  }
  const args = operation.args.map(compileArg)
  return nodeOf(operation.operator, args, scope)
}

function listOf(list: readonly unknown[], scope: Scope, depth: number): Node {
  scope.size.parts += list.length
  if (list.every((item) => typeof item !== 'object' || item === null)) return constant(list)
  const items = list.map((item) => compile(item, scope, depth + 1))
  return { run: (data) => items.map((item) => item.run(data)) }
}

/** The operator and what it is given; undefined for `{}`. A single argument need not be in a list. */
export function operationOf(
  logic: Readonly<Record<string, unknown>>,
): { readonly operator: string; readonly args: readonly unknown[] } | undefined {
  const names = Object.keys(logic)
  if (names.length === 0) return undefined
  if (names.length > 1) throw new Fault(`a rule has one operator, not ${names.length}: ${names.slice(0, 3).join(', ')}`)
  const operator = names[0]!
  const args = logic[operator]
  return { operator, args: Array.isArray(args) ? args : [args] }
}

function nodeOf(operator: string, args: readonly Node[], scope: Scope): Node {
  if (operator === 'var') return variable(args, scope)
  const run = runOf(operator, args)
  const [first, second] = args
  const prefix = first?.constant?.value
  return operator === 'cat' && args.length === 2 && typeof prefix === 'string' ? { run, joined: { prefix, rest: second!.run } } : { run }
}

function runOf(operator: string, args: readonly Node[]): Run {
  if (operator === 'missing') return missing(args)
  if (operator === 'missing_some') return missingSome(args)
  for (const known of [operators, listOperators]) if (Object.hasOwn(known, operator)) return known[operator]!(args)
  if (operator.startsWith('tw_'))
    throw new Fault(
      `"${operator}" is of a flag that was brought in from elsewhere: give the evaluator what @threeways/sdk/imported exports`,
    )
  throw new Fault(`there is no operator "${operator}"`)
}

/** Compiles a shared rule in place of its `$ref`. */
export function compileShared<T>(name: unknown, scope: Scope, compileIt: (logic: unknown, scope: Scope) => T): T {
  if (typeof name !== 'string' || !Object.hasOwn(scope.evaluators, name))
    throw new Fault(`there is no shared rule "${String(name)}" in $evaluators`)
  if (scope.within.includes(name)) throw new Fault(`shared rules lead back to themselves: ${[...scope.within, name].join(' > ')}`)
  scope.refs.add(name)
  return compileIt(scope.evaluators[name], { ...scope, within: [...scope.within, name] })
}
