import { compile, compileShared, depthMax, operationOf } from './compile.ts'
import { Fault } from './fault.ts'
import { isMap, typeOfValue, type FlagDefinition, type FlagType } from './flag-set.ts'
import { isTruthy, type FixedSplit, type Run, type Scope } from './node.ts'

export type Reason = 'STATIC' | 'TARGETING_MATCH' | 'DEFAULT' | 'DISABLED' | 'ERROR'
export type ErrorCode = 'FLAG_NOT_FOUND' | 'PARSE_ERROR' | 'TYPE_MISMATCH' | 'GENERAL'

/** What a flag comes to, worked out before anybody asks. Without a type: the default of whoever asks is taken. */
export type Outcome = {
  readonly value: unknown
  readonly type: FlagType | undefined
  readonly variant: string | undefined
  readonly reason: Reason
  readonly rule: string
  readonly errorCode: ErrorCode | undefined
  readonly errorMessage: string | undefined
}

export type Decide = (data: unknown) => Outcome

const noRule = 'default'

export const failed = (errorCode: ErrorCode, errorMessage: string, rule = noRule): Outcome => ({
  value: undefined,
  type: undefined,
  variant: undefined,
  reason: 'ERROR',
  rule,
  errorCode,
  errorMessage,
})

/** What a flag comes to for a context. Never throws: a flag that cannot be compiled says so to whoever asks for it. */
export function decideOf(flag: FlagDefinition, scope: Scope): Decide {
  try {
    return new Decision(flag, scope).decide()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const outcome = failed('PARSE_ERROR', `flag "${scope.flagKey}": ${error.message}`)
    return () => outcome
  }
}

/** Compiles one flag's rule from its top, where what it comes to is a variant and the branch that fired has a name. */
class Decision {
  private readonly known = new Map<string, Outcome>()
  private readonly otherwise: Outcome
  private readonly flag: FlagDefinition
  private readonly scope: Scope

  constructor(flag: FlagDefinition, scope: Scope) {
    checkFlag(flag)
    this.flag = flag
    this.scope = scope
    this.otherwise = this.ofDefault(hasTargeting(flag) ? 'DEFAULT' : 'STATIC')
  }

  decide(): Decide {
    const { state, targeting } = this.flag
    const outcome =
      state === 'DISABLED'
        ? { ...this.otherwise, value: undefined, type: undefined, variant: undefined, reason: 'DISABLED' as const }
        : this.otherwise
    if (state === 'DISABLED' || !hasTargeting(this.flag)) return () => outcome
    const names = this.ruleNames(targeting)
    return this.of(targeting, (branch) => names[branch] ?? (branch === 0 ? 'targeting' : `#${branch + 1}`), 1)
  }

  /** The branches' names as whoever made the flag wrote them down. */
  private ruleNames(targeting: unknown): readonly string[] {
    const written = this.flag.metadata?.['tw.rules']
    if (typeof written === 'string' && written !== '') return written.split(',').map((name) => name.trim())
    if (!isMap(targeting) || !Array.isArray(targeting['if'])) return []
    const { length } = targeting['if']
    return Array.from({ length: Math.ceil(length / 2) }, (_, n) => (n * 2 === length - 1 ? 'else' : `#${n + 1}`))
  }

  /** @param nameOf - the rule of a branch of this `if`; within a branch every part has the branch's name */
  private of(logic: unknown, nameOf: (branch: number) => string, depth: number, scope = this.scope): Decide {
    if (depth > depthMax) throw new Fault(`the rule is nested deeper than ${depthMax}`)
    const operation = isMap(logic) ? operationOf(logic) : undefined
    if (operation?.operator === '$ref')
      return compileShared(operation.args[0], scope, (shared, within) => this.of(shared, nameOf, depth + 1, within))
    if (operation?.operator === 'if' && operation.args.length > 1) return this.ofBranches(operation.args, nameOf, depth, scope)
    const rule = nameOf(0)
    const node = compile(logic, scope, depth)
    if (node.constant !== undefined) {
      const outcome = this.outcomeOf(node.constant.value, rule)
      return () => outcome
    }
    return node.split === undefined ? (data) => this.outcomeOf(node.run(data), rule) : this.ofSplit(node.split, rule)
  }

