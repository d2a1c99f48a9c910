import type { Arm } from './plan.ts'

/** A revision of a flag, as far as an experiment has to know. */
export type Assigned = { readonly at: string; readonly definition: unknown }

/** As long as the arms have the same weights, whatever share of everybody is in them. */
export type Phase = {
  /** Counts from 1. */
  readonly phase: number
  /** Units exposed before are of another phase, or of none. */
  readonly since: string
  readonly weights: readonly number[]
}

type Definition = {
  readonly control: string
  readonly variants: Readonly<Record<string, unknown>>
  readonly environments: Readonly<Record<string, { readonly state: string; readonly killed: boolean; readonly serve: unknown }>>
}

const slots = 10_000

/**
 * Shares of the arms in a distribution, control's with those that no slot gives another variant; undefined: the flag does not dice there.
 * Pure.
 */
export function weightsIn(definition: unknown, environment: string, arms: readonly string[]): readonly number[] | undefined {
  const { control, environments } = definition as Definition
  const setting = Object.hasOwn(environments, environment) ? environments[environment]! : undefined
  if (setting === undefined || setting.killed || setting.state !== 'ramp' || typeof setting.serve !== 'object' || setting.serve === null)
    return undefined
  const serve = setting.serve as Readonly<Record<string, number>>
  const rest = slots - Object.values(serve).reduce((sum, share) => sum + share, 0)
  return arms.map((arm) => (serve[arm] ?? 0) + (arm === control ? rest : 0))
}

/** The phase that an experiment is in. Pure. @param revisions - of its flag, oldest first @param started - instant */
export function phaseOf(revisions: readonly Assigned[], environment: string, arms: readonly Arm[], started: string): Phase {
  const keys = arms.map(({ key }) => key)
  let phase: Phase = { phase: 1, since: started, weights: arms.map(({ weight }) => weight) }
  for (const { at, definition } of revisions) {
    const weights = weightsIn(definition, environment, keys)
    // While it does not dice nobody comes into an arm.
    if (weights === undefined || weights.some((weight) => weight === 0)) continue
    if (at <= started) phase = { ...phase, weights }
    else if (!sameRatios(phase.weights, weights)) phase = { phase: phase.phase + 1, since: at, weights }
  }
  return phase
}

const sameRatios = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((weight, index) => Math.abs(weight * b[0]! - b[index]! * a[0]!) < 1e-6)

/** A fault of what a plan names, as far as its flag is there. */
export type Misnamed = { readonly path: string; readonly message: string; readonly help: string }

/** What a plan names and its flag does not have: it would never begin. Pure. */
export function misnamed(definition: unknown, environment: unknown, arms: readonly unknown[]): readonly Misnamed[] {
  const { variants, environments } = definition as Definition
  const list = (names: Readonly<Record<string, unknown>>) => Object.keys(names).join(', ')
  const faults: Misnamed[] = []
  if (typeof environment === 'string' && !Object.hasOwn(environments, environment))
    faults.push({
      path: '/environment',
      message: `the flag is not in "${environment}": it is in ${list(environments) || 'none'}`,
      help: 'name one of them, or add it under environments: of the flag',
    })
  for (const [at, arm] of arms.entries())
    if (typeof arm === 'string' && !Object.hasOwn(variants, arm))
      faults.push({
        path: `/arms/${at}`,
        message: `the flag has no variant "${arm}": it has ${list(variants)}`,
        help: 'name one of them, or add it under variants: of the flag',
      })
  return faults
}

/** What stands against starting: the flag does not dice between the arms. undefined: nothing. Pure. */
export function assignmentFault(
  flag: string,
  definition: unknown,
  environment: string,
  arms: readonly string[],
): { readonly message: string; readonly help: string } | undefined {
  if (definition === undefined)
    return {
      message: `there is no flag "${flag}" yet`,
      help: `publish it, with the variants ${arms.join(' and ')}: \`threeways flag set FILE\``,
    }
  const [wrong] = misnamed(definition, environment, arms)
  if (wrong !== undefined) return wrong
  const weights = weightsIn(definition, environment, arms)
  const empty = weights === undefined ? undefined : arms.find((_, index) => weights[index] === 0)
  if (weights !== undefined && empty === undefined) return undefined
  return {
    message: empty === undefined ? `the flag does not dice in "${environment}"` : `nobody gets "${empty}" in "${environment}"`,
    help: `let the flag dice: threeways flag ramp ${flag} ${arms.map((arm, at) => `${arm}=${evenShare(at, arms.length)}%`).join(' ')} --environment ${environment} --reason WHY`,
  }
}

/** Whole percents, all together 100. */
const evenShare = (at: number, of: number): number => Math.floor((100 * (at + 1)) / of) - Math.floor((100 * at) / of)
