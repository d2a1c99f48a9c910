import type { Flag, Serve, Setting } from './flag.ts'

/** What an evaluator said of a flag. */
export type Said = { readonly variant: string | undefined; readonly rule: string; readonly unit: Readonly<Record<string, unknown>> }

type All = ReadonlyMap<string, { readonly flag: Flag }>

/** How a unit is kept out of a flag by a layer or a holdout; undefined: it is not. Pure. */
export function apartWords(rule: string, environment: string, all: All): string | undefined {
  if (rule.startsWith('holdout:')) return `held out of it by ${rule.slice('holdout:'.length)}`
  if (!rule.startsWith('layer:')) return undefined
  const layer = rule.slice('layer:'.length)
  const setting = all.get(layer)?.flag.environments[environment]
  // Nobody is inside a share of it then: that this unit is not says nothing.
  if (setting?.killed) return `the layer ${layer} is killed: control of all its flags for everybody`
  if (setting?.state === 'off') return `the layer ${layer} is off: control of all its flags for everybody`
  return `outside its share of the layer ${layer}`
}

/** Why a unit gets what it gets, in words; undefined: the flag says nothing of the environment. Pure. */
export function whyWords(flag: Flag | undefined, environment: string, { variant, rule, unit }: Said, all: All): string | undefined {
  const setting = flag?.environments[environment]
  if (flag === undefined || setting === undefined) return undefined
  const apart = apartWords(rule, environment, all)
  if (apart !== undefined) return apart
  if (rule.startsWith('requires:')) {
    const needed = rule.slice('requires:'.length)
    const asked = flag.requires.filter((need) => need.flag === needed).map((need) => need.variant)
    return `${needed} is not ${asked.join(' and ')} for them, which it requires`
  }
  const resting = restingWords(setting)
  if (resting !== undefined) return resting
  const found = setting.rules.find(({ id }) => id === rule)
  const words = shareWords(flag, found === undefined ? setting.serve : found.serve, variant, unit)
  return found === undefined ? words : `rule ${rule} fits: ${words}`
}

function restingWords({ killed, state, serve }: Setting): string | undefined {
  if (killed) return 'killed: control for everybody'
  if (state === 'off') return 'off: control for everybody'
  if (state === 'dark') return 'dark: control for everybody, and nobody sees what is rehearsed'
  return state === 'retired' ? `retired: ${String(serve)} for good` : undefined
}

function shareWords({ bucketBy, control }: Flag, serve: Serve, variant: string | undefined, unit: Said['unit']): string {
  if (typeof serve === 'string') return `${serve} for everybody`
  const names = bucketBy.split('|')
  if (names.every((name) => unit[name] === undefined || unit[name] === '')) return `no ${names.join(', nor ')} to dice by: control`
  if (variant !== undefined && Object.hasOwn(serve, variant)) return `in the share of ${variant}, ${serve[variant]! / 100}%`
  return `in no share: ${variant ?? control}`
}
