/** What keeps an experiment apart from others, as its flag stands. */
export type Apart = {
  /** Of whose slots it keeps to its own; null: it overlaps with all others. */
  readonly layer: string | null
  /** Holdouts whose units are kept out of it where it runs, by name. */
  readonly holdouts: readonly string[]
}

type Definition = {
  readonly flag: string
  readonly owner: string
  readonly purpose: string
  readonly layer?: string
  readonly holds?: 'experiments' | { readonly owner?: string; readonly layer?: string }
  readonly environments: Readonly<Record<string, { readonly state: string; readonly killed: boolean }>>
}

/** Pure. @param definitions - of all flags, as they stand */
export function apartOf(flag: string, environment: string, definitions: readonly unknown[]): Apart {
  const all = definitions as readonly Definition[]
  const found = all.find((one) => one.flag === flag)
  if (found === undefined) return { layer: null, holdouts: [] }
  const holdouts = all.filter((one) => dicesIn(one, environment) && holds(one, found)).map((one) => one.flag)
  return { layer: found.layer ?? null, holdouts: holdouts.toSorted() }
}

/** Elsewhere, switched off or killed it keeps nobody out. */
function dicesIn({ environments }: Definition, environment: string): boolean {
  const setting = Object.hasOwn(environments, environment) ? environments[environment]! : undefined
  return setting !== undefined && setting.state !== 'off' && !setting.killed
}

function holds({ purpose, holds: what }: Definition, flag: Definition): boolean {
  if (purpose !== 'holdout' || what === undefined || flag.purpose === 'holdout' || flag.purpose === 'layer') return false
  if (what !== 'experiments' && what.layer !== undefined) return what.layer === flag.layer
  return flag.purpose === 'experiment' && (what === 'experiments' || what.owner === flag.owner)
}

/**
 * What stands against starting: the plan says what keeps the experiment apart, and its flag is not kept so; or a holdout of experiments would
 * miss it. undefined: nothing. Pure.
 */
export function apartFault(
  flag: string,
  environment: string,
  definitions: readonly unknown[],
  asked: { readonly layer?: string | undefined; readonly holdouts?: readonly string[] | undefined },
): { readonly message: string; readonly help: string } | undefined {
  const { layer, holdouts } = apartOf(flag, environment, definitions)
  if (asked.layer !== undefined && asked.layer !== layer)
    return {
      message: `it is to run in the layer "${asked.layer}", and the flag "${flag}" is in ${layer === null ? 'none' : `"${layer}"`}`,
      help: `add \`layer: ${asked.layer}\` to the flag's file, and a share to the layer's`,
    }
  const missed = asked.holdouts?.find((name) => !holdouts.includes(name))
  if (missed !== undefined)
    return {
      message: `the holdout "${missed}" is to keep its units out of it, and does not hold the flag "${flag}" in "${environment}"`,
      help: `held are flags with \`purpose: experiment\` of the right owner, or of the right layer, where the holdout is not off; this one is held by ${holdouts.join(', ') || 'none'}`,
    }
  const all = definitions as readonly Definition[]
  const found = all.find((one) => one.flag === flag)
  // Of a layer or a holdout it is asked what it does itself: nothing holds it.
  if (found === undefined || ['experiment', 'layer', 'holdout'].includes(found.purpose)) return undefined
  const evaded = all.find(
    (one) => !holdouts.includes(one.flag) && dicesIn(one, environment) && holds(one, { ...found, purpose: 'experiment' }),
  )
  if (evaded === undefined) return undefined
  return {
    message: `the holdout "${evaded.flag}" keeps its units out of experiments, and would miss this one: the flag "${flag}" is for ${found.purpose}`,
    help: 'give the flag `purpose: experiment`',
  }
}