  private ofBranches(args: readonly unknown[], nameOf: (branch: number) => string, depth: number, scope: Scope): Decide {
    const branches: { readonly when: Run; readonly take: Decide }[] = []
    for (let i = 0; i + 1 < args.length; i += 2) {
      const rule = nameOf(i / 2)
      branches.push({ when: compile(args[i], scope, depth + 1).run, take: this.of(args[i + 1], () => rule, depth + 1, scope) })
    }
    const lastRule = nameOf(branches.length)
    const last: Decide = args.length % 2 === 1 ? this.of(args.at(-1), () => lastRule, depth + 1, scope) : () => this.otherwise
    const [first, ...others] = branches
    if (others.length === 0) return (data) => (isTruthy(first!.when(data)) ? first!.take(data) : last(data))
    return (data) => {
      for (const { when, take } of branches) if (isTruthy(when(data))) return take(data)
      return last(data)
    }
  }

  private ofSplit({ hash, choose, variants }: FixedSplit, rule: string): Decide {
    const outcomes = variants.map((variant) => this.outcomeOf(variant, rule))
    return (data) => {
      const bits = hash(data)
      return bits < 0 ? this.otherwise : (outcomes[choose(bits)] ?? this.otherwise)
    }
  }

  /** null leaves the rule: the default variant. true, false and numbers are names of variants. */
  private outcomeOf(result: unknown, rule: string): Outcome {
    if (result === null || result === undefined) return this.otherwise
    if (typeof result === 'object')
      return failed('GENERAL', `the rule of flag "${this.scope.flagKey}" comes to an object, not to a variant`, rule)
    const variant = String(result)
    const id = `${rule} ${variant}`
    const known = this.known.get(id)
    if (known !== undefined) return known
    if (!Object.hasOwn(this.flag.variants, variant))
      return failed('GENERAL', `flag "${this.scope.flagKey}" has no variant "${variant.slice(0, 100)}", which its rule comes to`, rule)
    const outcome = this.ofVariant(variant, 'TARGETING_MATCH', rule)
    this.known.set(id, outcome)
    return outcome
  }

  private ofDefault(reason: Reason): Outcome {
    const { defaultVariant } = this.flag
    if (defaultVariant !== null && defaultVariant !== undefined && defaultVariant !== '')
      return this.ofVariant(defaultVariant, reason, noRule)
    return {
      value: undefined,
      type: undefined,
      variant: undefined,
      reason: 'DEFAULT',
      rule: noRule,
      errorCode: undefined,
      errorMessage: undefined,
    }
  }

  private ofVariant(variant: string, reason: Reason, rule: string): Outcome {
    const value = this.flag.variants[variant]
    return { value, type: typeOfValue(value), variant, reason, rule, errorCode: undefined, errorMessage: undefined }
  }
}

const hasTargeting = ({ targeting }: FlagDefinition): boolean => isMap(targeting) && Object.keys(targeting).length > 0

/** @throws Fault what no part of a rule can make good */
function checkFlag(flag: FlagDefinition): void {
  if (!isMap(flag)) throw new Fault('a flag is an object')
  if (flag.state !== 'ENABLED' && flag.state !== 'DISABLED') throw new Fault('its state is neither ENABLED nor DISABLED')
  if (!isMap(flag.variants) || Object.keys(flag.variants).length === 0) throw new Fault('it has no variants')
  const types = new Set(Object.values(flag.variants).map(typeOfValue))
  if (types.size > 1 || types.has(undefined)) throw new Fault('its variants are not all of one type')
  const { defaultVariant, targeting } = flag
  if (defaultVariant && !Object.hasOwn(flag.variants, defaultVariant))
    throw new Fault(`its default variant "${defaultVariant}" is not among its variants`)
  if (targeting !== undefined && targeting !== null && !isMap(targeting)) throw new Fault('its targeting is not an object')
}
