import type { FlagDefinition, FlagSet } from '../evaluate/flag-set.ts'

/** A flag as the suite of OpenFeature's specification writes it: its rules are expressions in a language of their own. */
export type SpecFlag = {
  readonly variants: Readonly<Record<string, unknown>>
  readonly defaultVariant?: string | null
  readonly disabled?: boolean
  readonly flagMetadata?: FlagDefinition['metadata'] | null
  readonly contextEvaluator?: string
}

const isBallmer = { '===': [{ var: ['email'] }, 'ballmer@macrosoft.com'] }
const over10 = { '>': [{ var: ['age'] }, 10] }

/** Each expression of the suite, in JsonLogic. */
const rules: Readonly<Record<string, unknown>> = {
  "email == 'ballmer@macrosoft.com' ? 'zero' : ''": { if: [isBallmer, 'zero'] },
  "!customer && email == 'ballmer@macrosoft.com' && age > 10 ? 'internal' : ''": {
    if: [{ and: [{ '!': [{ var: ['customer'] }] }, isBallmer, over10] }, 'internal'],
  },
}

/** The older part of the suite asks for this one and does not bring it. */
const contextAware: FlagDefinition = {
  state: 'ENABLED',
  variants: { internal: 'INTERNAL', external: 'EXTERNAL' },
  defaultVariant: 'external',
  targeting: {
    if: [
      {
        and: [
          { '===': [{ var: ['fn'] }, 'Sulisław'] },
          { '===': [{ var: ['ln'] }, 'Świętopełk'] },
          { '===': [{ var: ['age'] }, 29] },
          { '===': [{ var: ['customer'] }, false] },
        ],
      },
      'internal',
    ],
  },
}

/** The suite's flags in flagd's format. @throws Error a rule that is not known */
export function specFlags(flags: Readonly<Record<string, SpecFlag>>): FlagSet {
  const entries = Object.entries(flags).map(([key, flag]): [string, FlagDefinition] => [key, definitionOf(flag)])
  return { flags: { ...Object.fromEntries(entries), 'context-aware': contextAware } }
}

function definitionOf({ variants, defaultVariant, disabled, flagMetadata, contextEvaluator }: SpecFlag): FlagDefinition {
  if (contextEvaluator !== undefined && !Object.hasOwn(rules, contextEvaluator)) throw new Error(`not translated: ${contextEvaluator}`)
  return {
    state: disabled === true ? 'DISABLED' : 'ENABLED',
    variants,
    defaultVariant: defaultVariant ?? null,
    ...(contextEvaluator === undefined ? {} : { targeting: rules[contextEvaluator] }),
    ...(flagMetadata ? { metadata: flagMetadata } : {}),
  }
}
