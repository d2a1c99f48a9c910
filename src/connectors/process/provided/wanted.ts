import { isDeepStrictEqual } from 'node:util'
import type { Action, Desired, Provided, Target } from '../../../flow/environment/provider.port.ts'
import { isOf, type EnvironmentState, type ProvidedState } from '../state.ts'
import { variableName } from '../variables.ts'

/** Something that a provider should make, for a deployment, and why `up` has to be called; undefined: it is there. */
export type WantedProvided = Provided & { readonly name: string; readonly desired: Desired; readonly why: string | undefined }

const isSame = (one: Pick<ProvidedState, 'name' | 'type'>, other: Pick<ProvidedState, 'name' | 'type'>) =>
  one.name === other.name && one.type === other.type

export const providedIn = ({ rendered }: Desired): readonly (Provided & { readonly name: string })[] =>
  Object.entries(rendered.definition.provided ?? {}).map(([name, provided]) => ({ name, ...provided }))

/** Where what is known of it is kept. */
export const entryOf = (state: Pick<EnvironmentState, 'provided'>, provided: Pick<ProvidedState, 'name' | 'type'>) =>
  state.provided?.find((entry) => isSame(entry, provided))

/**
 * What should be there, each once: an environment has one of it, as it has one of each database. Where deployments beside each
 * other want it with different options, a new one decides, else it stays as it is. Pure.
 */
export function wantedProvided({ deployments }: Target, state: EnvironmentState | undefined): readonly WantedProvided[] {
  const isNew = (desired: Desired) => !state?.deployments.some((one) => isOf({ role: 'main', ...desired }, one))
  const all = deployments.flatMap((desired) => providedIn(desired).map((provided) => ({ ...provided, desired })))
  const names = all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
  return names.map((first) => {
    const choices = all.filter((one) => isSame(one, first))
    const entry = state && entryOf(state, first)
    const asItIs = choices.find(({ options }) => entry && isDeepStrictEqual(options, entry.options))
    const chosen = choices.findLast(({ desired }) => isNew(desired)) ?? asItIs ?? choices.at(-1)!
    return { ...chosen, why: whyUp(chosen, entry, isNew(chosen.desired)) }
  })
}

function whyUp({ options }: Provided, entry: ProvidedState | undefined, isNew: boolean): string | undefined {
  if (entry === undefined) return 'does not exist yet'
  if (entry.phase !== 'ready') return entry.phase === 'coming' ? 'was not finished' : 'was stopped'
  if (!isDeepStrictEqual(entry.options, options)) return 'is wanted with other options'
  return isNew ? 'is asked for by a new candidate' : undefined
}

/** What nobody wants any more. Pure. */
export function unwantedProvided({ deployments }: Target, state: EnvironmentState | undefined): readonly ProvidedState[] {
  return (state?.provided ?? []).filter((entry) => !deployments.some((desired) => providedIn(desired).some((one) => isSame(one, entry))))
}

/** The same for people. */
export function providedActions(target: Target, state: EnvironmentState | undefined): readonly Action[] {
  const subject = ({ name, type }: Pick<ProvidedState, 'name' | 'type'>) => `${name}, provided by ${type}`
  return [
    ...wantedProvided(target, state).map((one) => ({
      kind: one.why ? ('create' as const) : ('keep' as const),
      subject: subject(one),
      reason: one.why ?? 'exists',
    })),
    ...unwantedProvided(target, state).map((entry) => ({
      kind: 'stop' as const,
      subject: subject(entry),
      reason: 'nobody wants it any more',
    })),
  ]
}

/** What dependants get of it: `DB_URL`, and what was to be named as it is. */
export function variablesOfProvided({ name, variables }: ProvidedState): Readonly<Record<string, string>> {
  const prefixed = Object.entries(variables.prefixed).map(([key, value]) => [variableName(name, key), value])
  return { ...Object.fromEntries(prefixed), ...variables.raw }
}
